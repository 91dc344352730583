/* Tensors: named arrays, and the safetensors files they are kept in, which PyTorch and NumPy read without us.
 *
 * The digest of a set of tensors is that of names, types, shapes and data, in the order of the names; what a
 * file says beside them (metadata) is not in it. */
#ifndef LT_STORE_TENSORS_H
#define LT_STORE_TENSORS_H

#include <ltcore/base.h>

#include "util/digest.h"
#include "util/memory.h"

/* type: LTC_U8 or LTC_F32 or LTC_F64, LT_U64 or LT_I64 for counts. data: n elements in the order of rows. */
enum { LT_U64 = 64, LT_I64 };
typedef struct lt_tensor {
    const char *name;
    uint32_t    type, rank;                   /* rank 0: one element */
    int64_t     dim[4];
    size_t      n;
    void       *data;
} lt_tensor;

/* Owns what it points to; zero-initialise. Sorted by name once it was read or written. */
typedef struct lt_tensors {
    lt_tensor *v;
    size_t     n;
    lt_arena   arena;                         /* names, list, data */
    struct lt_note { const char *key, *value; } *note;      /* metadata, for people: not in the digest */
    size_t     n_notes;
} lt_tensors;

/* Room for a tensor, zeroed, which the caller fills. Names are unique UTF-8, not empty, not "__metadata__".
 * *added moves with the next tensor, and with what sorts the list (digest, write, put); its data stays. */
ltc_status lt_tensors_add(lt_tensors *t, const char *name, uint32_t type, uint32_t rank, const int64_t *dim,
                          lt_tensor **added, ltc_error *err);
ltc_status lt_tensors_note(lt_tensors *t, const char *key, const char *value, ltc_error *err);
const lt_tensor *lt_tensors_find(const lt_tensors *t, const char *name);           /* NULL: none */
void lt_tensors_free(lt_tensors *t);

/* Sorts the list. [serial] */
ltc_status lt_tensors_digest(lt_tensors *t, lt_digest *d, ltc_error *err);

/* A .safetensors file, whole or not at all. Reading trusts nothing: every offset, size and shape is checked,
 * and the sentence names file and tensor. A file that is a pickled .pth is refused with the Python that
 * converts it. read fills *t, which it does not read before, and leaves it empty when it fails; BOOL becomes
 * LTC_U8. */
ltc_status lt_safetensors_write(const char *path, lt_tensors *t, ltc_error *err);
ltc_status lt_safetensors_read(const char *path, lt_tensors *t, ltc_error *err);

#endif
