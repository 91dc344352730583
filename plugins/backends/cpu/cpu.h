/* What the files of this backend share: a device, a split of data, a program.
 *
 *   cpu.c           options, device, identity      program.c    compile, bind, release
 *   isa.c           which kernels                  state.c      put, get, ready
 *   linear_forms.c  LINEAR: which of three forms   span.c       train, eval
 *   linear_lists.c  one of them                    walk.c       forward, backward, node by node
 *   linear.c        its passes                     nodes.c      a part of each other operation
 *   awake.c         which rows are worked on       channels.c   which channels
 *   alias.c         who shares a place             optimizer.c  the end of a step
 *   shape.c         places, halos, segments        input.c      rows of a split into input
 *   costs.c         the table of costs             arranged.c   evaluated splits, made ready once
 *   tune.c          measures one                   choice.c     which form, by it */
#ifndef CPU_CPU_H
#define CPU_CPU_H

#include <stdatomic.h>

#include "conv.h"
#include "costs.h"
#include "kernels.h"
#include "request.h"
#include "sample.h"

enum { CPU_EVAL_ROWS = 64, CPU_MOST_PARTS = 16 };

typedef struct cpu_device {
    const ltc_host *host;
    const cpu_kernels *kernels;
    cpu_isa isa;
    cpu_costs costs;
    bool own_costs;                           /* not those that are shipped */
} cpu_device;

typedef struct cpu_data {
    ltc_data_desc desc;
    int64_t dim[4];
} cpu_data;

/* How a split becomes input. */
typedef struct cpu_split {
    lts_samples samples;
    cpu_data *data;
    float *table;                             /* scale [C], shift [C]: see samples.input */
    double filled;                            /* as the choice of forms wants it; 1: no layer
                                               * takes it by strips */
    bool affine;                              /* scale byte + shift is what the table says */
    bool bound;
} cpu_split;

/* Places of a value or gradient; several values share one where nothing tells them apart. */
typedef struct cpu_value {
    cpu_view value, grad;
    float   *at, *grad_at;                    /* NULL: none */
    int64_t  halo, grad_halo;
    uint32_t root, grad_root;                 /* the values whose places these are */
    bool     flat;                            /* an image as one row of numbers: only ever flattened */
    bool     wants;                           /* a gradient */
    uint32_t home, grad_home;                 /* of a place: the segment + 1 beyond which nobody
                                               * looks at it; 0: none */
    bool     remade;                          /* on the way back from what is there anyway, where that pays */
} cpu_value;

/* The channels of an image, or of all images of its group: first those that are there for every pass, in
 * their order, then the others. */
typedef struct cpu_channels {
    uint32_t  group;                          /* the value that has them; the rest is its */
    bool      whole;                          /* they are always all there */
    int64_t   all, there;
    uint8_t  *heard;                          /* [all]; NULL, as order: no image */
    uint32_t *order;                          /* [all] */
} cpu_channels;

/* Blocks of evaluated splits as the layers want them: made when first evaluated, kept while there is room,
 * and forgotten when weights are made ready, since their forms may be others then. */
typedef struct cpu_arranged {
    char   *room; size_t bytes, used;
    void  **block[LTS_MOST_SPLITS];           /* [blocks of CPU_EVAL_ROWS samples]; NULL: not made */
} cpu_arranged;

/* A parameter's elements in the order of the layer that reads them: what is not dead, and padding. */
typedef struct cpu_kept {
    size_t     n;
    uint32_t  *place;                         /* [n]: in the host's tensor, UINT32_MAX:
                                               * padding; NULL: the same */
    cpu_stored all;
    uint8_t   *mask;                          /* [n], what all.mask points to */
    float     *g;                             /* [n]; NULL: the layer's update makes it */
} cpu_kept;

/* A parameter: on the host's side of put and get, and as the kernels keep it. spare: the same for the form
 * that its layer is not in now. */
typedef struct cpu_param {
    size_t   n, alive;                        /* alive: not dead, since ready */
    float   *host[3];                         /* value, slots [n]; NULL: has none */
    uint8_t *host_mask;
    cpu_kept kept, spare;
    bool     masked;
} cpu_param;

typedef enum cpu_form { CPU_FORM_DENSE, CPU_FORM_LISTS, CPU_FORM_STRIPS, CPU_FORMS } cpu_form;

typedef struct cpu_linear {
    cpu_form form;
    bool     heavy;
    int64_t  in, out, strips;
    ptrdiff_t ldw;
    int64_t  wide;                            /* of the lists' segments */
    bool     bytes, by_halves;                /* its input is scaled bytes; the pass under way
                                               * reads them as halves */
    uint16_t *halves;                         /* [in][CPU_EVAL_ROWS], where it is bytes: as
                                               * turn_halves makes them */
    uint8_t *ones, *zeros;                    /* [in]: a sample that is not there, whose products
                                               * are sums of weights; others */
    bool     summed;                          /* sums are those of the weights, of rows as lists keep them */
    uint8_t *live;                            /* [in / CPU_LANES]: has any of sixteen inputs a weight? */
    cpu_lists lists, eval_lists;              /* eval_lists: start and column, for CPU_EVAL_ROWS samples */
    uint32_t *eval_column;                    /* NULL where it is lists.column */
    cpu_nonzeros nonzeros, listed;            /* listed: what the pass under way reads */
    float   *sums, *strip_scratch;
    float   *rows; ptrdiff_t ld_rows;         /* the input once more, by sample */
} cpu_linear;

typedef struct cpu_node {
    const ltc_node *node;
    uint32_t index;
    bool     skip_forward, skip_backward;
    bool     relu, gate;                      /* y is cut off at 0; dx is 0 where x is */
    uint32_t addend;                          /* of a norm: a value that is added to y; 0: none */
    uint64_t add;                             /* bit k: in_grad[k] has been begun by a later node */
    bool     heavy;                           /* worth several threads */
    cpu_linear linear, spare;                 /* spare: the form of the other splits, where
                                               * they want another */
    uint8_t   *awake;                         /* [outputs] of a LINEAR: see awake.c */
    cpu_conv  *conv;
    cpu_conv_shape conv_shape;
    int64_t    chunk;                         /* blocks of a part, of a convolution's backward pass */
    float     *sums; double *bias_sums;       /* [parts]: a convolution's; sums NULL: its
                                               * gradient is made whole */
    float     *saved; double *moments;        /* moments: a norm's, [blocks][channels][2] */
} cpu_node;

/* Neighbours that work block by block: some blocks go through all of them before the next do, and find their
 * values in the cache. Linear layers are alone. A norm, which has to know its whole input, begins a segment;
 * the segment before measures that input, and on the way back takes the gradient through the norm: it is
 * there even without nodes. */
typedef struct cpu_segment { uint32_t first, end; int64_t grain; } cpu_segment;

/* A part under way has a lane to itself: scratch, and places for what is forgotten at its end. The first free
 * one is taken, whose places are in the cache. */
typedef struct cpu_program cpu_program;
typedef struct cpu_lanes {
    atomic_uint  busy;                        /* bit i: lane i */
    cpu_program *program;                     /* [CPU_MOST_PARTS]: the program with the lane's own places */
    cpu_value   *value;                       /* [CPU_MOST_PARTS][n_values] */
} cpu_lanes;

struct cpu_program {
    cpu_device *device;
    const ltc_graph *graph;
    ltc_optimizer optimizer;
    const ltc_input *input;
    uint32_t batch, augment;
    int64_t  blocks;                          /* of the pass under way */
    int64_t  rows;                            /* samples in it */
    bool     evaluating;
    ltc_key  dropout;                         /* of the step under way */
    cpu_value *value;                         /* [n_values] */
    cpu_channels *channels;                   /* [n_values] */
    cpu_node  *node;                          /* [n_nodes] */
    cpu_segment *segment; uint32_t n_segments;
    cpu_param *param;                         /* [n_params] */
    bool      *has_value;                     /* [n_params]: put */
    uint32_t  *param_of;                      /* [n_values]: parameter + 1 */
    float     *scratch; size_t scratch_count; /* of each of CPU_MOST_PARTS parts */
    int32_t   *label; double *loss; uint8_t *hit; uint32_t *cut, *sample;
    cpu_split  split[LTS_MOST_SPLITS];
    cpu_arranged arranged;
    cpu_lanes *lanes;
    uint64_t   clock;
    bool       ready;
    float      scale, base;                   /* the input is scale byte + base, in one channel and one
                                               * row; scale 0: not */
};

/* Which values share places, and what an operation does on behalf of its neighbours. How
 * often a value is read. */
void       cpu_alias_find(cpu_program *p);
uint32_t   cpu_alias_uses(const cpu_program *p, uint32_t value);

/* Aliases, halos and segments; then places for everything. bytes: of a value's own place; 0: it has none. */
ltc_status cpu_shape_plan(cpu_program *p, ltc_error *err);
size_t     cpu_shape_bytes(const cpu_program *p, uint32_t value, bool grad);
void       cpu_shape_set_rows(cpu_program *p, int64_t rows);
void       cpu_shape_lay_views(cpu_program *p);

/* cpu.c */
ltc_status cpu_data_open(void *dev, const ltc_data_desc *desc, void **data, ltc_error *err);
void       cpu_data_close(void *data);

/* program.c */
ltc_status cpu_program_plan(void *dev, const ltc_compile_req *r, ltc_plan *plan, ltc_error *err);
ltc_status cpu_program_compile(void *dev, const ltc_compile_req *r, void **prog, ltc_error *err);
void       cpu_program_release(void *prog);
ltc_status cpu_program_bind(void *prog, uint32_t split, void *data, ltc_error *err);

/* state.c. lay_out: anew, after data was bound to a ready program. suit: every layer takes the form for that
 * split. */
ltc_status cpu_program_put(void *prog, uint32_t what, uint32_t replica, uint32_t param, const void *src,
                           size_t bytes, ltc_error *err);
ltc_status cpu_program_get(void *prog, uint32_t what, uint32_t replica, uint32_t param, void *dst,
                           size_t bytes, ltc_error *err);
ltc_status cpu_program_ready(void *prog, ltc_error *err);
void       cpu_state_free(cpu_param *q);
ltc_status cpu_state_lay_out(cpu_program *p, ltc_error *err);
void       cpu_state_suit(cpu_program *p, uint32_t split, bool training);

/* linear_forms.c: a bit for each form that the splits want; one of them with its places in w->kept; the
 * two change places. */
cpu_form   cpu_linear_form(const cpu_program *p, const cpu_node *n, const cpu_param *w, const cpu_split *s,
                           bool training);
uint32_t   cpu_linear_forms(const cpu_program *p, const cpu_node *n, const cpu_param *w);
ltc_status cpu_linear_open(cpu_program *p, cpu_node *n, cpu_param *w, cpu_form form, ltc_error *err);
void       cpu_linear_close(cpu_linear *l);
void       cpu_linear_swap(cpu_node *n, cpu_param *w);

/* awake.c: find marks the rows of every linear layer, once masks are settled. heard_by: the linear layer
 * whose output n alone reads, so that n's mask says which of its rows sleep; NULL: there is none. */
ltc_status cpu_awake_find(cpu_program *p, ltc_error *err);
cpu_node  *cpu_awake_heard_by(cpu_program *p, const cpu_node *n);

/* channels.c: which values form a group; which channels are there, once masks are settled and rows found
 * awake. */
void       cpu_channels_group(cpu_program *p);
ltc_status cpu_channels_find(cpu_program *p, ltc_error *err);
void       cpu_channels_free(cpu_program *p);
const cpu_channels *cpu_channels_of(const cpu_program *p, uint32_t value);

/* conv_node.c: opens a convolution of those channels that are there, with its places in w->kept; and places a
 * convolution's bias, if that value is one, in kept of n. */
ltc_status cpu_conv_node_open(const cpu_program *p, cpu_node *n, cpu_param *w, ltc_error *err);
ltc_status cpu_conv_place_bias(const cpu_program *p, uint32_t value, cpu_kept *kept, ltc_error *err);

/* linear_lists.c */
ltc_status cpu_lists_open(cpu_program *p, cpu_node *n, cpu_param *w, ltc_error *err);

/* linear.c. begin: what is derived of weights that were put. sum: what evaluations want to know of them. */
void       cpu_linear_sum(cpu_program *p, cpu_node *n);
void       cpu_linear_begin(cpu_program *p, cpu_node *n, const cpu_param *w);
void       cpu_linear_forward(cpu_program *p, cpu_node *n);
void       cpu_linear_backward(cpu_program *p, cpu_node *n);
void       cpu_linear_update(cpu_program *p, cpu_node *n, const cpu_rule *r);

/* walk.c: what p->evaluating says, and p->dropout. */
void       cpu_walk_forward(cpu_program *p);
void       cpu_walk_backward(cpu_program *p);

/* input.c: the rows that p->sample lists, as the layers want them; cut: by p->cut. Who reads them as
 * more than vectors of samples is at most one linear layer, or NULL; what an evaluation may keep of a
 * split depends on it. */
typedef enum cpu_input_kind { CPU_INPUT_GATHERED, CPU_INPUT_BYTES, CPU_INPUT_LISTS } cpu_input_kind;
bool       cpu_is_line(const float table[256]);                       /* to the last digit or so */
void       cpu_input_find_bytes(cpu_program *p);                      /* p->scale and base, once
                                                                       * shapes are planned */
void       cpu_input_gather(cpu_program *p, const cpu_split *s, int64_t rows, bool cut);
cpu_node  *cpu_input_linear(cpu_program *p);
cpu_input_kind cpu_input_kind_of(const cpu_program *p, const cpu_split *s, const cpu_node *linear);

/* arranged.c. show: false where block b of a split is not kept; it is to be gathered then. most: bytes that a
 * program of this graph can come to keep. */
size_t     cpu_arranged_most(const cpu_program *p);
ltc_status cpu_arranged_open(cpu_program *p, ltc_error *err);
void       cpu_arranged_close(cpu_program *p);
bool       cpu_arranged_show(cpu_program *p, uint32_t split, uint64_t b);

/* optimizer.c */
void       cpu_optimizer_step(cpu_program *p, float lr);

/* fn over [0, n) in at most CPU_MOST_PARTS parts, on several threads where the node is heavy. Parts are a
 * function of n alone. least: of a part. */
typedef void cpu_part_fn(cpu_program *p, cpu_node *n, float *scratch, int64_t first, int64_t end,
                         const void *arg);
void       cpu_parts(cpu_program *p, cpu_node *n, int64_t count, cpu_part_fn *fn, const void *arg);
void       cpu_parts_from(cpu_program *p, cpu_node *n, int64_t count, int64_t least, cpu_part_fn *fn,
                          const void *arg);

/* Blocks of a part of `blocks` in a segment. Is its first node a norm, or the one after its last? */
int64_t    cpu_walk_chunk(const cpu_segment *s, int64_t blocks);
cpu_node  *cpu_walk_head(const cpu_program *p, const cpu_segment *s);
cpu_node  *cpu_walk_tail(const cpu_program *p, const cpu_segment *s);

/* nodes.c: some blocks of each pass. A norm measures before it works; what it measured, and a convolution's
 * gradients of parameters, are there once their parts are finished. */
typedef struct cpu_operation { cpu_part_fn *forward, *backward, *measure, *measure_back; } cpu_operation;
extern const cpu_operation cpu_operations[];  /* [LTC_OP_COUNT] */
void       cpu_conv_finish(cpu_program *p, cpu_node *n);
void       cpu_norm_finish(cpu_program *p, cpu_node *n);
void       cpu_norm_finish_back(cpu_program *p, cpu_node *n);

/* Alone, of blocks and of outputs: a convolution's gradient of its input, and that of its
 * weights made whole. */
cpu_part_fn cpu_conv_data, cpu_conv_weights;

/* span.c */
ltc_status cpu_program_train(void *prog, const ltc_train_req *r, ltc_train_out *out, ltc_error *err);
ltc_status cpu_program_eval(void *prog, const ltc_eval_req *r, ltc_eval_out *out, ltc_error *err);

/* Zeroed, aligned for vectors, for free(); NULL where there is no memory. */
void      *cpu_block(size_t n, size_t size);

/* A node's inputs and output; its parameter at input k, or NULL; is there a gradient at input k to add to? */
static inline cpu_value *cpu_in(const cpu_program *p, const cpu_node *n, uint32_t k)
{
    return &p->value[n->node->in[k]];
}

static inline cpu_value *cpu_out(const cpu_program *p, const cpu_node *n)
{
    return &p->value[n->node->out];
}

static inline cpu_param *cpu_param_of(const cpu_program *p, const cpu_node *n, uint32_t k)
{
    return k < n->node->n_in && n->node->in[k] ? &p->param[p->param_of[n->node->in[k]] - 1] : NULL;
}

static inline bool cpu_adds(const cpu_node *n, uint32_t k)
{
    return n->add >> k & 1;
}

/* Such a layer needs no gradient of its input. */
static inline bool cpu_reads_input(const cpu_program *p, const cpu_node *n)
{
    return cpu_in(p, n, 0)->root == p->value[p->graph->input].root;
}

static inline int64_t cpu_round(int64_t n, int64_t to)
{
    return (n + to - 1) / to * to;
}

#endif
