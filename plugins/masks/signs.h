/* signs: a condition on the signs of a weight before and after training, for the criteria of Zhou et al.
 * 2019.
 *
 *   any         no condition
 *   same        sign(w_init) = sign(w_final); a zero agrees with a zero alone
 *   different   sign(w_init) != sign(w_final)
 *
 * Weights that fail the condition rank below all that meet it, and among themselves as they would without it.
 * In the authors' code (large_final_same_sign, ..._diff_sign) those that fail score 0, which says the same of
 * scores that are never negative, ties apart; where scores are negative, as for small_final and for weights
 * that shrank, 0 would put those that fail above those that meet it. Linked to each criterion that has the
 * option. */
#ifndef MASKS_SIGNS_H
#define MASKS_SIGNS_H

#include <ltcore/mask.h>

enum { SIGNS_ANY, SIGNS_SAME, SIGNS_DIFFERENT };
typedef struct signs_options { int64_t signs; } signs_options;
extern const ltc_schema signs_schema;         /* the one option `signs` */

/* What a criterion reads: `needs`, and with a condition both weights. [any] */
uint32_t signs_needs(const signs_options *o, uint32_t needs);

/* Does the weight meet the condition? [any] */
bool signs_meet(int64_t signs, float w_init, float w_final);

/* Scores (LTC_MASK_OPS, score) become such that the condition comes first. Exact for scores of 0 and of a
 * size within [2^-60, 2^60]; beyond, what is smaller counts as 0 and what is larger as 2^60. Without a
 * condition nothing changes, and a score that is not finite stays what it is. [any] */
void signs_rank(const signs_options *o, const ltc_mask_tensor *t, float *score);

#endif
