/* Owns the reading and writing of .safetensors files: 8 bytes of length, a JSON header, data. Called for
 * objects by the store, and for files that people name. The format:
 * https://github.com/huggingface/safetensors, "Format". */
#include "store/safetensors.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/header.h"
#include "store/layout.h"
#include "store/part.h"

enum { LENGTH_BYTES = 8, BLOCK_BYTES = 65536 };

/* A file whose header was read. */
typedef struct reading {
    lt_stored source;
    uint64_t  data_at;
    lt_header header;
} reading;

static ltc_status write_data(lt_part *p, const lt_tensor *const *order, size_t n, ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (size_t i = 0; i < n && !st; i++)
        st = lt_part_put(p, order[i]->data, lt_tensor_bytes(order[i]), err);
    return st;
}

static ltc_status write_file(const char *path, const lt_text *header, const lt_tensor *const *order, size_t n,
                             ltc_error *err)
{
    lt_part p;
    uint8_t length[LENGTH_BYTES];
    for (size_t i = 0; i < LENGTH_BYTES; i++)
        length[i] = (uint8_t)((uint64_t)header->n >> 8 * i);
    ltc_status st = lt_part_open(&p, path, err);
    if (st)
        return st;
    st = lt_part_put(&p, length, sizeof length, err);
    if (!st)
        st = lt_part_put(&p, header->s, header->n, err);
    if (!st)
        st = write_data(&p, order, n, err);
    if (!st)
        st = lt_part_commit(&p, err);
    lt_part_drop(&p);
    return st;
}

/* Says of which file err speaks. */
static ltc_status name_file(const char *path, ltc_status st, ltc_error *err)
{
    const ltc_error inner = *err;
    return ltc_fail(err, st, "%s: %s", path, inner.message);
}

ltc_status lt_safetensors_write(const char *path, lt_tensors *t, ltc_error *err)
{
    lt_text header = { 0 };
    const lt_tensor **order = lt_array(t->n, sizeof *order);
    if (!order)
        return ltc_fail(err, LTC_ENOMEM, "%s: no memory to write %zu tensors", path, t->n);
    lt_tensors_sort(t);
    lt_header_order(t, order);
    ltc_status st = lt_header_print(t, order, &header, err);
    if (st)
        name_file(path, st, err);
    else
        st = write_file(path, &header, order, t->n, err);
    lt_text_free(&header);
    free(order);
    return st;
}

/* What torch.save writes: a zip archive, or before PyTorch 1.6 a bare pickle. */
static bool is_pickle(const uint8_t start[LENGTH_BYTES])
{
    return memcmp(start, "PK\3\4", 4) == 0 || (start[0] == 0x80 && start[1] >= 2 && start[1] <= 5);
}

static ltc_status refuse_pickle(const reading *r, ltc_error *err)
{
    const char *slash = strrchr(r->source.path, '/'), *name = slash ? slash + 1 : r->source.path;
    return ltc_fail(err, LTC_EUNSUPPORTED,
                    "%.120s: is a pickle, which may run any program when it is read; convert it "
                    "in Python: state = torch.load(\"%.60s\", weights_only=True); "
                    "safetensors.torch.save_file(state, \"%.60s.safetensors\")",
                    r->source.path, name, name);
}

/* The length of the header, once it fits the file. That of a sound file may well begin like a pickle, so that
 * question comes last. */
static ltc_status measure_header(reading *r, size_t *n, ltc_error *err)
{
    uint8_t start[LENGTH_BYTES + 1];
    uint64_t length = 0;
    if (r->source.bytes < sizeof start)
        return ltc_fail(err, LTC_EIO, "%s: %" PRIu64 " bytes are too few for a safetensors file",
                        r->source.path, r->source.bytes);
    const ltc_status st = lt_stored_read(&r->source, start, sizeof start, 0, err);
    if (st)
        return st;
    for (size_t i = LENGTH_BYTES; i-- > 0;)
        length = length << 8 | start[i];
    if (length <= LT_HEADER_MAX && length <= r->source.bytes - LENGTH_BYTES && start[LENGTH_BYTES] == '{') {
        *n = (size_t)length;
        r->data_at = LENGTH_BYTES + length;
        return LTC_OK;
    }
    return is_pickle(start)
               ? refuse_pickle(r, err)
               : ltc_fail(err, LTC_EIO, "%s: does not begin like a safetensors file", r->source.path);
}

static ltc_status read_header(reading *r, ltc_error *err)
{
    size_t n = 0;
    ltc_status st = measure_header(r, &n, err);
    if (st)
        return st;
    char *json = lt_array(n, 1);
    if (!json)
        return ltc_fail(err, LTC_ENOMEM, "%s: no memory for its header of %zu bytes", r->source.path, n);
    st = lt_stored_read(&r->source, json, n, LENGTH_BYTES, err);
    if (!st) {
        st = lt_header_parse(&r->header, json, n, r->source.bytes - r->data_at, err);
        if (st)
            name_file(r->source.path, st, err);
    }
    free(json);
    return st;
}

static ltc_status open_reading(reading *r, const char *path, ltc_error *err)
{
    *r = (reading){ 0 };
    const ltc_status st = lt_stored_open(&r->source, path, err);
    return st ? st : read_header(r, err);
}

static ltc_status read_data(reading *r, ltc_error *err)
{
    lt_tensors *t = &r->header.t;
    ltc_status st = LTC_OK;
    for (size_t i = 0; i < t->n && !st; i++) {
        lt_tensor *v = &t->v[i];
        v->data = lt_arena_array(&t->arena, v->n, lt_type_bytes(v->type));
        if (!v->data)
            return ltc_fail(err, LTC_ENOMEM, "%s: no memory for the %zu bytes of tensor '%.100s'",
                            r->source.path, lt_tensor_bytes(v), v->name);
        st = lt_stored_read(&r->source, v->data, lt_tensor_bytes(v), r->data_at + r->header.begin[i], err);
    }
    return st;
}

ltc_status lt_safetensors_load(const char *path, lt_tensors *t, lt_condition *c, ltc_error *err)
{
    reading r;
    ltc_status st = open_reading(&r, path, err);
    if (!st)
        st = read_data(&r, err);
    *c = lt_stored_close(&r.source, st);
    if (st)
        lt_tensors_free(&r.header.t);
    *t = r.header.t;
    return st;
}

ltc_status lt_safetensors_read(const char *path, lt_tensors *t, ltc_error *err)
{
    lt_condition c;
    return lt_safetensors_load(path, t, &c, err);
}

static ltc_status fail_hash(const reading *r, ltc_error *err)
{
    return ltc_fail(err, LTC_EINTERNAL, "%s: libcrypto cannot compute its SHA-256", r->source.path);
}

/* n bytes of the file into the digest. */
static ltc_status hash_range(reading *r, lt_hasher *h, uint64_t at, size_t n, ltc_error *err)
{
    char block[BLOCK_BYTES];
    while (n) {
        const size_t now = n < sizeof block ? n : sizeof block;
        const ltc_status st = lt_stored_read(&r->source, block, now, at, err);
        if (st)
            return st;
        if (!lt_hasher_add(h, block, now))
            return fail_hash(r, err);
        at += now;
        n -= now;
    }
    return LTC_OK;
}

/* As lt_tensors_digest has it: the layout, then the data in the order of the names. */
static ltc_status hash_source(reading *r, lt_hasher *h, ltc_error *err)
{
    const lt_tensors *t = &r->header.t;
    lt_text layout = { 0 };
    lt_tensors_layout(t, &layout);
    const bool ok = !layout.failed && lt_hasher_add(h, layout.s, layout.n);
    lt_text_free(&layout);
    ltc_status st = ok ? LTC_OK : fail_hash(r, err);
    for (size_t i = 0; i < t->n && !st; i++)
        st = hash_range(r, h, r->data_at + r->header.begin[i], lt_tensor_bytes(&t->v[i]), err);
    return st;
}

ltc_status lt_safetensors_digest(const char *path, lt_digest *d, lt_condition *c, ltc_error *err)
{
    reading r;
    ltc_status st = open_reading(&r, path, err);
    if (!st) {
        lt_hasher *h = lt_hasher_create();
        st = h ? hash_source(&r, h, err) : ltc_fail(err, LTC_ENOMEM, "%s: no memory for its SHA-256", path);
        if (h && !lt_hasher_finish(h, d) && !st)
            st = fail_hash(&r, err);
    }
    *c = lt_stored_close(&r.source, st);
    lt_tensors_free(&r.header.t);
    return st;
}
