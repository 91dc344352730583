/* Owns a set of named arrays in memory: makes room, finds, digests, frees. Called by whoever has a state, a
 * mask or a history to keep, and by the reader of their files. */
#include "store/tensors.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "store/layout.h"
#include "util/text.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "tensors are hashed and kept as they lie in memory");
_Static_assert(sizeof ((lt_tensor *)NULL)->dim / sizeof(int64_t) == LT_TENSOR_RANK_MAX,
               "a tensor has room for every rank");

/* Room for one more element behind n: lists double whenever n is a power of two. NULL: no memory. */
static void *room_for_one(lt_arena *a, void *list, size_t n, size_t size)
{
    if (n & (n - 1))
        return list;
    void *more = lt_arena_array(a, n ? 2 * n : 1, size);
    return more && n ? memcpy(more, list, n * size) : more;
}

static ltc_status check_new(const lt_tensors *t, const lt_tensor *v, ltc_error *err)
{
    if (!*v->name || strcmp(v->name, "__metadata__") == 0)
        return ltc_fail(err, LTC_EINVAL, "a tensor cannot be named '%s'", v->name);
    if (lt_tensors_find(t, v->name))
        return ltc_fail(err, LTC_EINVAL, "there are two tensors named '%.200s'", v->name);
    if (v->rank > LT_TENSOR_RANK_MAX)
        return ltc_fail(err, LTC_EUNSUPPORTED, "tensor '%.200s' has %" PRIu32 " dimensions, more than %d",
                        v->name, v->rank, LT_TENSOR_RANK_MAX);
    return LTC_OK;
}

ltc_status lt_tensors_add(lt_tensors *t, const char *name, uint32_t type, uint32_t rank, const int64_t *dim,
                          lt_tensor **added, ltc_error *err)
{
    lt_tensor v = { .name = name, .type = type, .rank = rank };
    assert(lt_type_bytes(type));
    const ltc_status st = check_new(t, &v, err);
    if (st)
        return st;
    if (rank)
        memcpy(v.dim, dim, rank * sizeof *dim);
    if (!lt_tensor_count(&v))
        return ltc_fail(err, LTC_EINVAL, "the shape of tensor '%.200s' is not one that memory can hold",
                        name);
    lt_tensor *list = room_for_one(&t->arena, t->v, t->n, sizeof *list);
    v.name = lt_arena_text(&t->arena, name);
    v.data = lt_arena_array(&t->arena, v.n, lt_type_bytes(type));
    if (list)
        t->v = list;
    if (!list || !v.name || !v.data)
        return ltc_fail(err, LTC_ENOMEM, "no memory for the %zu elements of tensor '%.200s'", v.n, name);
    t->v[t->n] = v;
    *added = &t->v[t->n++];
    return LTC_OK;
}

ltc_status lt_tensors_note(lt_tensors *t, const char *key, const char *value, ltc_error *err)
{
    for (size_t i = 0; i < t->n_notes; i++)
        if (strcmp(t->note[i].key, key) == 0)
            return ltc_fail(err, LTC_EINVAL, "there are two notes named '%.200s'", key);
    struct lt_note *list = room_for_one(&t->arena, t->note, t->n_notes, sizeof *list);
    const struct lt_note note = { lt_arena_text(&t->arena, key), lt_arena_text(&t->arena, value) };
    if (list)
        t->note = list;
    if (!list || !note.key || !note.value)
        return ltc_fail(err, LTC_ENOMEM, "no memory for the note '%.200s'", key);
    t->note[t->n_notes++] = note;
    return LTC_OK;
}

const lt_tensor *lt_tensors_find(const lt_tensors *t, const char *name)
{
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->v[i].name, name) == 0)
            return &t->v[i];
    return NULL;
}

void lt_tensors_free(lt_tensors *t)
{
    lt_arena_free(&t->arena);
    *t = (lt_tensors){ 0 };
}

ltc_status lt_tensors_digest(lt_tensors *t, lt_digest *d, ltc_error *err)
{
    lt_text layout = { 0 };
    lt_hasher *h = lt_hasher_create();
    if (!h)
        return ltc_fail(err, LTC_ENOMEM, "no memory to compute a SHA-256");
    lt_tensors_sort(t);
    lt_tensors_layout(t, &layout);
    bool ok = !layout.failed && lt_hasher_add(h, layout.s, layout.n);
    for (size_t i = 0; ok && i < t->n; i++)
        ok = lt_hasher_add(h, t->v[i].data, lt_tensor_bytes(&t->v[i]));
    lt_text_free(&layout);
    ok = lt_hasher_finish(h, d) && ok;
    return ok ? LTC_OK
              : ltc_fail(err, LTC_EINTERNAL, "libcrypto cannot compute the SHA-256 of %zu tensors", t->n);
}
