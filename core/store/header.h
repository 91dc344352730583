/* Header of a safetensors file: what it says about its tensors, as JSON. Used by safetensors.c alone. */
#ifndef LT_STORE_HEADER_H
#define LT_STORE_HEADER_H

#include "store/tensors.h"
#include "util/text.h"

/* The reference implementation reads no longer header than this: safetensors, MAX_HEADER_SIZE. */
enum { LT_HEADER_MAX = 100000000 };

/* The order of t's data in a file: by size of element, largest first, then as in t's list. So the data of
 * every tensor is aligned when the file is mapped. order: room for t->n. */
void lt_header_order(const lt_tensors *t, const lt_tensor **order);

/* The JSON, its keys in the order of their bytes, padded with spaces to a multiple of 8. */
ltc_status lt_header_print(const lt_tensors *t, const lt_tensor *const *order, lt_text *to, ltc_error *err);

/* What a header says: t's list in the order of the names, without data, and where behind the header the data
 * of each begins. The ranges fill the file without gap or overlap. */
typedef struct lt_header {
    lt_tensors t;
    uint64_t  *begin;                         /* of t.v[i]; in t's arena */
} lt_header;

/* Fills *h, zeroed before, which the caller frees by lt_tensors_free(&h->t) whatever came of it. json: n
 * bytes, with data_bytes behind them in the file. LTC_EIO: the header is damaged; LTC_EUNSUPPORTED: it is
 * sound, but holds what ltcore does not read. The sentence does not name the file. */
ltc_status lt_header_parse(lt_header *h, const char *json, size_t n, uint64_t data_bytes, ltc_error *err);

#endif
