/* Layout of tensors: element types, the size of a shape, and the canonical text that a digest begins with. */
#ifndef LT_STORE_LAYOUT_H
#define LT_STORE_LAYOUT_H

#include "store/tensors.h"
#include "util/text.h"

enum { LT_TENSOR_RANK_MAX = 4 };              /* the length of lt_tensor.dim */

/* The size of an element in bytes; 0: no type of a tensor. */
size_t lt_type_bytes(uint32_t type);
const char *lt_type_name(uint32_t type);      /* as safetensors calls it: "F32" */
bool lt_type_find(const char *name, uint32_t *type);          /* "BOOL" is LTC_U8 */

/* The product of the dimensions into t->n; false: negative, or the bytes do not fit into size_t. */
bool lt_tensor_count(lt_tensor *t);
size_t lt_tensor_bytes(const lt_tensor *t);   /* of one that was counted */

/* In the order of the names' bytes, which is that of digests and headers. */
void lt_tensors_sort(lt_tensors *t);

/* What comes before the data in the digest: how many tensors; name, type and shape of each. [any] */
void lt_tensors_layout(const lt_tensors *t, lt_text *to);

#endif
