/* Owns the parsed header of tensors in memory. */
#include "tensors.h"

#include <stdlib.h>
#include <string.h>

enum { LENGTH_BYTES = 8, ALIGNMENT = 8, NAME_BYTES = 512 };  /* the length comes first, low byte first */

bool tensors_open(tensors *s)
{
    uint64_t length = 0;
    for (size_t i = LENGTH_BYTES; s->n >= LENGTH_BYTES && i-- > 0;)
        length = length << 8 | s->bytes[i];
    if (s->n < LENGTH_BYTES || length > s->n - LENGTH_BYTES)
        return false;
    s->header = json_loadb((const char *)s->bytes + LENGTH_BYTES, (size_t)length, JSON_REJECT_DUPLICATES,
                           NULL);
    s->data = s->bytes + LENGTH_BYTES + length;
    s->n_data = s->n - LENGTH_BYTES - (size_t)length;
    return true;
}

void tensors_close(tensors *s)
{
    json_decref(s->header);
    free(s->bytes);
    *s = (tensors){ 0 };
}

static bool has_shape(const json_t *shape, const ltc_mask_tensor *t)
{
    bool same = json_is_array(shape) && json_array_size(shape) == t->rank;
    for (uint32_t a = 0; same && a < t->rank; a++) {
        const json_t *dim = json_array_get(shape, a);
        same = json_is_integer(dim) && json_integer_value(dim) == t->dim[a];
    }
    return same;
}

/* Are the offsets within the file? */
static bool has_place(const tensors *s, const json_t *offsets, tensors_entry *e)
{
    const json_t *from = json_array_get(offsets, 0), *to = json_array_get(offsets, 1);
    const json_int_t begin = json_integer_value(from), end = json_integer_value(to);
    if (!json_is_integer(from) || !json_is_integer(to) || begin < 0 || end < begin ||
        (uint64_t)end > s->n_data)
        return false;
    e->at = s->data + begin;
    e->bytes = (size_t)(end - begin);
    return true;
}

int tensors_find(const tensors *s, const ltc_mask_tensor *t, tensors_entry *e)
{
    const json_t *entry = json_object_get(s->header, t->name);
    *e = (tensors_entry){ 0 };
    if (!entry)
        return TENSORS_MISSING;
    e->type = json_string_value(json_object_get(entry, "dtype"));
    if (!has_shape(json_object_get(entry, "shape"), t))
        return TENSORS_SHAPE;
    return has_place(s, json_object_get(entry, "data_offsets"), e) ? TENSORS_FOUND : TENSORS_PLACE;
}

static bool describe(const tensors_item *item, size_t at, json_t *header)
{
    char name[NAME_BYTES];
    json_t *shape = json_array();
    const int length = snprintf(name, sizeof name, "%s%s", item->t->name, item->suffix);
    bool whole = shape && length > 0 && length < NAME_BYTES;
    for (uint32_t a = 0; a < item->t->rank && whole; a++)
        whole = !json_array_append_new(shape, json_integer(item->t->dim[a]));
    json_t *entry = json_pack("{s:s, s:o, s:[I, I]}", "dtype", item->type, "shape", shape, "data_offsets",
                              (json_int_t)at, (json_int_t)(at + item->bytes));
    return whole ? !json_object_set_new(header, name, entry) : (json_decref(entry), false);
}

/* The header's text, with blanks to a whole number of ALIGNMENT; NULL: no memory. */
static char *print_header(const tensors_item *item, size_t n, json_t *metadata, size_t *n_text)
{
    json_t *header = json_object();
    size_t at = 0;
    bool whole = header && (!metadata || !json_object_set_new(header, "__metadata__", metadata));
    if (!header)
        json_decref(metadata);
    for (size_t i = 0; i < n && whole; at += item[i++].bytes)
        whole = describe(&item[i], at, header);
    char *text = whole ? json_dumps(header, JSON_COMPACT) : NULL;
    json_decref(header);
    *n_text = text ? (strlen(text) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT : 0;
    return text;
}

uint8_t *tensors_write(const tensors_item *item, size_t n, json_t *metadata, size_t *n_bytes)
{
    size_t n_text, at = LENGTH_BYTES;
    char *text = print_header(item, n, metadata, &n_text);
    *n_bytes = LENGTH_BYTES + n_text;
    for (size_t i = 0; i < n; i++)
        *n_bytes += item[i].bytes;
    uint8_t *bytes = text ? malloc(*n_bytes) : NULL;
    if (bytes) {
        for (size_t i = 0; i < LENGTH_BYTES; i++)
            bytes[i] = (uint8_t)((uint64_t)n_text >> 8 * i);
        memset(bytes + at, ' ', n_text);
        memcpy(bytes + at, text, strlen(text));
        at += n_text;
        for (size_t i = 0; i < n; at += item[i++].bytes)
            memcpy(bytes + at, item[i].data, item[i].bytes);
    }
    free(text);
    *n_bytes = bytes ? *n_bytes : 0;
    return bytes;
}
