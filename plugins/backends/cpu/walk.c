/* Forward, backward and update, node by node: one line a node's operation in a table, and what turns it into calls of
 * kernels over blocks, channels or outputs. */
#include <math.h>
#include <string.h>

#include <ltcore/ops.h>

#include "cpu.h"

/* What a part of a loop needs to know. */
typedef struct task {
    cpu_program *p; cpu_node *n;
    cpu_part_fn *fn; const void *arg;
    int64_t grain;
} task;

static ltc_status run_part(void *arg, size_t begin, size_t end)
{
    const task *t = arg;
    float *scratch = t->p->scratch + (int64_t)begin / t->grain * (int64_t)t->p->scratch_count;
    t->fn(t->p, t->n, scratch, (int64_t)begin, (int64_t)end, t->arg);
    return LTC_OK;
}

static void parts_from(cpu_program *p, cpu_node *n, int64_t count, int64_t least, cpu_part_fn *fn,
                       const void *arg)
{
    const int64_t grain = (count + CPU_MOST_PARTS - 1) / CPU_MOST_PARTS;
    task t = { p, n, fn, arg, grain > least ? grain : least };
    const ltc_host *h = p->device->host;
    if (n->heavy && LTC_HAS(h, parallel) && count > 1)
        (void)h->parallel(h, (size_t)count, (size_t)t.grain, run_part, &t);       /* no part fails */
    else
        fn(p, n, p->scratch, 0, count, arg);
}

void cpu_parts(cpu_program *p, cpu_node *n, int64_t count, cpu_part_fn *fn, const void *arg)
{
    parts_from(p, n, count, 1, fn, arg);
}

static cpu_value *in(const cpu_program *p, const cpu_node *n, uint32_t k)
{
    return &p->value[n->node->in[k]];
}

static cpu_value *out(const cpu_program *p, const cpu_node *n)
{
    return &p->value[n->node->out];
}

static cpu_param *param(const cpu_program *p, const cpu_node *n, uint32_t k)
{
    return k < n->node->n_in && n->node->in[k] ? &p->param[p->param_of[n->node->in[k]] - 1] : NULL;
}

static bool adds(const cpu_node *n, uint32_t k)
{
    return n->add >> k & 1;
}

#define PART(name) \
    static void name(cpu_program *p, cpu_node *n, float *scratch, int64_t first, int64_t end, const void *arg)
#define UNUSED (void)scratch, (void)arg

PART(relu_forward)
{
    UNUSED;
    p->device->kernels->relu(&in(p, n, 0)->value, &out(p, n)->value, first, end);
}

PART(relu_backward)
{
    UNUSED;
    const bool alone = p->value[n->node->in[0]].root != p->value[n->node->out].root;
    p->device->kernels->relu_back(&out(p, n)->value, &out(p, n)->grad, &in(p, n, 0)->grad, alone && adds(n, 0),
                                  first, end);
}

PART(copy_forward)
{
    UNUSED;
    p->device->kernels->copy(&in(p, n, 0)->value, &out(p, n)->value, false, first, end);
}

PART(copy_backward)
{
    UNUSED;
    p->device->kernels->copy(&out(p, n)->grad, &in(p, n, 0)->grad, adds(n, 0), first, end);
}

PART(add_forward)
{
    UNUSED;
    p->device->kernels->sum(&in(p, n, 0)->value, &in(p, n, 1)->value, &out(p, n)->value, n->relu, first, end);
}

PART(add_backward)
{
    UNUSED;
    for (uint32_t k = 0; k < 2; k++)
        if (in(p, n, k)->wants)
            p->device->kernels->copy(&out(p, n)->grad, &in(p, n, k)->grad, adds(n, k), first, end);
}

/* Channels [from, from + count) of a value. */
static cpu_view channels_of(const cpu_view *v, int64_t from, int64_t count)
{
    cpu_view some = *v;
    some.at = cpu_at(v, 0, from);
    some.channels = count;
    return some;
}

PART(concat_forward)
{
    UNUSED;
    int64_t from = 0;
    for (uint32_t k = 0; k < n->node->n_in; k++) {
        const cpu_view *x = &in(p, n, k)->value, to = channels_of(&out(p, n)->value, from, x->channels);
        p->device->kernels->copy(x, &to, false, first, end);
        from += x->channels;
    }
}

PART(concat_backward)
{
    UNUSED;
    int64_t from = 0;
    for (uint32_t k = 0; k < n->node->n_in; k++) {
        const int64_t count = in(p, n, k)->value.channels;
        const cpu_view g = channels_of(&out(p, n)->grad, from, count);
        if (in(p, n, k)->wants)
            p->device->kernels->copy(&g, &in(p, n, k)->grad, adds(n, k), first, end);
        from += count;
    }
}

static void clear_view(const cpu_view *v, int64_t first, int64_t end)
{
    for (int64_t b = first; b < end; b++)
        for (int64_t c = 0; c < v->channels; c++)
            for (int64_t r = 0; r < v->h; r++)
                memset(cpu_at(v, b, c) + r * v->row, 0, (size_t)(v->w * CPU_LANES) * sizeof(float));
}

PART(pad_forward)
{
    UNUSED;
    const ltc_pad_channels_desc *d = n->node->desc;
    const cpu_view *x = &in(p, n, 0)->value, to = channels_of(&out(p, n)->value, d->before, x->channels);
    const cpu_view before = channels_of(&out(p, n)->value, 0, d->before);
    const cpu_view after = channels_of(&out(p, n)->value, d->before + x->channels, d->after);
    clear_view(&before, first, end);
    clear_view(&after, first, end);
    p->device->kernels->copy(x, &to, false, first, end);
}

PART(pad_backward)
{
    UNUSED;
    const ltc_pad_channels_desc *d = n->node->desc;
    const cpu_view *dx = &in(p, n, 0)->grad, g = channels_of(&out(p, n)->grad, d->before, dx->channels);
    p->device->kernels->copy(&g, dx, adds(n, 0), first, end);
}

static cpu_window window_of(const cpu_node *n)
{
    const ltc_pool_desc *d = n->node->desc;
    return (cpu_window){ d->size, d->stride, d->pad };
}

PART(max_forward)
{
    UNUSED;
    p->device->kernels->max_pool(&in(p, n, 0)->value, &out(p, n)->value, window_of(n), first, end);
}

static void begin_gradient(cpu_program *p, cpu_node *n, int64_t first, int64_t end)
{
    if (!adds(n, 0))
        clear_view(&in(p, n, 0)->grad, first, end);
}

PART(max_backward)
{
    UNUSED;
    begin_gradient(p, n, first, end);
    p->device->kernels->max_pool_back(&in(p, n, 0)->value, &out(p, n)->value, &out(p, n)->grad, &in(p, n, 0)->grad,
                                      window_of(n), first, end);
}

PART(mean_forward)
{
    UNUSED;
    p->device->kernels->mean_pool(&in(p, n, 0)->value, &out(p, n)->value, window_of(n), first, end);
}

PART(mean_backward)
{
    UNUSED;
    begin_gradient(p, n, first, end);
    p->device->kernels->mean_pool_back(&out(p, n)->grad, &in(p, n, 0)->grad, window_of(n), first, end);
}

PART(adaptive_forward)
{
    UNUSED;
    p->device->kernels->adaptive_pool(&in(p, n, 0)->value, &out(p, n)->value, first, end);
}

PART(adaptive_backward)
{
    UNUSED;
    begin_gradient(p, n, first, end);
    p->device->kernels->adaptive_pool_back(&out(p, n)->grad, &in(p, n, 0)->grad, first, end);
}

static cpu_conv_call conv_call(const cpu_program *p, const cpu_node *n, float *scratch)
{
    const cpu_param *bias = param(p, n, 2);
    return (cpu_conv_call){ .w = param(p, n, 1)->keep.w, .bias = bias ? bias->keep.w : NULL,
                            .x = &in(p, n, 0)->value, .y = &out(p, n)->value, .relu = n->relu, .scratch = scratch };
}

PART(conv_forward)
{
    const cpu_conv_call c = conv_call(p, n, scratch);
    (void)arg;
    cpu_conv_forward(n->conv, &c, first, end);
}

PART(conv_data)
{
    cpu_conv_call c = conv_call(p, n, scratch);
    (void)arg;
    c.x = &in(p, n, 0)->grad, c.y = &out(p, n)->grad;
    cpu_conv_data_gradient(n->conv, &c, adds(n, 0), first, end);
}

PART(conv_weights)
{
    cpu_conv_call c = conv_call(p, n, scratch);
    const cpu_param *bias = param(p, n, 2);
    (void)arg;
    c.y = &out(p, n)->grad;
    if (param(p, n, 1)->g)
        cpu_conv_weight_gradient(n->conv, &c, param(p, n, 1)->g, first, end);
    if (bias && bias->g)
        p->device->kernels->channel_sums(c.y, bias->g, first, end);
}

static cpu_norm norm_of(const cpu_program *p, const cpu_node *n)
{
    const cpu_value *x = in(p, n, 0), *y = out(p, n);
    return (cpu_norm){
        .x = &x->value, .y = &y->value, .g = &y->grad, .dx = x->wants ? &x->grad : NULL, .batch = p->rows,
        .gain = param(p, n, 1)->keep.w, .bias = param(p, n, 2)->keep.w, .mean = param(p, n, 3)->keep.w,
        .variance = param(p, n, 4)->keep.w, .saved = n->saved, .dgain = param(p, n, 1)->g,
        .dbias = param(p, n, 2)->g, .eps = ((const ltc_batch_norm_desc *)n->node->desc)->eps,
        .training = !p->evaluating, .relu = n->relu, .add = adds(n, 0),
    };
}

PART(norm_forward)
{
    UNUSED;
    const cpu_norm c = norm_of(p, n);
    p->device->kernels->norm(&c, first, end);
}

PART(norm_backward)
{
    UNUSED;
    const cpu_norm c = norm_of(p, n);
    p->device->kernels->norm_back(&c, first, end);
}

/* saved: the factor of each element, [block][channel][row][column][lane]; 0 or 1 / (1 - rate). */
typedef struct dropping { ltc_key key; double rate; } dropping;

PART(draw_factors)
{
    const dropping *d = arg;
    const cpu_view *y = &out(p, n)->value;
    const int64_t count = y->channels * y->h * y->w;
    (void)scratch;
    for (int64_t b = first; b < end; b++)
        for (int64_t lane = 0; lane < CPU_LANES; lane++) {
            const uint64_t row = (uint64_t)(b * CPU_LANES + lane) * (uint64_t)count;
            float *factor = n->saved + b * count * CPU_LANES + lane;
            ltc_rand draw = { { 0 } };
            for (uint64_t i = 0; i < (uint64_t)count; i++, factor += CPU_LANES) {
                if (i == 0 || (row + i) % 4 == 0)
                    draw = ltc_rand_block(d->key, (row + i) / 4);
                const float unit = (float)(draw.w[(row + i) % 4] >> 8) * 0x1p-24f;
                *factor = (double)unit < d->rate ? 0 : (float)(1 / (1 - d->rate));
            }
        }
}

static void times_factor(const cpu_view *x, const cpu_view *y, const float *factor, bool add, int64_t first,
                         int64_t end)
{
    const int64_t n = x->w * CPU_LANES;
    factor += first * x->channels * x->h * n;
    for (int64_t b = first; b < end; b++)
        for (int64_t c = 0; c < x->channels; c++)
            for (int64_t r = 0; r < x->h; r++, factor += n) {
                const float *from = cpu_at(x, b, c) + r * x->row;
                float *to = cpu_at(y, b, c) + r * y->row;
                for (int64_t i = 0; i < n; i++)
                    to[i] = (add ? to[i] : 0.0f) + (factor[i] == 0.0f ? 0.0f : from[i] * factor[i]);
            }
}

PART(dropout_forward)
{
    draw_factors(p, n, scratch, first, end, arg);
    times_factor(&in(p, n, 0)->value, &out(p, n)->value, n->saved, false, first, end);
}

PART(dropout_backward)
{
    UNUSED;
    times_factor(&out(p, n)->grad, &in(p, n, 0)->grad, n->saved, adds(n, 0), first, end);
}

/* Over what an operation is divided. LINEAR has its own file. */
typedef enum axis { BLOCKS, CHANNELS } axis;
typedef struct operation { axis over; cpu_part_fn *forward, *backward; } operation;
static const operation operations[LTC_OP_COUNT] = {
    [LTC_OP_FLATTEN]       = { BLOCKS, copy_forward, copy_backward },
    [LTC_OP_RELU]          = { BLOCKS, relu_forward, relu_backward },
    [LTC_OP_CONV2D]        = { BLOCKS, conv_forward, conv_data },
    [LTC_OP_BATCH_NORM]    = { CHANNELS, norm_forward, norm_backward },
    [LTC_OP_MAX_POOL]      = { BLOCKS, max_forward, max_backward },
    [LTC_OP_AVG_POOL]      = { BLOCKS, mean_forward, mean_backward },
    [LTC_OP_GLOBAL_POOL]   = { BLOCKS, adaptive_forward, adaptive_backward },
    [LTC_OP_ADD]           = { BLOCKS, add_forward, add_backward },
    [LTC_OP_CONCAT]        = { BLOCKS, concat_forward, concat_backward },
    [LTC_OP_DROPOUT]       = { BLOCKS, dropout_forward, dropout_backward },
    [LTC_OP_PAD_CHANNELS]  = { BLOCKS, pad_forward, pad_backward },
    [LTC_OP_ADAPTIVE_POOL] = { BLOCKS, adaptive_forward, adaptive_backward },
};
_Static_assert(LTC_OP_COUNT == 14, "a new operation needs its line here");

static int64_t parts_of(const cpu_program *p, const cpu_node *n, const operation *o)
{
    return o->over == BLOCKS ? p->blocks : in(p, n, 0)->value.channels;
}

static int64_t least_part(const cpu_node *n)
{
    return n->node->op == LTC_OP_CONV2D ? cpu_conv_grain_of(&n->conv_shape).blocks : 1;
}

void cpu_walk_forward(cpu_program *p, bool training, ltc_key dropout)
{
    p->evaluating = !training;
    for (uint32_t i = 0; i < p->graph->n_nodes; i++) {
        cpu_node *n = &p->node[i];
        const operation *o = &operations[n->node->op];
        dropping drop = { 0 };
        if (n->skip_forward)
            continue;
        if (n->node->op == LTC_OP_LINEAR) {
            cpu_linear_forward(p, n);
        } else if (n->node->op == LTC_OP_DROPOUT && !training) {
            cpu_parts(p, n, p->blocks, copy_forward, NULL);
        } else {
            if (n->node->op == LTC_OP_DROPOUT)
                drop = (dropping){ ltc_key_fold(dropout, i), ((const ltc_dropout_desc *)n->node->desc)->rate };
            parts_from(p, n, parts_of(p, n, o), least_part(n), o->forward, &drop);
        }
    }
}

static void backward(cpu_program *p, cpu_node *n)
{
    const operation *o = &operations[n->node->op];
    if (n->node->op == LTC_OP_LINEAR) {
        cpu_linear_backward(p, n);
        return;
    }
    if (n->node->op == LTC_OP_CONV2D)
        parts_from(p, n, n->conv_shape.outputs, cpu_conv_grain_of(&n->conv_shape).outputs, conv_weights,
                   NULL);
    if (n->node->op == LTC_OP_BATCH_NORM || n->node->op == LTC_OP_ADD || n->node->op == LTC_OP_CONCAT ||
        in(p, n, 0)->wants)
        parts_from(p, n, parts_of(p, n, o), least_part(n), o->backward, NULL);
}

void cpu_walk_backward(cpu_program *p)
{
    for (uint32_t i = p->graph->n_nodes; i-- > 0;)
        if (!p->node[i].skip_backward && out(p, &p->node[i])->wants)
            backward(p, &p->node[i]);
}

/* b^n by squaring. */
static double power(double b, uint64_t n)
{
    double x = 1;
    for (; n; n >>= 1, b *= b)
        if (n & 1)
            x *= b;
    return x;
}

/* Without what depends on a parameter's role. */
static cpu_rule rule_of(const cpu_program *p, float lr)
{
    const ltc_optimizer *o = &p->optimizer;
    return (cpu_rule){
        .kind = o->kind, .nesterov = o->nesterov, .lr = lr, .mu = (float)o->momentum, .b1 = (float)o->beta1,
        .b2 = (float)o->beta2, .one_b1 = (float)(1 - o->beta1), .one_b2 = (float)(1 - o->beta2),
        .eps = (float)o->eps, .rate = (float)((double)lr / (1 - power(o->beta1, p->clock + 1))),
        .root = (float)(1 / sqrt(1 - power(o->beta2, p->clock + 1))),
    };
}

static cpu_rule rule_for(const cpu_program *p, const cpu_rule *common, uint32_t role)
{
    const ltc_optimizer *o = &p->optimizer;
    cpu_rule r = *common;
    const float lambda = role & o->decay_roles ? (float)o->weight_decay : 0;
    r.l1 = role & o->l1_roles ? (float)o->l1 : 0;
    r.lambda = o->kind == LTC_ADAMW ? 0 : lambda;
    r.shrink = o->kind == LTC_ADAMW ? r.lr * lambda : 0;
    return r;
}

/* m <- (1 - momentum) m + momentum mean;  v alike with the unbiased variance. */
static void commit(cpu_program *p, cpu_node *n)
{
    const cpu_view *x = &in(p, n, 0)->value;
    const double momentum = ((const ltc_batch_norm_desc *)n->node->desc)->momentum, keep = 1 - momentum;
    const double count = (double)(p->rows * x->h * x->w), unbiased = count > 1 ? count / (count - 1) : 1;
    float *m = param(p, n, 3)->keep.w, *v = param(p, n, 4)->keep.w;
    for (int64_t c = 0; c < x->channels; c++) {
        m[c] = (float)(keep * (double)m[c] + momentum * (double)n->saved[c]);
        v[c] = (float)(keep * (double)v[c] + momentum * unbiased * (double)n->saved[x->channels + c]);
    }
}

void cpu_walk_update(cpu_program *p, float lr)
{
    const cpu_rule common = rule_of(p, lr);
    for (uint32_t i = 0; i < p->graph->n_nodes; i++) {
        cpu_node *n = &p->node[i];
        if (n->node->op == LTC_OP_LINEAR && ltc_graph_param(p->graph, p->param_of[n->node->in[1]] - 1)->trained) {
            const ltc_param *of = ltc_graph_param(p->graph, p->param_of[n->node->in[1]] - 1);
            const cpu_rule r = rule_for(p, &common, of->role);
            cpu_linear_update(p, n, &r);
        }
        if (n->node->op == LTC_OP_BATCH_NORM)
            commit(p, n);
    }
    for (uint32_t i = 0; i < p->graph->n_params; i++) {
        const cpu_rule r = rule_for(p, &common, ltc_graph_param(p->graph, i)->role);
        if (p->param[i].g)
            p->device->kernels->update(&r, &p->param[i].keep, p->param[i].g, (int64_t)p->param[i].stored);
    }
    for (uint32_t i = 0; i < p->graph->n_nodes; i++)
        if (p->node[i].conv)
            cpu_conv_prepare(p->node[i].conv, param(p, &p->node[i], 1)->keep.w);
    p->clock++;
}
