/* Owns the list of what every backend must show. One operation, one test: a new line of ops.def brings its own. */
#include "check/check_backend.h"

#include <ltcore/ops.h>

const lt_trial lt_backend_trials[] = {
    { .name = "identity", .run = lt_check_identity,
      .claim = "it says what it is, in one line that is the same whenever it is opened" },
    { .name = "plan", .run = lt_check_plan,
      .claim = "plans repeat, and promise what ltcore needs; what is planned compiles" },
    { .name = "require", .claim = "what it claims can be required, and nothing else", .run = lt_check_require },

#define LTC_OP(op, inputs) \
    { .name = "adjoint-" #op, .run = lt_check_adjoint, .number = LTC_OP_##op, \
      .claim = #op ": values and gradients are those of the interpreter in double" },
#include <ltcore/ops.def>
#undef LTC_OP

    { .name = "optimizer-sgd", .claim = "three steps of SGD are as its formula says", .run = lt_check_optimizer,
      .number = 0 },
    { .name = "optimizer-nesterov", .claim = "three steps of SGD with Nesterov are as its formula says",
      .run = lt_check_optimizer, .number = 1 },
    { .name = "optimizer-adam", .claim = "three steps of Adam are as its formula says", .run = lt_check_optimizer,
      .number = 2 },
    { .name = "optimizer-adamw", .claim = "three steps of AdamW are as its formula says", .run = lt_check_optimizer,
      .number = 3 },

    { .name = "train-loss", .claim = "training gives the batch's mean loss and hits", .run = lt_check_train_loss },
    { .name = "floats", .claim = "samples may be floats", .run = lt_check_floats },
    { .name = "eval-sums", .claim = "an evaluation gives the sum of losses and the hits", .run = lt_check_eval_sums },
    { .name = "eval-statistics", .run = lt_check_eval_statistics,
      .claim = "training moves the running statistics, and evaluation takes them" },
    { .name = "eval-pure", .claim = "an evaluation changes nothing", .run = lt_check_eval_pure },
    { .name = "eval-cuts", .run = lt_check_eval_cuts,
      .claim = "an evaluation's bits depend neither on cuts nor on the program's batch" },

    { .name = "state-moves", .run = lt_check_round_trip,
      .claim = "its whole state, put into a fresh program, goes on with the same bits" },
    { .name = "state-clock", .claim = "the clock counts updates, and counts", .run = lt_check_clock },

    { .name = "spans", .claim = "LTC_CAP_SPAN_FREE: however a training is cut into spans, the same bits",
      .run = lt_check_spans },
    { .name = "repeat", .claim = "LTC_CAP_REPEATABLE: the same request, the same bits", .run = lt_check_repeat },
    { .name = "cohort", .run = lt_check_cohort,
      .claim = "LTC_CAP_COHORT, LTC_CAP_REPLICA_FREE: alone, together and in another order, the same bits" },

    { .name = "mask-dead", .claim = "a dead weight and its slots are +0.0 for ever", .run = lt_check_dead },
    { .name = "mask-frozen", .claim = "a frozen weight keeps its bits, and its slots are +0.0",
      .run = lt_check_frozen },
    { .name = "mask-forward", .claim = "frozen weights take part in the forward pass",
      .run = lt_check_frozen_forward },
    { .name = "mask-train", .claim = "under masks of any density, what is alive trains as it should",
      .run = lt_check_sparse },
    { .name = "mask-change", .claim = "other masks may be put in the midst of a training",
      .run = lt_check_mask_change },

    { .name = "random-augment", .claim = "crops and mirrors are those that the key names", .run = lt_check_augment },
    { .name = "random-dropout", .claim = "dropout drops what the key names", .run = lt_check_dropout },
    { .name = "random-eval", .claim = "an evaluation neither augments nor drops", .run = lt_check_eval_plain },

    { .name = "bad-step", .run = lt_check_bad_step,
      .claim = "a step of non-finite loss is named, and leaves no trace in the state" },
    { .name = "bad-step-neighbours", .claim = "the others of a cohort go on", .run = lt_check_neighbours },
    { .name = "recovery", .claim = "after a failed span, puts and a ready make the program work again",
      .run = lt_check_recovery },

    { .name = "refuse-operation", .claim = "an unknown operation is refused", .run = lt_check_refusal,
      .number = LT_MISTAKE_OPERATION },
    { .name = "refuse-optimizer", .claim = "an unknown optimizer is refused", .run = lt_check_refusal,
      .number = LT_MISTAKE_OPTIMIZER },
    { .name = "refuse-loss", .claim = "an unknown loss is refused", .run = lt_check_refusal,
      .number = LT_MISTAKE_LOSS },
    { .name = "refuse-augment", .claim = "an unknown augmentation is refused", .run = lt_check_refusal,
      .number = LT_MISTAKE_AUGMENT },
    { .name = "refuse-batch", .claim = "a batch of no samples is refused", .run = lt_check_refusal,
      .number = LT_MISTAKE_BATCH },
    { .name = "refuse-shape", .claim = "data of another shape than the network's input is refused",
      .run = lt_check_refusal, .number = LT_MISTAKE_SHAPE },
    { .name = "refuse-bytes", .claim = "a put of a wrong size is refused", .run = lt_check_refusal,
      .number = LT_MISTAKE_BYTES },
    { .name = "refuse-state", .claim = "an unknown piece of state is refused", .run = lt_check_refusal,
      .number = LT_MISTAKE_STATE },
    { .name = "refuse-param", .claim = "a parameter that is not there is refused", .run = lt_check_refusal,
      .number = LT_MISTAKE_PARAM },
    { .name = "refuse-replica", .claim = "a replica that is not there is refused", .run = lt_check_refusal,
      .number = LT_MISTAKE_REPLICA },
    { .name = "refuse-unready", .claim = "training before ready is refused", .run = lt_check_refusal,
      .number = LT_MISTAKE_NOT_READY },
    { .name = "refuse-row", .claim = "training on a row beyond the split is refused", .run = lt_check_refusal,
      .number = LT_MISTAKE_ROW },
    { .name = "refuse-split", .claim = "training on an unknown split is refused", .run = lt_check_refusal,
      .number = LT_MISTAKE_SPLIT },
    { .name = "refuse-eval-rows", .claim = "evaluating rows beyond the split is refused", .run = lt_check_refusal,
      .number = LT_MISTAKE_EVAL_ROWS },
    { .name = "refuse-eval-split", .claim = "evaluating an unknown split is refused", .run = lt_check_refusal,
      .number = LT_MISTAKE_EVAL_SPLIT },

    { .name = "float-mode", .claim = "no call leaves another floating-point mode behind", .run = lt_check_mode },
    { .name = NULL },
};
