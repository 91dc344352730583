/* Safetensors files as the store reads them: with the difference between a file that is missing, one that is
 * damaged and one that could not be read. lt_safetensors_read in tensors.h is for everybody else. */
#ifndef LT_STORE_SAFETENSORS_H
#define LT_STORE_SAFETENSORS_H

#include "store/stored.h"
#include "store/tensors.h"

/* LTC_OK exactly for LT_SOUND; else the sentence says why. *t is then empty. [any] */
ltc_status lt_safetensors_load(const char *path, lt_tensors *t, lt_condition *c, ltc_error *err);

/* The digest of what is in the file, in a small buffer. */
ltc_status lt_safetensors_digest(const char *path, lt_digest *d, lt_condition *c, ltc_error *err);

#endif
