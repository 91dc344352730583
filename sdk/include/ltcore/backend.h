/* ltcore/backend.h: a compute backend takes a whole graph, and trains it in whole spans of steps.
 *
 * A device is opened and asked for its identity, then given each split with data_open. A program is planned
 * and compiled, gets its data by bind and its state by put, whichever first, and is made ready; from then on
 * it is trained, evaluated and read as often as wanted, and must be made ready again after a put. train, eval
 * and get allocate nothing. A span comes with its sample order, learning rates and keys written down, so a
 * backend may fuse steps, capture them or leave everything on its device: nothing is asked of it in between.
 *
 * The state of a replica is VALUE, MASK, both slots and CLOCK of all parameters, and nothing else: put into a
 * fresh program, it goes on with the bits of the old one. A span is atomic: done whole, or an error and an
 * undefined state from which puts and a ready recover the program. What a backend cannot do it refuses with
 * LTC_EUNSUPPORTED. */
#ifndef LTCORE_BACKEND_H
#define LTCORE_BACKEND_H

#include <ltcore/graph.h>
#include <ltcore/plugin.h>
#include <ltcore/rng.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LTC_BACKEND_ABI 2u                   /* 2: eval adds to the sums it is given */

/* Promises. Each one that a plan claims is tried by `ltcore check`. */
enum {
    LTC_CAP_COHORT       = 1u << 0,           /* n_replicas > 1 in one program */
    LTC_CAP_REPEATABLE   = 1u << 1,           /* same request, same identity: same bits */
    LTC_CAP_REPLICA_FREE = 1u << 2,           /* a replica's bits do not depend on its
                                               * neighbours or their number */
    LTC_CAP_SPAN_FREE    = 1u << 3,           /* 1 train call of 100 steps == 100 calls of 1, to the bit */
    LTC_CAP_OWN_MEMORY   = 1u << 4            /* a plan's bytes are of the device's memory, which
                                               * bounds max_replicas */
};

/* Updates, g being the gradient of the batch mean, eta the rate that comes with each step. First g += l1
 * sign(w) on l1_roles (sign 0 is 0); then, with lambda acting on decay_roles:
 *   SGD    g += lambda w;  v <- mu v + g;  w <- w - eta v, or w - eta (g + mu v) with Nesterov
 *   ADAM   g += lambda w;  m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g g;  t <- t + 1
 *          w <- w - eta / (1 - b1^t) m / (sqrt(v / (1 - b2^t)) + eps)            Kingma & Ba 2015
 *   ADAMW  w <- w - eta lambda w;  then as ADAM without decay                    Loshchilov & Hutter 2019
 * After every update a dead weight and its slots are exactly +0.0, a frozen weight is bitwise what it was. */
enum { LTC_SGD = 1, LTC_ADAM, LTC_ADAMW };
typedef struct ltc_optimizer {
    uint32_t size, kind, nesterov, decay_roles, l1_roles, reserved;
    double   momentum, beta1, beta2, eps, weight_decay, l1;
} ltc_optimizer;

/* From a stored sample to the graph's input. Cropping pads with byte 0 (or 0.0f) before this. */
typedef struct ltc_input {
    uint32_t size, sample_type;
    const float *table;                       /* U8: [C][256], normalised */
    const float *mean, *std;                  /* F32: (x - mean[c]) / std[c] */
} ltc_input;

enum { LTC_LOSS_CROSS_ENTROPY = 1 };          /* softmax, natural logarithm */

/* Drawn per row from words 4i, 4i+1, 4i+2 of key_augment, i = step * batch + row. CROP: pad 4
 * on each side, cut out at row (first mod 9) and column (second mod 9). FLIP: mirror where
 * the third is odd. */
enum { LTC_AUGMENT_CROP = 1, LTC_AUGMENT_FLIP = 2 };

typedef struct ltc_compile_req {
    uint32_t size, batch, n_replicas, require;            /* require: LTC_CAP_*; refuse rather than weaken */
    uint32_t loss, augment;
    const ltc_graph *graph; const ltc_optimizer *optimizer; const ltc_input *input; /* outlive the program */
} ltc_compile_req;

typedef struct ltc_plan {
    uint32_t size, caps, max_replicas, reserved; uint64_t bytes_fixed, bytes_per_replica;
} ltc_plan;

/* One split, in host memory; x [n][dim...] and label [n] outlive the handle made of it. */
typedef struct ltc_data_desc {
    uint32_t size, sample_type, rank, reserved;
    const int64_t *dim; uint64_t n;
    const void *x; const int32_t *label;
} ltc_data_desc;

/* Steps first_step .. first_step + n_steps - 1. A stride is in elements between replicas; 0: they share. */
typedef struct ltc_train_req {
    uint32_t size, split, n_steps, reserved;
    const uint64_t *first_step;                           /* [n_replicas]: indexes all randomness */
    const uint32_t *sample; size_t sample_stride;         /* [n_steps][batch]: rows of the split */
    const float    *lr;     size_t lr_stride;             /* [n_steps] */
    const ltc_key  *key_augment, *key_dropout;            /* [n_replicas] */
    const void *x; const int32_t *label;                  /* staged rows instead of `sample`; always NULL */
} ltc_train_req;

/* The caller's arrays. Where a replica's loss is not finite it stops, in the state before that step, and
 * fills the rest of its row with NaN in loss and 0 in correct; its neighbours go on. */
typedef struct ltc_train_out {
    uint32_t size, reserved;
    float *loss; uint32_t *correct;                       /* [n_replicas][n_steps]: batch mean before
                                                           * the update; count */
    uint64_t *bad_step;                                   /* [n_replicas]: where it stopped, or UINT64_MAX */
} ltc_train_out;

/* Neither train nor eval asks whether the run is being stopped: a span is short, and one that was given up
 * would lose what it did. The network as it is used: running statistics, neither dropout nor augmentation,
 * and no state changes. The samples' losses are added to what loss holds, one after another in double, and
 * the hits to correct: so a split may be evaluated in parts of any length, and no bit depends on them or on
 * the program's batch.
 *
 * only, which may be ignored: [n_replicas], nothing is asked of a replica where it is 0, and what becomes of
 * its sums is left open; NULL: of all. */
typedef struct ltc_eval_req {
    uint32_t size, split; uint64_t first, count; const uint8_t *only;
} ltc_eval_req;
/* loss, correct: [n_replicas]. */
typedef struct ltc_eval_out { uint32_t size, reserved; double *loss; uint64_t *correct; } ltc_eval_out;

/* What put and get move; src and dst are host memory. */
enum {
    LTC_STATE_VALUE = 1,                      /* float[n]: weights, running statistics */
    LTC_STATE_MASK,                           /* uint8[n]: training mask; a parameter that
                                               * never got one is alive */
    LTC_STATE_SLOT_1, LTC_STATE_SLOT_2,       /* float[n]: momentum; Adam's m and v. Fresh: zero */
    LTC_STATE_CLOCK                           /* uint64, param 0: updates since the slots were zero */
};
enum { LTC_DEAD = 0, LTC_ALIVE, LTC_FROZEN };         /* of a training mask */

/* All [serial] per device, with its data and programs. */
typedef struct ltc_backend_ops {
    uint32_t   size, host_size, graph_size, node_size, param_size, value_size, optimizer_size, input_size,
               compile_req_size, plan_size, data_desc_size, train_req_size, train_out_size,
               eval_req_size, eval_out_size, reserved;
    ltc_status (*open)(const ltc_host *h, const void *opts, void **dev, ltc_error *err);
    void       (*close)(void *dev);

    /* Names all that can change a bit: kernels' revision, library and version, instruction set, precision.
     * Neither threads nor time. Under 512 bytes. Mandatory. */
    ltc_status (*identity)(void *dev, char *text, size_t n, ltc_error *err);
    ltc_status (*plan)(void *dev, const ltc_compile_req *r, ltc_plan *plan, ltc_error *err);
    ltc_status (*data_open)(void *dev, const ltc_data_desc *d, void **data, ltc_error *err);
    void       (*data_close)(void *data);
    ltc_status (*compile)(void *dev, const ltc_compile_req *r, void **prog, ltc_error *err);
    void       (*release)(void *prog);
    ltc_status (*bind)(void *prog, uint32_t split, void *data, ltc_error *err);
    ltc_status (*put)(void *prog, uint32_t what, uint32_t replica, uint32_t param,
                      const void *src, size_t bytes, ltc_error *err);
    ltc_status (*get)(void *prog, uint32_t what, uint32_t replica, uint32_t param,
                      void *dst, size_t bytes, ltc_error *err);
    ltc_status (*ready)(void *prog, ltc_error *err);
    ltc_status (*train)(void *prog, const ltc_train_req *r, ltc_train_out *out, ltc_error *err);
    ltc_status (*eval)(void *prog, const ltc_eval_req *r, ltc_eval_out *out, ltc_error *err);

    /* Measures this machine's own table of costs, by which kernels are chosen, into a new file, which the
     * backend's option `costs`, a PATH, then takes; a digest of it is part of the identity. NULL: there
     * is no such table. */
    ltc_status (*tune)(void *dev, const char *path, ltc_error *err);
} ltc_backend_ops;
#define LTC_BACKEND_OPS                                                                                      \
    .size = sizeof(ltc_backend_ops), LTC_SIZE(host), LTC_SIZE(graph), LTC_SIZE(node), LTC_SIZE(param),       \
    LTC_SIZE(value), LTC_SIZE(optimizer), LTC_SIZE(input), LTC_SIZE(compile_req), LTC_SIZE(plan),            \
    LTC_SIZE(data_desc), LTC_SIZE(train_req), LTC_SIZE(train_out), LTC_SIZE(eval_req), LTC_SIZE(eval_out)

#ifdef __cplusplus
}
#endif
#endif
