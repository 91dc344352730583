/* scored: an instance that keeps the score of every weight, for criteria that compute all of them at once in
 * their `prepare`. The first three are slots of ltc_mask_ops. Linked to each criterion that uses it. */
#ifndef MASKS_SCORED_H
#define MASKS_SCORED_H

#include <ltcore/mask.h>

typedef struct scored {
    const void *options;                      /* the core's block */
    const ltc_host *host;
    uint32_t n;
    float  **score;                           /* [n]: by parameter, NULL where nothing is to be scored */
} scored;

ltc_status scored_create(const ltc_host *h, const void *opts, void **self, ltc_error *err);
void       scored_destroy(void *self);
ltc_status scored_score(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *t, float *score,
                        ltc_error *err);

/* Room for the scores of these tensors, all 0. Once. [serial] */
ltc_status scored_room(scored *s, const ltc_mask_tensor *const *t, size_t n, ltc_error *err);

#endif
