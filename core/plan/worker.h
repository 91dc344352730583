/* What a level's steps share: sessions opened on demand, states fetched by digest. For level*.c alone. */
#ifndef LT_PLAN_WORKER_H
#define LT_PLAN_WORKER_H

#include "plan/level.h"

/* The worker's session, opened for this regime, until the level ends; LTC_EUNSUPPORTED when the worker
 * only looks. */
ltc_status lt_worker_session(lt_worker *w, const lt_regime *r, lt_session **s, ltc_error *err);

/* A state of the run's graph, fetched; a state that is gone is LTC_EIO. Made with lt_state_create by the
 * caller. */
ltc_status lt_worker_state(lt_worker *w, const lt_digest *name, lt_state *s, ltc_error *err);
ltc_status lt_worker_masks(lt_worker *w, const lt_digest *name, lt_masks *m, ltc_error *err);

/* LTC_EUNSUPPORTED with a sentence when the worker only looks: something would have to be computed. */
ltc_status lt_worker_may_compute(const lt_worker *w, ltc_error *err);

/* What sets the draws of a line's level apart from those of any other: a hash of name, level and draw. */
ltc_status lt_level_instance(const lt_job *j, uint64_t *instance, ltc_error *err);

/* The selection mask of a level (level_mask.c). */
ltc_status lt_level_select(lt_worker *w, lt_job *j, lt_digest *selection, ltc_error *err);

/* When an early bird is drawn, into the outcome's watch (level_watch.c); of any other job nothing. in:
 * what its masks are drawn from; NULL: they are another's. */
typedef struct lt_mask_inputs lt_mask_inputs;
ltc_status lt_level_watch(lt_worker *w, lt_job *j, lt_mask_inputs *in, ltc_error *err);

/* Looks at what a training mask leaves of the network, says so, and stops the line where prune.collapse says
 * (level_collapse.c). */
ltc_status lt_level_collapse(lt_worker *w, lt_job *j, const lt_digest *training_mask, ltc_error *err);

/* A state under a selection mask on the validation and test splits (level_measure.c): pruned weights are
 * zero. */
ltc_status lt_level_measure(lt_worker *w, lt_job *j, const lt_digest *state, const lt_digest *selection,
                            lt_measure at[LT_M_SPLITS], ltc_error *err);

/* Counts of a selection mask and what training makes of it into a row (level_count.c); both NULL: the
 * dense network. */
ltc_status lt_level_count(lt_worker *w, const lt_job *j, const lt_digest *selection,
                          const lt_digest *training_mask, lt_level_row *row, ltc_error *err);

/* A level's row, and that of each of its evaluations (level_row.c). begin: with what is known before
 * anything is done, as of a level that failed. */
void lt_level_row_begin(const lt_job *j, lt_level_row *row);
ltc_status lt_level_row_fill(lt_worker *w, lt_job *j, const lt_trajectory *t, const lt_digest *training_mask,
                             lt_level_row *row, ltc_error *err);
ltc_status lt_level_history(const lt_job *j, const lt_trajectory *t, lt_history_row **history, size_t *n,
                            ltc_error *err);

#endif
