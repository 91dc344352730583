/* Owns the list of what every backend must show. One operation, one test: a new line of ops.def
 * brings its own. */
#include "check/check_backend.h"

#include <ltcore/ops.h>

const lt_trial lt_backend_trials[] = {
    { "identity", "it says what it is, in one line that is the same whenever it is opened",
      lt_check_identity, 0, 0 },
    { "plan", "plans repeat, and promise what ltcore needs; what is planned compiles", lt_check_plan, 0, 0 },
    { "require", "what it claims can be required, and nothing else", lt_check_require, 0, 0 },

#define LTC_OP(op, inputs) \
    { "adjoint-" #op, #op ": values and gradients are those of the interpreter in double", \
      lt_check_adjoint, LTC_OP_##op, 0 },
#include <ltcore/ops.def>
#undef LTC_OP

    { "optimizer-sgd", "three steps of SGD are as its formula says", lt_check_optimizer, 0, 0 },
    { "optimizer-nesterov", "three steps of SGD with Nesterov are as its formula says",
      lt_check_optimizer, 1, 0 },
    { "optimizer-adam", "three steps of Adam are as its formula says", lt_check_optimizer, 2, 0 },
    { "optimizer-adamw", "three steps of AdamW are as its formula says", lt_check_optimizer, 3, 0 },
    { "train-loss", "training gives the batch's mean loss and hits", lt_check_train_loss, 0, 0 },
    { "floats", "samples may be floats", lt_check_floats, 0, 0 },
    { "eval-sums", "an evaluation gives the sum of losses and the hits", lt_check_eval_sums, 0, 0 },
    { "eval-statistics", "training moves the running statistics, and evaluation takes them",
      lt_check_eval_statistics, 0, 0 },
    { "eval-pure", "an evaluation changes nothing", lt_check_eval_pure, 0, 0 },
    { "eval-cuts", "an evaluation's bits depend neither on cuts nor on the program's batch",
      lt_check_eval_cuts, 0, 0 },
    { "state-moves", "its whole state, put into a fresh program, goes on with the same bits",
      lt_check_round_trip, 0, 0 },
    { "state-clock", "the clock counts updates, and counts", lt_check_clock, 0, 0 },
    { "spans", "LTC_CAP_SPAN_FREE: however a training is cut into spans, the same bits",
      lt_check_spans, 0, 0 },
    { "repeat", "LTC_CAP_REPEATABLE: the same request, the same bits", lt_check_repeat, 0, 0 },
    { "cohort", "LTC_CAP_COHORT, LTC_CAP_REPLICA_FREE: alone, together and in another order, the same bits",
      lt_check_cohort, 0, 0 },
    { "mask-dead", "a dead weight and its slots are +0.0 for ever", lt_check_dead, 0, 0 },
    { "mask-frozen", "a frozen weight keeps its bits, and its slots are +0.0", lt_check_frozen, 0, 0 },
    { "mask-forward", "frozen weights take part in the forward pass", lt_check_frozen_forward, 0, 0 },
    { "mask-data", "masks are data: a weight that is alive at 0 trains", lt_check_mask_data, 0, 0 },
    { "mask-train", "under masks of any density, what is alive trains as it should", lt_check_sparse, 0, 0 },
    { "mask-change", "other masks may be put in the midst of a training", lt_check_mask_change, 0, 0 },
    { "random-augment", "crops and mirrors are those that the key names", lt_check_augment, 0, 0 },
    { "random-dropout", "dropout drops what the key names", lt_check_dropout, 0, 0 },
    { "random-eval", "an evaluation neither augments nor drops", lt_check_eval_plain, 0, 0 },
    { "bad-step", "a step of non-finite loss is named, and leaves no trace in the state",
      lt_check_bad_step, 0, 0 },
    { "bad-step-neighbours", "the others of a cohort go on", lt_check_neighbours, 0, 0 },
    { "recovery", "after a failed span, puts and a ready make the program work again",
      lt_check_recovery, 0, 0 },
    { "refuse-operation", "an unknown operation is refused", lt_check_refusal, LT_MISTAKE_OPERATION, 0 },
    { "refuse-optimizer", "an unknown optimizer is refused", lt_check_refusal, LT_MISTAKE_OPTIMIZER, 0 },
    { "refuse-loss", "an unknown loss is refused", lt_check_refusal, LT_MISTAKE_LOSS, 0 },
    { "refuse-augment", "an unknown augmentation is refused", lt_check_refusal, LT_MISTAKE_AUGMENT, 0 },
    { "refuse-batch", "a batch of no samples is refused", lt_check_refusal, LT_MISTAKE_BATCH, 0 },
    { "refuse-shape", "data of another shape than the network's input is refused",
      lt_check_refusal, LT_MISTAKE_SHAPE, 0 },
    { "refuse-bytes", "a put of a wrong size is refused", lt_check_refusal, LT_MISTAKE_BYTES, 0 },
    { "refuse-state", "an unknown piece of state is refused", lt_check_refusal, LT_MISTAKE_STATE, 0 },
    { "refuse-param", "a parameter that is not there is refused", lt_check_refusal, LT_MISTAKE_PARAM, 0 },
    { "refuse-replica", "a replica that is not there is refused", lt_check_refusal, LT_MISTAKE_REPLICA, 0 },
    { "refuse-unready", "training before ready is refused", lt_check_refusal, LT_MISTAKE_NOT_READY, 0 },
    { "refuse-row", "training on a row beyond the split is refused", lt_check_refusal, LT_MISTAKE_ROW, 0 },
    { "refuse-split", "training on an unknown split is refused", lt_check_refusal, LT_MISTAKE_SPLIT, 0 },
    { "refuse-eval-rows", "evaluating rows beyond the split is refused",
      lt_check_refusal, LT_MISTAKE_EVAL_ROWS, 0 },
    { "refuse-eval-split", "evaluating an unknown split is refused",
      lt_check_refusal, LT_MISTAKE_EVAL_SPLIT, 0 },
    { "float-mode", "no call leaves another floating-point mode behind", lt_check_mode, 0, 0 },
    { .name = NULL },
};
