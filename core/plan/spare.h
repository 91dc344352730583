/* Spare: partial states that a pass has put into the store, until its record forgets them. For
 * trajectory.c alone. */
#ifndef LT_PLAN_SPARE_H
#define LT_PLAN_SPARE_H

#include "plan/trajectory.h"

enum { LT_SPARE_MOST = 4 };                   /* a record keeps two; one more is being put */

/* Zero-initialise. */
typedef struct lt_spare {
    lt_digest state[LT_SPARE_MOST];
    int64_t   stamp[LT_SPARE_MOST];
    size_t    n;
} lt_spare;

/* stamp: of lt_snapshot_put_for_now. */
void lt_spare_note(lt_spare *s, const lt_digest *state, int64_t stamp);

/* Once the record is saved: out of the store with those that t names no more. */
void lt_spare_remove(lt_spare *s, lt_store *store, const lt_trajectory *t);

#endif
