/* Owns the JSON of a safetensors header, in both directions; nothing else includes jansson. Called by
 * safetensors.c when it writes a file and when it reads one that may hold anything. */
#include "store/header.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "store/layout.h"

static const char metadata_key[] = "__metadata__";

void lt_header_order(const lt_tensors *t, const lt_tensor **order)
{
    size_t n = 0;
    for (size_t bytes = sizeof(uint64_t); bytes; bytes /= 2)
        for (size_t i = 0; i < t->n; i++)
            if (lt_type_bytes(t->v[i].type) == bytes)
                order[n++] = &t->v[i];
}

static json_t *entry_of(const lt_tensor *v, uint64_t begin)
{
    json_t *shape = json_array();
    for (uint32_t i = 0; i < v->rank; i++)
        if (json_array_append_new(shape, json_integer(v->dim[i]))) {
            json_decref(shape);
            return NULL;
        }
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", lt_type_name(v->type), "shape", shape, "data_offsets",
                     (json_int_t)begin, (json_int_t)(begin + lt_tensor_bytes(v)));
}

static bool set_metadata(json_t *root, const lt_tensors *t)
{
    json_t *notes = json_object();
    bool ok = notes;
    for (size_t i = 0; ok && i < t->n_notes; i++)
        ok = json_object_set_new(notes, t->note[i].key, json_string(t->note[i].value)) == 0;
    if (ok && t->n_notes)
        ok = json_object_set(root, metadata_key, notes) == 0;
    json_decref(notes);
    return ok;
}

static json_t *header_of(const lt_tensors *t, const lt_tensor *const *order)
{
    json_t *root = json_object();
    uint64_t at = 0;
    bool ok = root && set_metadata(root, t);
    for (size_t i = 0; ok && i < t->n; i++) {
        ok = json_object_set_new(root, order[i]->name, entry_of(order[i], at)) == 0;
        at += lt_tensor_bytes(order[i]);
    }
    if (ok)
        return root;
    json_decref(root);
    return NULL;
}

/* jansson takes all texts but those that are not UTF-8. */
static bool is_text(const char *s)
{
    json_t *text = json_string(s);
    json_decref(text);
    return text != NULL;
}

/* Why there is no JSON: it says no more than NULL. */
static ltc_status fail_print(const lt_tensors *t, ltc_error *err)
{
    for (size_t i = 0; i < t->n; i++)
        if (!is_text(t->v[i].name))
            return ltc_fail(err, LTC_EINVAL, "the name of tensor %zu of %zu is not UTF-8", i + 1, t->n);
    for (size_t i = 0; i < t->n_notes; i++)
        if (!is_text(t->note[i].key) || !is_text(t->note[i].value))
            return ltc_fail(err, LTC_EINVAL, "note %zu of %zu is not UTF-8", i + 1, t->n_notes);
    return ltc_fail(err, LTC_ENOMEM, "no memory for the header of %zu tensors", t->n);
}

/* json_dumps() of jansson 2.14 leaves out a key for which its own buffer finds no memory;
 * a text remembers. */
static int put(const char *s, size_t n, void *to)
{
    lt_text_put(to, s, n);
    return ((const lt_text *)to)->failed ? -1 : 0;
}

ltc_status lt_header_print(const lt_tensors *t, const lt_tensor *const *order, lt_text *to, ltc_error *err)
{
    const size_t before = to->n;
    json_t *root = header_of(t, order);
    bool ok = root && !json_dump_callback(root, put, to, JSON_COMPACT | JSON_SORT_KEYS);
    lt_text_put(to, "       ", (8 - (to->n - before) % 8) % 8);
    ok = ok && !to->failed;
    json_decref(root);
    if (!ok)
        return fail_print(t, err);
    if (to->n > LT_HEADER_MAX)
        return ltc_fail(err, LTC_EINVAL, "a header of %zu bytes is more than safetensors may have", to->n);
    return LTC_OK;
}

typedef struct entry {
    lt_tensor v;
    uint64_t  begin, end;
} entry;

static ltc_status damaged(const char *name, const char *what, ltc_error *err)
{
    return ltc_fail(err, LTC_EIO, "tensor '%.100s' %s", name, what);
}

static ltc_status parse_type(const json_t *json, entry *e, ltc_error *err)
{
    const char *type = json_string_value(json);
    if (!type)
        return damaged(e->v.name, "has no dtype", err);
    if (!lt_type_find(type, &e->v.type))
        return ltc_fail(err, LTC_EUNSUPPORTED,
                        "tensor '%.100s' is of type %.20s; ltcore reads F32, F64, U8, U64, "
                        "I64 and BOOL: convert it",
                        e->v.name, type);
    return LTC_OK;
}

static ltc_status parse_shape(const json_t *json, entry *e, ltc_error *err)
{
    const size_t rank = json_array_size(json);
    if (!json_is_array(json))
        return damaged(e->v.name, "has no shape", err);
    if (rank > LT_TENSOR_RANK_MAX)
        return ltc_fail(err, LTC_EUNSUPPORTED, "tensor '%.100s' has %zu dimensions; ltcore reads up to %d",
                        e->v.name, rank, LT_TENSOR_RANK_MAX);
    e->v.rank = (uint32_t)rank;
    for (size_t i = 0; i < rank; i++) {
        const json_t *d = json_array_get(json, i);
        if (!json_is_integer(d))
            return damaged(e->v.name, "has a dimension that is no integer", err);
        e->v.dim[i] = json_integer_value(d);
    }
    return lt_tensor_count(&e->v) ? LTC_OK : damaged(e->v.name, "has an impossible shape", err);
}

static ltc_status parse_range(const json_t *json, entry *e, uint64_t data_bytes, ltc_error *err)
{
    const json_t *begin = json_array_get(json, 0), *end = json_array_get(json, 1);
    if (json_array_size(json) != 2 || !json_is_integer(begin) || !json_is_integer(end))
        return damaged(e->v.name, "has no data_offsets", err);
    const json_int_t b = json_integer_value(begin), z = json_integer_value(end);
    if (b < 0 || z < b || (uint64_t)z > data_bytes)
        return ltc_fail(err, LTC_EIO,
                        "tensor '%.100s' claims bytes %" JSON_INTEGER_FORMAT " to %" JSON_INTEGER_FORMAT
                        " of %" PRIu64,
                        e->v.name, b, z, data_bytes);
    e->begin = (uint64_t)b, e->end = (uint64_t)z;
    if (e->end - e->begin != lt_tensor_bytes(&e->v))
        return ltc_fail(err, LTC_EIO, "tensor '%.100s' has %" PRIu64 " bytes, and its shape needs %zu",
                        e->v.name, e->end - e->begin, lt_tensor_bytes(&e->v));
    return LTC_OK;
}

/* Names and keys are printed as they are. */
static bool can_be_shown(const char *name)
{
    for (; *name; name++)
        if ((unsigned char)*name < ' ' || *name == 127)
            return false;
    return true;
}

static ltc_status parse_entry(const json_t *json, entry *e, uint64_t data_bytes, ltc_error *err)
{
    if (!*e->v.name)
        return ltc_fail(err, LTC_EIO, "a tensor has no name");
    if (!can_be_shown(e->v.name))
        return ltc_fail(err, LTC_EIO, "a tensor's name has control characters in it");
    if (json_object_size(json) != 3)
        return damaged(e->v.name, "has other fields than dtype, shape and data_offsets", err);
    ltc_status st = parse_type(json_object_get(json, "dtype"), e, err);
    if (!st)
        st = parse_shape(json_object_get(json, "shape"), e, err);
    return st ? st : parse_range(json_object_get(json, "data_offsets"), e, data_bytes, err);
}

static ltc_status parse_metadata(json_t *json, lt_tensors *t, ltc_error *err)
{
    const char *key;
    json_t *value;
    size_t i = 0;
    t->note = lt_arena_array(&t->arena, json_object_size(json), sizeof *t->note);
    if (!t->note)
        return ltc_fail(err, LTC_ENOMEM, "no memory for its metadata");
    if (!json_is_object(json))
        return ltc_fail(err, LTC_EIO, "its metadata is no object");
    json_object_foreach(json, key, value) {
        if (!can_be_shown(key))
            return ltc_fail(err, LTC_EIO, "a key of its metadata has control characters in it");
        if (!json_is_string(value))
            return ltc_fail(err, LTC_EIO, "its metadata '%.100s' is no text", key);
        const struct lt_note note = { lt_arena_text(&t->arena, key),
                                      lt_arena_text(&t->arena, json_string_value(value)) };
        if (!note.key || !note.value)
            return ltc_fail(err, LTC_ENOMEM, "no memory for its metadata");
        t->note[i++] = note;
    }
    t->n_notes = i;
    return LTC_OK;
}

static int by_begin(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    const int begin = (x->begin > y->begin) - (x->begin < y->begin);
    return begin ? begin : (x->end > y->end) - (x->end < y->end); /* the empty before what follows it */
}

static ltc_status check_ranges(entry *e, size_t n, uint64_t data_bytes, ltc_error *err)
{
    uint64_t at = 0;
    qsort(e, n, sizeof *e, by_begin);
    for (size_t i = 0; i < n; at = e[i++].end)
        if (e[i].begin != at)
            return ltc_fail(err, LTC_EIO,
                            "the data of tensor '%.100s' begins at byte %" PRIu64 ", not at %" PRIu64
                            " where that before it ends",
                            e[i].v.name, e[i].begin, at);
    if (at != data_bytes)
        return ltc_fail(err, LTC_EIO, "its tensors take %" PRIu64 " bytes, and it has %" PRIu64, at,
                        data_bytes);
    return LTC_OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const entry *)a)->v.name, ((const entry *)b)->v.name);
}

/* The entries, by name, into h, which outlives them and the JSON that holds their names. */
static ltc_status keep_entries(lt_header *h, entry *e, size_t n, ltc_error *err)
{
    h->t.v = lt_arena_array(&h->t.arena, n, sizeof *h->t.v);
    h->begin = lt_arena_array(&h->t.arena, n, sizeof *h->begin);
    bool ok = h->t.v && h->begin;
    qsort(e, n, sizeof *e, by_name);
    for (size_t i = 0; ok && i < n; i++) {
        h->t.v[i] = e[i].v;
        h->begin[i] = e[i].begin;
        h->t.v[i].name = lt_arena_text(&h->t.arena, e[i].v.name);
        ok = h->t.v[i].name;
    }
    h->t.n = ok ? n : 0;
    return ok ? LTC_OK : ltc_fail(err, LTC_ENOMEM, "no memory for the names of %zu tensors", n);
}

static ltc_status parse_entries(lt_header *h, json_t *root, uint64_t data_bytes, ltc_error *err)
{
    const char *name;
    json_t *value;
    size_t n = 0;
    ltc_status st = LTC_OK;
    entry *e = lt_array(json_object_size(root), sizeof *e);
    if (!e)
        return ltc_fail(err, LTC_ENOMEM, "no memory for %zu tensors", json_object_size(root));
    json_object_foreach(root, name, value) {
        if (strcmp(name, metadata_key) == 0) {
            st = parse_metadata(value, &h->t, err);
        } else {
            e[n].v.name = name;
            st = parse_entry(value, &e[n++], data_bytes, err);
        }
        if (st)
            break;
    }
    if (!st)
        st = check_ranges(e, n, data_bytes, err);
    if (!st)
        st = keep_entries(h, e, n, err);
    free(e);
    return st;
}

ltc_status lt_header_parse(lt_header *h, const char *json, size_t n, uint64_t data_bytes, ltc_error *err)
{
    json_error_t at;
    json_t *root = json_loadb(json, n, JSON_REJECT_DUPLICATES, &at);
    if (!root && (!at.text[0] || json_error_code(&at) == json_error_out_of_memory))
        return ltc_fail(err, LTC_ENOMEM, "no memory for its header");
    if (!root)
        return ltc_fail(err, LTC_EIO, "its header is not sound JSON from byte %d on", at.position);
    const ltc_status st = json_is_object(root) ? parse_entries(h, root, data_bytes, err)
                                               : ltc_fail(err, LTC_EIO, "its header is no JSON object");
    json_decref(root);
    return st;
}
