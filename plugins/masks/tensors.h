/* tensors: the safetensors format in memory: eight bytes of length, a header in JSON, the data. Here and not
 * the core's, since a plug-in links nothing of the core's. Linked to file.c and exec.c. All [any]. */
#ifndef MASKS_TENSORS_H
#define MASKS_TENSORS_H

#include <jansson.h>
#include <ltcore/mask.h>

/* What is read: `bytes` are the caller's until tensors_close, which frees them. */
typedef struct tensors {
    uint8_t *bytes;
    size_t   n;
    const uint8_t *data;                      /* behind the header */
    size_t   n_data;
    json_t  *header;
} tensors;

/* From bytes and n. False: it is no such file, or was cut off; what the header says of tensors is checked by
 * tensors_find. */
bool tensors_open(tensors *s);
void tensors_close(tensors *s);               /* safe on a zeroed one */

/* type: "F32", "U8", ... */
typedef struct tensors_entry { const char *type; const uint8_t *at; size_t bytes; } tensors_entry;
enum { TENSORS_FOUND, TENSORS_MISSING, TENSORS_SHAPE, TENSORS_PLACE };

/* The entry of t's name. TENSORS_SHAPE: it has another shape; TENSORS_PLACE: its bytes lie outside. Its type,
 * NULL if it has none, is set unless it is missing. How many bytes it should have is the caller's to
 * check. */
int tensors_find(const tensors *s, const ltc_mask_tensor *t, tensors_entry *e);

/* What is written: n entries named t->name with `suffix` behind, in this order, of t's shape. */
typedef struct tensors_item {
    const ltc_mask_tensor *t;
    const char *suffix, *type;
    const void *data;
    size_t      bytes;
} tensors_item;

/* *bytes for free(). metadata: an object of strings, or NULL; it is taken over. NULL and 0 when there is no
 * memory. */
uint8_t *tensors_write(const tensors_item *item, size_t n, json_t *metadata, size_t *n_bytes);

#endif
