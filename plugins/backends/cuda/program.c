/* Owns a program's making: what is refused, how much it takes, what is constant while it lives. */
#include "program.h"

#include <stdlib.h>
#include <string.h>

#include "op.h"
#include "sample.h"

enum { MOST_ELEMENTS = INT32_MAX, MOST_GROUPS = 1 << 10, MOST_CHANNELS = 1 << 21 };
static const lts_limits takes = {
    .caps = LTC_CAP_COHORT | LTC_CAP_REPEATABLE | LTC_CAP_REPLICA_FREE | LTC_CAP_SPAN_FREE |
            LTC_CAP_OWN_MEMORY,
    .replicas = LCU_MOST_REPLICAS,
    .batch = 1 << 16,
};

/* Kernels count a replica's elements with 32 bits. */
static ltc_status check_sizes(const lcu_program *p, ltc_error *err)
{
    for (uint32_t v = 1; v < p->graph->n_values; v++) {
        const ltc_value *value = ltc_graph_value(p->graph, v);
        const uint64_t n = ltc_value_count(value), rows = lts_rows(value, p->rows);
        if (n > MOST_ELEMENTS / rows)
            return ltc_fail(err, LTC_EUNSUPPORTED,
                            "a value of %llu x %llu elements is too large for this backend",
                            (unsigned long long)rows, (unsigned long long)n);
    }
    return LTC_OK;
}

/* Tiles of outputs, and on the way back of a convolution's inputs, are a grid's y, which ends at 65535. */
static ltc_status check_channels(const lcu_program *p, uint32_t i, const char *name, ltc_error *err)
{
    const ltc_node *n = ltc_graph_node(p->graph, i);
    const bool inputs = n->op == LTC_OP_CONV2D, outputs = inputs || n->op == LTC_OP_LINEAR;
    if ((outputs && ltc_graph_value(p->graph, n->out)->dim[0] > MOST_CHANNELS) ||
        (inputs && ltc_graph_value(p->graph, n->in[0])->dim[0] > MOST_CHANNELS))
        return ltc_fail(err, LTC_EUNSUPPORTED, "node %u ('%s') has more than %d inputs or outputs", i, name,
                        MOST_CHANNELS);
    return LTC_OK;
}

/* Where a cell of an adaptive pool begins is a quotient of 32 bits: times an axis' inputs and outputs. */
static ltc_status check_cells(const lcu_program *p, uint32_t i, const char *name, ltc_error *err)
{
    const ltc_node *n = ltc_graph_node(p->graph, i);
    const ltc_value *x = ltc_graph_value(p->graph, n->in[0]), *y = ltc_graph_value(p->graph, n->out);
    bool fits = true;
    for (uint32_t d = 1; d < 3 && (n->op == LTC_OP_ADAPTIVE_POOL || n->op == LTC_OP_GLOBAL_POOL); d++)
        fits = fits && ((uint64_t)x->dim[d] + 1) * (uint64_t)y->dim[d] <= UINT32_MAX;
    return fits ? LTC_OK : ltc_fail(err, LTC_EUNSUPPORTED,
                                    "node %u ('%s') has an axis too long for this backend", i, name);
}

/* The core's networks all pass: an operation's first inputs are per sample, its weights are not. */
static ltc_status check_node(const lcu_program *p, uint32_t i, ltc_error *err)
{
    const ltc_node *n = ltc_graph_node(p->graph, i);
    const char *name = n->name ? n->name : lts_op_name(n->op);
    for (uint32_t k = 0; k < n->n_in; k++)
        if (n->in[k] && ltc_graph_value(p->graph, n->in[k])->kind == LTC_CONST)
            return ltc_fail(err, LTC_EUNSUPPORTED, "node %u ('%s'): this backend has no constants", i, name);
    if (ltc_graph_value(p->graph, n->in[0])->kind != LTC_SAMPLE ||
        (n->op == LTC_OP_ADD && ltc_graph_value(p->graph, n->in[1])->kind != LTC_SAMPLE))
        return ltc_fail(err, LTC_EUNSUPPORTED, "node %u ('%s'): this backend computes on samples only", i,
                        name);
    for (uint32_t k = 1; k < n->n_in && n->op == LTC_OP_CONCAT; k++)
        if (ltc_graph_value(p->graph, n->in[k])->kind != LTC_SAMPLE)
            return ltc_fail(err, LTC_EUNSUPPORTED, "node %u ('%s'): this backend joins samples only", i,
                            name);
    if (n->op == LTC_OP_CONV2D && ((const ltc_conv2d_desc *)n->desc)->groups > MOST_GROUPS)
        return ltc_fail(err, LTC_EUNSUPPORTED, "node %u ('%s') has more than %d groups", i, name,
                        MOST_GROUPS);
    const ltc_status st = check_channels(p, i, name, err);
    return st ? st : check_cells(p, i, name, err);
}

static bool take_names(lcu_program *p)
{
    const ltc_graph *g = p->graph;
    const size_t names = (size_t)g->n_values + (size_t)g->n_params * p->replicas + 1;
    p->value = calloc((size_t)g->n_values + 1, sizeof *p->value);
    p->grad = calloc((size_t)g->n_values + 1, sizeof *p->grad);
    p->param = calloc((size_t)g->n_params + 1, sizeof *p->param);
    p->saved = calloc((size_t)g->n_nodes + 1, sizeof *p->saved);
    p->back = calloc((size_t)g->n_nodes + 1, sizeof *p->back);
    p->by_dnn = calloc((size_t)g->n_nodes + 1, sizeof *p->by_dnn);
    p->host_segment = calloc((size_t)g->n_params + 2 * (size_t)g->n_nodes + 1, sizeof *p->host_segment);
    p->has_value = calloc(names, sizeof *p->has_value);
    p->clock = calloc(p->replicas, sizeof *p->clock);
    p->host_replica = calloc(p->replicas, sizeof *p->host_replica);
    p->host_loss = calloc((size_t)p->replicas * LCU_MOST_STEPS, sizeof *p->host_loss);
    p->host_correct = calloc((size_t)p->replicas * LCU_MOST_STEPS, sizeof *p->host_correct);
    return p->value && p->grad && p->param && p->saved && p->back && p->by_dnn && p->host_segment &&
           p->has_value && p->clock && p->host_replica && p->host_loss && p->host_correct;
}

static uint32_t count_segments(const ltc_graph *g)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->n_params; i++)
        n += ltc_graph_param(g, i)->trained != 0;
    for (uint32_t i = 0; i < g->n_nodes; i++)
        n += ltc_graph_node(g, i)->op == LTC_OP_BATCH_NORM ? 2 : 0;
    return n;
}

/* Everything of a program but its memory. At the first convolution cuDNN takes its own. */
static ltc_status begin(const lcu_backend *b, lcu_program *p, const ltc_compile_req *r, ltc_error *err)
{
    ltc_status st = lts_request_compile(r, &takes, err);
    if (st)
        return st;
    p->graph = r->graph, p->input = r->input;
    p->batch = r->batch, p->augment = r->augment, p->replicas = r->n_replicas;
    p->rows = r->batch > LCU_EVAL_ROWS ? r->batch : LCU_EVAL_ROWS;
    p->memory.replicas = r->n_replicas;
    memcpy(&p->optimizer, r->optimizer,
           r->optimizer->size < sizeof p->optimizer ? r->optimizer->size : sizeof p->optimizer);
    st = lts_tape_plan(&p->tape, r->graph, LTC_F32, p->rows, LTS_TAPE_GRAD | LTS_TAPE_TRAIN, err);
    if (!st)
        st = check_sizes(p, err);
    for (uint32_t i = 0; i < r->graph->n_nodes && !st; i++)
        st = check_node(p, i, err);
    if (!st)
        st = lts_request_augment(r, err);
    p->n_segments = count_segments(r->graph);
    p->sparse = b->sparse, p->dnn = b->dnn;
    for (uint32_t i = 0; i < p->replicas; i++)
        lcu_include(&p->all, i, true);
    if (!st && !(take_names(p) && lcu_links_begin(p, lcu_device_shared(b->device))))
        st = ltc_fail(err, LTC_ENOMEM, "no memory for a program");
    if (!st && p->dnn)
        st = lcu_dnn_plan(p, err);
    return st;
}

/* What a program of one replica takes, and how many of them nine tenths of the memory would hold. */
ltc_status lcu_plan(void *dev, const ltc_compile_req *r, ltc_plan *plan, ltc_error *err)
{
    const lcu_backend *b = dev;
    lcu_program *p = calloc(1, sizeof *p);
    ltc_status st = p ? begin(b, p, r, err) : ltc_fail(err, LTC_ENOMEM, "no memory for a program");
    if (!st)
        lcu_lay_out(p);
    if (!st && !p->memory.fits)
        st = ltc_fail(err, LTC_ENOMEM, "the network does not fit into any memory");
    if (!st) {
        const uint64_t room = lcu_device_bytes(b->device) / 10 * 9, fixed = p->memory.fixed;
        const uint64_t most = room > fixed ? (room - fixed) / p->memory.per_replica : 0;
        plan->caps = takes.caps;
        plan->max_replicas = most < 1 ? 1 : most < takes.replicas ? (uint32_t)most : takes.replicas;
        plan->bytes_fixed = fixed;
        plan->bytes_per_replica = p->memory.per_replica;
    }
    lcu_release(p);
    return st;
}

/* A segment of the update, whose blocks follow those before it. */
static void add_segment(lcu_program *p, uint32_t *n, lcu_segment s)
{
    s.first_block = p->n_blocks;
    p->n_blocks += s.n / LCU_UPDATE_THREADS + (s.n % LCU_UPDATE_THREADS != 0);
    p->host_segment[(*n)++] = s;
}

static void add_param(lcu_program *p, uint32_t i, uint32_t *n)
{
    const ltc_param *q = ltc_graph_param(p->graph, i);
    const ltc_optimizer *o = &p->optimizer;
    const lcu_param *of = &p->param[i];
    add_segment(p, n, (lcu_segment){
        .w = p->value[q->value].at, .m = of->m.at, .v = of->v.at, .grad = of->grad.at, .mask = of->mask,
        .stride = of->stride, .grad_stride = of->grad.stride, .l1 = q->role & o->l1_roles ? (float)o->l1 : 0,
        .lambda = q->role & o->decay_roles ? (float)o->weight_decay : 0, .n = (uint32_t)q->n, .kind = o->kind,
    });
}

/* m <- (1 - momentum) m + momentum mean;  v alike with the unbiased variance. */
static void add_statistics(lcu_program *p, uint32_t i, uint32_t *n)
{
    const ltc_node *node = ltc_graph_node(p->graph, i);
    const ltc_value *y = ltc_graph_value(p->graph, node->out);
    const double momentum = ((const ltc_batch_norm_desc *)node->desc)->momentum;
    const double count = (double)p->batch * (double)(y->dim[1] * y->dim[2]);
    const double unbiased = count > 1 ? count / (count - 1) : 1;
    const lcu_floats mean = p->value[node->in[3]], variance = p->value[node->in[4]];
    lcu_segment s = { .w = mean.at, .grad = p->saved[i].at, .stride = mean.stride,
                      .grad_stride = p->saved[i].stride, .keep = 1 - momentum, .blend = momentum,
                      .n = (uint32_t)y->dim[0], .kind = LCU_UPDATE_STATISTIC };
    add_segment(p, n, s);
    s.w = variance.at, s.stride = variance.stride, s.grad += y->dim[0], s.blend = momentum * unbiased;
    add_segment(p, n, s);
}

/* What is constant while the program lives; masks that are all alive. */
static ltc_status fill(lcu_program *p, ltc_error *err)
{
    const size_t channels = (size_t)ltc_graph_value(p->graph, p->graph->input)->dim[0];
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->graph->n_params; i++)
        if (ltc_graph_param(p->graph, i)->trained)
            add_param(p, i, &n);
    for (uint32_t i = 0; i < p->graph->n_nodes; i++)
        if (ltc_graph_node(p->graph, i)->op == LTC_OP_BATCH_NORM)
            add_statistics(p, i, &n);
    for (uint32_t i = 0; i < p->graph->n_params; i++)
        if (p->param[i].mask)
            lcu_set_bytes(p->device, p->param[i].mask, LTC_ALIVE, p->param[i].stride * p->replicas);
    const bool table = p->table && p->input->table, floats = p->mean && p->input->mean && p->input->std;
    const lcu_rows each[] = {
        { .dst = p->segment, .src = p->host_segment, .bytes = n * sizeof *p->segment, .count = 1 },
        { .dst = p->table, .src = p->input->table, .bytes = 256 * channels * sizeof *p->table,
          .count = table },
        { .dst = p->mean, .src = p->input->mean, .bytes = channels * sizeof *p->mean, .count = floats },
        { .dst = p->std, .src = p->input->std, .bytes = channels * sizeof *p->std, .count = floats },
    };
    lcu_write_all(p->device, each, sizeof each / sizeof *each);
    return lcu_finish(p->device, err);
}

ltc_status lcu_compile(void *dev, const ltc_compile_req *r, void **prog, ltc_error *err)
{
    lcu_program *p = calloc(1, sizeof *p);
    if (!p)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a program");
    ltc_status st = begin(dev, p, r, err);
    if (!st) {
        p->device = p->memory.device = ((const lcu_backend *)dev)->device;
        lcu_lay_out(p);
        if (!p->memory.fits)
            st = lcu_finish(p->device, err);  /* a device that fails has no memory either */
        if (!p->memory.fits && !st)
            st = ltc_fail(
                err, LTC_ENOMEM, "%u replicas of %llu bytes, and %llu for all, do not fit into the device",
                p->replicas, (unsigned long long)p->memory.per_replica, (unsigned long long)p->memory.fixed);
    }
    if (!st) {
        lcu_plan_backward(p);
        st = fill(p, err);
    }
    if (st)
        lcu_release(p);
    else
        *prog = p;
    return st;
}

void lcu_release(void *prog)
{
    lcu_program *p = prog;
    if (!p)
        return;
    if (p->step)
        lcu_graph_free(p->device, p->step);
    lcu_give_back(&p->memory);
    lcu_links_free(p);
    lts_tape_free(&p->tape);
    free(p->value), free(p->grad), free(p->param), free(p->saved), free(p->back), free(p->by_dnn);
    free(p->host_segment);
    free(p->has_value), free(p->clock), free(p->host_replica), free(p->host_loss), free(p->host_correct);
    free(p);
}

/* The labels are looked at on the host, where the split still is. */
ltc_status lcu_bind(void *prog, uint32_t split, void *data, ltc_error *err)
{
    lcu_program *p = prog;
    const lcu_data *d = data;
    lts_samples samples;
    ltc_status st = lts_request_bind(split, err);
    if (st)
        return st;
    p->split[split] = NULL;
    st = lts_samples_open(&samples, &d->desc, p->input, p->graph, err);
    p->split[split] = st ? NULL : d;
    return st;
}
