/* What the tests of backends share: ready-made networks and optimizers, and a bench that opens and closes all
 * that a test needs. The table of tests is in check_backend.c; check_*.c hold them, one file a topic. */
#ifndef LT_CHECK_CHECK_BACKEND_H
#define LT_CHECK_CHECK_BACKEND_H

#include "check/stand.h"
#include "check/state.h"

/* smooth: linear layers around a norm, without a kink; deep: convolutions too, and none either. wide:
 * convolution, norm, pool, hidden layer. plain: layers without a norm. drops: two dropouts. crops: one linear
 * layer on images that are not square. */
extern const lt_recipe lt_network_smooth, lt_network_deep, lt_network_wide, lt_network_plain, lt_network_lean,
    lt_network_drops, lt_network_crops;

/* SGD with momentum, Nesterov, Adam, AdamW: each with decay and L1 on some roles; and what they are
 * called. */
enum { LT_OPTIMIZERS = 4 };
extern const ltc_optimizer lt_optimizers[LT_OPTIMIZERS];
extern const char *const lt_optimizer_names[LT_OPTIMIZERS];

typedef struct lt_bench {
    lt_scene scene;
    lt_stand stand;
    lt_arena arena;
} lt_bench;

/* False, and the verdict says why: there is no network, or the backend does not open. */
bool lt_bench_open(lt_bench *b, const lt_subject *s, const lt_recipe *recipe, lt_verdict *v);
void lt_bench_close(lt_bench *b, lt_verdict *v);          /* judges the stand */

/* Puts a verdict on a trial for each optimizer, until one fails. */
typedef void lt_check_with(const lt_subject *s, uint32_t optimizer, lt_verdict *v);
void lt_check_each_optimizer(lt_check_with *fn, const lt_subject *s, lt_verdict *v);

typedef void lt_check_run_fn(const lt_trial *t, const lt_subject *s, lt_verdict *v);
lt_check_run_fn lt_check_identity, lt_check_plan, lt_check_require, lt_check_mode;
lt_check_run_fn lt_check_adjoint, lt_check_optimizer, lt_check_sparse;
lt_check_run_fn lt_check_train_loss, lt_check_eval_sums, lt_check_eval_statistics, lt_check_eval_pure,
    lt_check_eval_cuts, lt_check_floats;
lt_check_run_fn lt_check_round_trip, lt_check_clock;
lt_check_run_fn lt_check_spans, lt_check_repeat, lt_check_cohort;
lt_check_run_fn lt_check_dead, lt_check_frozen, lt_check_frozen_forward, lt_check_mask_data,
    lt_check_mask_change;
lt_check_run_fn lt_check_augment, lt_check_dropout, lt_check_eval_plain;
lt_check_run_fn lt_check_bad_step, lt_check_neighbours, lt_check_recovery;
lt_check_run_fn lt_check_refusal;

/* Mistakes that a backend must refuse, and go on: lt_check_refusal makes the one of the trial's number. */
enum {
    LT_MISTAKE_OPERATION, LT_MISTAKE_OPTIMIZER, LT_MISTAKE_LOSS, LT_MISTAKE_AUGMENT, LT_MISTAKE_BATCH,
    LT_MISTAKE_SHAPE, LT_MISTAKE_BYTES, LT_MISTAKE_STATE, LT_MISTAKE_PARAM, LT_MISTAKE_REPLICA,
    LT_MISTAKE_NOT_READY, LT_MISTAKE_ROW, LT_MISTAKE_SPLIT, LT_MISTAKE_EVAL_ROWS, LT_MISTAKE_EVAL_SPLIT
};

#endif
