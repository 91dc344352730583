/* What the files of the backend adapter share: a device, a split of data, a program.
 *
 *   optable.c   the backend's table, device, data       program.c  compile, bind, release
 *   gemm.c      LINEAR through the gemm                 state.c    put, get, ready
 *   conv.c      CONV2D alike                            parts.c    reference kernels, part by part
 *   span.c      train, eval                             walk.c     forward and backward over the nodes
 *   request.c   what every backend refuses */
#ifndef LTS_PROGRAM_H
#define LTS_PROGRAM_H

#include <ltcore/optable.h>

#include <stdatomic.h>

#include "divide.h"
#include "request.h"
#include "sample.h"
#include "tape.h"

enum { LTS_EVAL_ROWS = 64 };                  /* an evaluation's block, whatever the program's batch */

typedef struct lts_device {
    const ltc_host *host;
    void *dev;                                /* the table's */
} lts_device;

typedef struct lts_data {
    ltc_data_desc desc;
    int64_t dim[4];
} lts_data;

/* Who computes a node, one way. */
typedef enum lts_route {
    LTS_ROUTE_VIEW,
    LTS_ROUTE_TABLE,
    LTS_ROUTE_GEMM,
    LTS_ROUTE_REFERENCE,
    LTS_ROUTE_MISSING
} lts_route;

typedef struct lts_step {
    lts_route forward, backward;
    bool      fresh;                          /* the weight's gradient is set here, not added to */
    uint64_t  first;                          /* bit k: nothing has been added to in_grad[k] before */
    ltc_io    io;
} lts_step;

typedef struct lts_program {
    lts_device *device;
    const ltc_graph *graph;
    const ltc_input *input;
    ltc_optimizer optimizer;
    uint32_t batch, augment;

    lts_tape  tape;                           /* laid out in `memory` */
    void     *memory;                         /* the table's, like the next three */
    float    *scratch, *ones, *zeros;         /* ones [rows]; zeros: NULL where memset will do */
    float    *sums;                           /* what parts of a convolution leave behind */
    size_t    scratch_count, sums_count;      /* of each of LTS_MOST_PARTS pieces; of all */
    atomic_flag *taken;                       /* [LTS_MOST_PARTS]: pieces of scratch in use */
    lts_step *step;                           /* [n_nodes] */
    lts_route update;
    uint32_t *clear, n_clear;                 /* gradients to be zeroed before a backward pass */

    float    *bounce;                         /* the host's, for one parameter, one batch or the logits */
    uint8_t  *mask;                           /* [largest parameter] */
    int32_t  *label;                          /* [rows] */
    double   *loss;                           /* [rows] */

    lts_samples split[LTS_MOST_SPLITS];
    bool      bound[LTS_MOST_SPLITS];
    bool     *has_value, *has_mask;           /* [n_params]: put; not all alive */
    uint64_t  clock;
    bool      ready;
} lts_program;

static inline bool lts_on_host(void)
{
    return ltc_optable_table.flags & LTC_OT_HOST;
}

/* The table's memory, or the host's. */
void      *lts_memory_new(const lts_device *d, size_t bytes);
void       lts_memory_free(const lts_device *d, void *p);
ltc_status lts_memory_copy(const lts_device *d, void *dst, const void *src, size_t bytes, uint32_t direction,
                           ltc_error *err);

/* Program. */
ltc_status lts_program_plan(void *dev, const ltc_compile_req *r, ltc_plan *plan, ltc_error *err);
ltc_status lts_program_compile(void *dev, const ltc_compile_req *r, void **prog, ltc_error *err);
void       lts_program_release(void *prog);
ltc_status lts_program_bind(void *prog, uint32_t split, void *data, ltc_error *err);

/* State. */
ltc_status lts_program_put(void *prog, uint32_t what, uint32_t replica, uint32_t param, const void *src,
                           size_t bytes, ltc_error *err);
ltc_status lts_program_get(void *prog, uint32_t what, uint32_t replica, uint32_t param, void *dst,
                           size_t bytes, ltc_error *err);
ltc_status lts_program_ready(void *prog, ltc_error *err);

/* Work. */
ltc_status lts_program_train(void *prog, const ltc_train_req *r, ltc_train_out *out, ltc_error *err);
ltc_status lts_program_eval(void *prog, const ltc_eval_req *r, ltc_eval_out *out, ltc_error *err);

/* Who computes what: sets step[i].forward and .backward; LTS_ROUTE_MISSING where nobody can. */
void       lts_walk_resolve(lts_program *p);

/* From the input's memory to the logits', and back from the logits' gradient. key_dropout:
 * folded with the step. */
ltc_status lts_walk_forward(lts_program *p, uint32_t rows, bool training, ltc_key key_dropout,
                            ltc_error *err);
ltc_status lts_walk_backward(lts_program *p, ltc_error *err);

/* The optimizer on every trained parameter, and the running statistics. */
ltc_status lts_walk_update(lts_program *p, float lr, ltc_error *err);

/* Can the gemm do this node, and how. */
bool       lts_gemm_can(const ltc_node *node);
ltc_status lts_gemm_forward(const lts_program *p, const ltc_node *node, const ltc_io *io);
ltc_status lts_gemm_backward(const lts_program *p, const ltc_node *node, const lts_step *step);

#endif
