/* Roots as gc reads them. */
#ifndef LT_STORE_ROOT_H
#define LT_STORE_ROOT_H

#include "store/marks.h"
#include "store/store.h"

/* The keys that every root names. A root that says anything else is LTC_EIO: what it means to keep is not
 * known. */
ltc_status lt_roots_read(const lt_store *s, lt_marks *keys, ltc_error *err);

#endif
