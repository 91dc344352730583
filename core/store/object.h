/* Objects as care.c checks them. */
#ifndef LT_STORE_OBJECT_H
#define LT_STORE_OBJECT_H

#include "store/store.h"

/* Reads all of it and keeps nothing: as lt_store_get for what is damaged. */
ltc_status lt_object_check(const lt_store *s, const lt_digest *name, bool *sound, ltc_error *err);

#endif
