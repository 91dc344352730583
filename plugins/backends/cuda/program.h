/* A program: a graph for so many replicas, with all the memory that it will need, and one captured step.
 * Included by the files of this backend that are plain C.
 *
 * program.c makes it, memory.c lays it out, nodes.c computes one operation, step.c puts them in order,
 * links.c keeps the lists of sparse replicas, state.c and span.c are what the core calls. */
#ifndef LCU_PROGRAM_H
#define LCU_PROGRAM_H

#include "dnn.h"
#include "kernels.h"
#include "request.h"
#include "tape.h"

enum { LCU_MOST_STEPS = 256, LCU_EVAL_ROWS = 128 };

/* What the core calls a device: the device itself, cuDNN if it is to be used, and the option `sparse`, the
 * most of a perceptron's weights that may be left in a replica which is trained by its links. */
typedef struct lcu_backend { lcu_device *device; lcu_dnn *dnn; double sparse; } lcu_backend;

/* A split: x and label are the device's, those of desc the host's. */
typedef struct lcu_data {
    lcu_device   *device;
    ltc_data_desc desc;
    int64_t       dim[4];
    void         *x;
    int32_t      *label;
} lcu_data;

/* Memory of the device: counted while device is NULL, else taken. All of it is freed together. */
typedef struct lcu_memory {
    lcu_device *device;
    uint32_t    replicas, n;                  /* pieces taken */
    uint64_t    fixed, per_replica;           /* bytes */
    void      **piece;                        /* [most] */
    size_t      most;
    bool        fits;                         /* false: it is too much, or there is no more */
} lcu_memory;

/* Of one parameter; at NULL: not trained. stride: of its value, of all these, and of its masks. */
typedef struct lcu_param { lcu_floats grad, m, v; uint8_t *mask; size_t stride; } lcu_param;

/* What the way back does with a node: nothing, unless somebody gave it a gradient. Bit k: input k's
 * gradient is added to, since somebody did so before. */
typedef struct lcu_back { uint64_t adds; bool active; } lcu_back;

/* Of sparse replicas. most 0: the network has none. The lists are the device's, the rest the host's: one
 * replica's lists and masks while they are made. */
typedef struct lcu_links_of {
    lcu_layer layer[LCU_MOST_LAYERS];
    uint32_t  weight[LCU_MOST_LAYERS], bias[LCU_MOST_LAYERS];      /* parameters; n_params: none */
    uint32_t  n_layers, n_starts, most;
    bool      trains;                         /* a block holds a batch; else they serve evaluations alone */
    lcu_set   has;                            /* replicas with links */
    bool     *taken;                          /* [n_params] */
    bool     *stale;                          /* [replicas]: its masks are others than its links' */
    lcu_links lists;
    lcu_link *link;
    uint32_t *back, *start;
    uint8_t  *mask;
} lcu_links_of;

typedef struct lcu_program {
    lcu_device      *device;
    const ltc_graph *graph;
    const ltc_input *input;
    ltc_optimizer    optimizer;
    uint32_t         batch, rows, augment, replicas;      /* rows: the most of a pass */
    double           sparse;
    lcu_set          all, dense;              /* replicas: of the program; of the captured step */
    lcu_links_of     links;

    lts_tape    tape;                         /* only to know which values want a gradient */
    lcu_memory  memory;
    lcu_floats *value, *grad;                 /* [n_values] */
    lcu_param  *param;                        /* [n_params] */
    lcu_floats *saved;                        /* [n_nodes]: what passes from forward to backward */
    lcu_back   *back;                         /* [n_nodes] */
    lcu_floats  sums;                         /* parts of products */
    lcu_dnn    *dnn;                          /* NULL: own kernels */
    bool       *by_dnn;                       /* [n_nodes]: convolutions that it trains */
    lcu_workspace space;                      /* its own */
    lcu_segment *segment, *host_segment;      /* [n_segments] */
    uint32_t     n_segments, n_blocks;

    float       *table, *mean, *std;          /* the input's */
    int32_t     *label;                       /* [replicas][rows], like the next two */
    double      *row_loss;
    uint32_t    *row_hit;
    lcu_chunk   *chunk;
    lcu_replica *replica, *host_replica;      /* [replicas] */
    uint32_t    *sample;                      /* [replicas][LCU_MOST_STEPS][batch] */
    float       *lr, *loss, *host_loss;       /* [replicas][LCU_MOST_STEPS] */
    uint32_t    *correct, *host_correct;
    double      *eval_sum;                    /* [replicas] */
    uint64_t    *eval_hits;
    lcu_graph   *step;                        /* made by the first ready */

    const lcu_data *split[LTS_MOST_SPLITS];
    uint64_t *clock;                          /* [replicas] */
    bool     *has_value;                      /* [replicas][n_params] */
    bool      ready;
} lcu_program;

/* Memory. n elements of `size` bytes for each replica, or once for all. */
void *lcu_take_each(lcu_memory *m, uint64_t n, size_t size);
void *lcu_take_once(lcu_memory *m, uint64_t n, size_t size);
void  lcu_give_back(lcu_memory *m);

/* Takes, or counts, what the program needs on the device; p->tape is there, and the host's arrays. */
void  lcu_lay_out(lcu_program *p);

/* A step's work in order: launches it, or has it captured. A forward pass leaves logits. */
void  lcu_forward(lcu_program *p, uint32_t rows, bool training);
void  lcu_step(lcu_program *p);

/* All that a step calls, once, before a capture: during one, drivers before 12.3 load no code, and a library
 * may not make what it needs at its first call. */
void  lcu_rehearse(lcu_program *p, const lcu_set *replicas);

/* What kernels are told of so many rows, in training and in evaluations alike. */
lcu_gather lcu_gather_of(const lcu_program *p, uint32_t rows);
lcu_loss   lcu_loss_of(const lcu_program *p, uint32_t rows);

/* A chunk's steps for replicas that have links. What their kernels are told. */
void      lcu_chunk_by_links(lcu_program *p);
lcu_fused lcu_fused_of(const lcu_program *p, const lcu_gather *g, const lcu_loss *l);

/* Links. begin: which layers, how many there may be where a block has so much memory, and what the host needs
 * to make them; false: it finds none. make: those of replicas whose masks have changed. */
bool lcu_links_begin(lcu_program *p, uint32_t shared);
void lcu_links_lay_out(lcu_program *p);
void lcu_links_make(lcu_program *p);
void lcu_links_made(lcu_program *p);          /* and have been read and written whole */
void lcu_links_free(lcu_program *p);
void  lcu_plan_backward(lcu_program *p);      /* sets p->back */

/* One node; NULL: it has nothing to do. */
typedef struct lcu_site {
    lcu_program    *p;
    const ltc_node *node;
    const ltc_value *x, *y;                   /* shapes of the first input and the output */
    uint32_t        i, rows;                  /* i: the node's number */
    bool            training;
} lcu_site;
typedef struct lcu_operation {
    void (*forward)(const lcu_site *s);
    void (*backward)(const lcu_site *s);
} lcu_operation;
extern const lcu_operation lcu_operations[LTC_OP_COUNT];

/* Which convolutions cuDNN trains, and the memory that it needs for them. */
ltc_status lcu_dnn_plan(lcu_program *p, ltc_error *err);

/* Floats of saved memory that node i needs for each replica; of the sums of parts. */
uint64_t lcu_saved_of(const lcu_program *p, uint32_t i);
uint64_t lcu_sums_of(const lcu_program *p, uint32_t i);

/* What the core calls. */
ltc_status lcu_plan(void *dev, const ltc_compile_req *r, ltc_plan *plan, ltc_error *err);
ltc_status lcu_compile(void *dev, const ltc_compile_req *r, void **prog, ltc_error *err);
void       lcu_release(void *prog);
ltc_status lcu_bind(void *prog, uint32_t split, void *data, ltc_error *err);
ltc_status lcu_put(void *prog, uint32_t what, uint32_t replica, uint32_t param, const void *src, size_t bytes,
                   ltc_error *err);
ltc_status lcu_get(void *prog, uint32_t what, uint32_t replica, uint32_t param, void *dst, size_t bytes,
                   ltc_error *err);
ltc_status lcu_ready(void *prog, ltc_error *err);
ltc_status lcu_train(void *prog, const ltc_train_req *r, ltc_train_out *out, ltc_error *err);
ltc_status lcu_eval(void *prog, const ltc_eval_req *r, ltc_eval_out *out, ltc_error *err);

#endif
