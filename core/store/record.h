/* Records as care.c and gc.c look at them. */
#ifndef LT_STORE_RECORD_H
#define LT_STORE_RECORD_H

#include "store/store.h"

/* As lt_record_get, but for gc the record is as old as before. */
ltc_status lt_record_look(const lt_store *s, const lt_digest *key, lt_text *text, bool *found,
                          ltc_error *err);

#endif
