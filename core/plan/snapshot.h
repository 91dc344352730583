/* Snapshots: states and masks as objects in the store. */
#ifndef LT_PLAN_SNAPSHOT_H
#define LT_PLAN_SNAPSHOT_H

#include "prune/selection.h"
#include "store/store.h"
#include "train/state.h"

/* What of a state: VALUES alone, or the WHOLE of it, slots and clock too (slots of zeros are left out). */
enum { LT_SNAPSHOT_VALUES, LT_SNAPSHOT_WHOLE };
ltc_status lt_snapshot_put(lt_store *store, const lt_state *s, uint32_t what, lt_digest *name,
                           ltc_error *err);

/* All of one that will soon be in the way; stamp as lt_store_put_for_now has it. */
ltc_status lt_snapshot_put_for_now(lt_store *store, const lt_state *s, lt_digest *name, int64_t *stamp,
                                   ltc_error *err);

/* Into a state of the graph it was made of; slots and clock that the object lacks become zero, masks stay.
 * *found false: it is not in the store, or not sound. */
ltc_status lt_snapshot_get(lt_store *store, const lt_digest *name, lt_state *s, bool *found, ltc_error *err);

/* Selection masks, and the training masks of a state: a tensor of bytes for each parameter that has one. */
ltc_status lt_masks_put(lt_store *store, const ltc_graph *g, uint8_t *const *mask, lt_digest *name,
                        ltc_error *err);
/* The name that masks would have in a store; puts nothing there. */
ltc_status lt_masks_name(const ltc_graph *g, uint8_t *const *mask, lt_digest *name, ltc_error *err);
ltc_status lt_masks_get(lt_store *store, const ltc_graph *g, const lt_digest *name, lt_masks *m, bool *found,
                        ltc_error *err);

#endif
