/* Owns the table of element types and the arithmetic of shapes. Called by all that makes, hashes, reads or
 * writes tensors. */
#include "store/layout.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "util/canon.h"

/* The first row of a type is how it is written; later ones are read only. */
static const struct { uint32_t type; const char *name; size_t bytes; } types[] = {
    { LTC_U8, "U8", 1 }, { LTC_F32, "F32", 4 }, { LTC_F64, "F64", 8 }, { LT_U64, "U64", 8 },
    { LT_I64, "I64", 8 },
    { LTC_U8, "BOOL", 1 },
};
enum { N_TYPES = sizeof types / sizeof types[0] };

size_t lt_type_bytes(uint32_t type)
{
    for (size_t i = 0; i < N_TYPES; i++)
        if (types[i].type == type)
            return types[i].bytes;
    return 0;
}

const char *lt_type_name(uint32_t type)
{
    size_t i = 0;
    while (i < N_TYPES && types[i].type != type)
        i++;
    assert(i < N_TYPES);
    return types[i].name;
}

bool lt_type_find(const char *name, uint32_t *type)
{
    for (size_t i = 0; i < N_TYPES; i++)
        if (strcmp(types[i].name, name) == 0) {
            *type = types[i].type;
            return true;
        }
    return false;
}

/* n times by, within limit. An empty shape stays empty, but its other dimensions have to fit all the same. */
static bool multiply(size_t *n, uint64_t by, size_t limit)
{
    if (by && *n > limit / by)
        return false;
    *n *= (size_t)by;
    return true;
}

bool lt_tensor_count(lt_tensor *t)
{
    const size_t limit = PTRDIFF_MAX / lt_type_bytes(t->type);
    size_t n = 1, without_empty = 1;
    assert(t->rank <= LT_TENSOR_RANK_MAX);
    for (uint32_t i = 0; i < t->rank; i++)
        if (t->dim[i] < 0 || !multiply(&without_empty, t->dim[i] ? (uint64_t)t->dim[i] : 1, limit) ||
            !multiply(&n, (uint64_t)t->dim[i], limit))
            return false;
    t->n = n;
    return true;
}

size_t lt_tensor_bytes(const lt_tensor *t)
{
    return t->n * lt_type_bytes(t->type);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const lt_tensor *)a)->name, ((const lt_tensor *)b)->name);
}

void lt_tensors_sort(lt_tensors *t)
{
    if (t->n)
        qsort(t->v, t->n, sizeof *t->v, by_name);
}

void lt_tensors_layout(const lt_tensors *t, lt_text *to)
{
    lt_canon_int(to, "tensors", (int64_t)t->n);
    for (const lt_tensor *v = t->v; v < t->v + t->n; v++) {
        lt_canon_text(to, "name", v->name);
        lt_canon_text(to, "type", lt_type_name(v->type));
        lt_canon_int(to, "rank", v->rank);
        for (uint32_t i = 0; i < v->rank; i++)
            lt_canon_int(to, "dim", v->dim[i]);
    }
}
