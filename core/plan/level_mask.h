/* What a level's mask is drawn from. For level_mask.c and level_watch.c alone. */
#ifndef LT_PLAN_LEVEL_MASK_H
#define LT_PLAN_LEVEL_MASK_H

#include "plan/worker.h"

/* The states a criterion may read, fetched, and what they are called by; the request owns nothing. */
struct lt_mask_inputs {
    lt_selection_request request;
    ltc_data_desc    train;
    lt_state         state[4];                /* init, rewind, final, dense */
    const lt_digest *name[4];
    lt_masks         before;
    lt_digest        before_name;
    uint64_t        *exact;
    lt_layer_budget *layer;
};

/* All but the states. To be closed in any case. */
ltc_status lt_mask_inputs_open(lt_worker *w, lt_job *j, lt_mask_inputs *in, ltc_error *err);
void lt_mask_inputs_close(lt_mask_inputs *in);

/* Which of the four states are read, by name, where the job's mask is drawn; and the selection's key. */
ltc_status lt_mask_inputs_key(const lt_worker *w, const lt_job *j, lt_mask_inputs *in, lt_digest *key,
                              ltc_error *err);

/* Fetches them and draws the mask, for lt_masks_free. */
ltc_status lt_mask_inputs_draw(lt_worker *w, lt_mask_inputs *in, lt_masks *made, ltc_error *err);

#endif
