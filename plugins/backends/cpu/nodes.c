/* One node of each operation, some blocks of it at a time: what turns it into calls of kernels, and the table
 * of them that walk.c looks at. LINEAR has its own files. */
#include <string.h>

#include <ltcore/ops.h>

#include "cpu.h"

#define PART(name) \
    static void name(cpu_program *p, cpu_node *n, float *scratch, int64_t first, int64_t end, const void *arg)
#define UNUSED (void)scratch, (void)arg

PART(relu_forward)
{
    UNUSED;
    p->device->kernels->relu(&cpu_in(p, n, 0)->value, &cpu_out(p, n)->value, first, end);
}

PART(relu_backward)
{
    UNUSED;
    const bool alone = p->value[n->node->in[0]].root != p->value[n->node->out].root;
    p->device->kernels->relu_back(&cpu_out(p, n)->value, &cpu_out(p, n)->grad, &cpu_in(p, n, 0)->grad,
                                  alone && cpu_adds(n, 0), first, end);
}

PART(copy_forward)
{
    UNUSED;
    p->device->kernels->copy(&cpu_in(p, n, 0)->value, &cpu_out(p, n)->value, false, first, end);
}

/* Channels [from, from + count) of a value. */
static cpu_view channels_of(const cpu_view *v, int64_t from, int64_t count)
{
    cpu_view some = *v;
    some.at = cpu_at(v, 0, from);
    some.channels = count;
    return some;
}

static void clear_view(const cpu_view *v, int64_t first, int64_t end)
{
    for (int64_t b = first; b < end; b++)
        for (int64_t c = 0; c < v->channels; c++)
            for (int64_t r = 0; r < v->h; r++)
                memset(cpu_at(v, b, c) + r * v->row, 0, (size_t)(v->w * CPU_LANES) * sizeof(float));
}

/* A channel's plane: of an image those that are there, in a row the place that each would have. */
PART(flatten_forward)
{
    UNUSED;
    const cpu_channels *c = cpu_channels_of(p, n->node->in[0]);
    const cpu_view *x = &cpu_in(p, n, 0)->value, *y = &cpu_out(p, n)->value;
    const int64_t plane = x->h * x->w;
    for (int64_t i = 0; i < x->channels; i++) {
        const cpu_view from = channels_of(x, i, 1), to = channels_of(y, c->order[i] * plane, plane);
        p->device->kernels->copy(&from, &to, false, first, end);
    }
    for (int64_t i = x->channels; i < c->all; i++) {
        const cpu_view none = channels_of(y, c->order[i] * plane, plane);
        clear_view(&none, first, end);
    }
}

PART(flatten_backward)
{
    UNUSED;
    const cpu_channels *c = cpu_channels_of(p, n->node->in[0]);
    const cpu_view *dx = &cpu_in(p, n, 0)->grad, *g = &cpu_out(p, n)->grad;
    const int64_t plane = dx->h * dx->w;
    for (int64_t i = 0; i < dx->channels; i++) {
        const cpu_view from = channels_of(g, c->order[i] * plane, plane), to = channels_of(dx, i, 1);
        p->device->kernels->copy(&from, &to, cpu_adds(n, 0), first, end);
    }
}

PART(add_forward)
{
    UNUSED;
    p->device->kernels->sum(&cpu_in(p, n, 0)->value, &cpu_in(p, n, 1)->value, &cpu_out(p, n)->value, n->relu,
                            first, end);
}

PART(add_backward)
{
    UNUSED;
    for (uint32_t k = 0; k < 2; k++)
        if (cpu_in(p, n, k)->wants && cpu_in(p, n, k)->grad_root != cpu_out(p, n)->grad_root)
            p->device->kernels->copy(&cpu_out(p, n)->grad, &cpu_in(p, n, k)->grad, cpu_adds(n, k), first,
                                     end);
}

PART(concat_forward)
{
    UNUSED;
    int64_t from = 0;
    for (uint32_t k = 0; k < n->node->n_in; k++) {
        const cpu_view *x = &cpu_in(p, n, k)->value,
                       to = channels_of(&cpu_out(p, n)->value, from, x->channels);
        p->device->kernels->copy(x, &to, false, first, end);
        from += x->channels;
    }
}

PART(concat_backward)
{
    UNUSED;
    int64_t from = 0;
    for (uint32_t k = 0; k < n->node->n_in; k++) {
        const int64_t count = cpu_in(p, n, k)->value.channels;
        const cpu_view g = channels_of(&cpu_out(p, n)->grad, from, count);
        if (cpu_in(p, n, k)->wants)
            p->device->kernels->copy(&g, &cpu_in(p, n, k)->grad, cpu_adds(n, k), first, end);
        from += count;
    }
}

PART(pad_forward)
{
    UNUSED;
    const ltc_pad_channels_desc *d = n->node->desc;
    const cpu_view *x = &cpu_in(p, n, 0)->value,
                   to = channels_of(&cpu_out(p, n)->value, d->before, x->channels);
    const cpu_view before = channels_of(&cpu_out(p, n)->value, 0, d->before);
    const cpu_view after = channels_of(&cpu_out(p, n)->value, d->before + x->channels, d->after);
    clear_view(&before, first, end);
    clear_view(&after, first, end);
    p->device->kernels->copy(x, &to, false, first, end);
}

PART(pad_backward)
{
    UNUSED;
    const ltc_pad_channels_desc *d = n->node->desc;
    const cpu_view *dx = &cpu_in(p, n, 0)->grad,
                   g = channels_of(&cpu_out(p, n)->grad, d->before, dx->channels);
    p->device->kernels->copy(&g, dx, cpu_adds(n, 0), first, end);
}

static cpu_window window_of(const cpu_node *n)
{
    const ltc_pool_desc *d = n->node->desc;
    return (cpu_window){ d->size, d->stride, d->pad };
}

static cpu_pool pool_of(const cpu_program *p, const cpu_node *n)
{
    return (cpu_pool){ .x = &cpu_in(p, n, 0)->value, .y = &cpu_out(p, n)->value, .g = &cpu_out(p, n)->grad,
                       .dx = &cpu_in(p, n, 0)->grad, .window = window_of(n), .gate = n->gate,
                       .add = cpu_adds(n, 0) };
}

PART(max_forward)
{
    UNUSED;
    const cpu_pool c = pool_of(p, n);
    p->device->kernels->max_pool(&c, first, end);
}

PART(max_backward)
{
    UNUSED;
    const cpu_pool c = pool_of(p, n);
    p->device->kernels->max_pool_back(&c, first, end);
}

static void begin_gradient(cpu_program *p, cpu_node *n, int64_t first, int64_t end)
{
    if (!cpu_adds(n, 0))
        clear_view(&cpu_in(p, n, 0)->grad, first, end);
}

PART(mean_forward)
{
    UNUSED;
    p->device->kernels->mean_pool(&cpu_in(p, n, 0)->value, &cpu_out(p, n)->value, window_of(n), first, end);
}

PART(mean_backward)
{
    UNUSED;
    begin_gradient(p, n, first, end);
    p->device->kernels->mean_pool_back(&cpu_out(p, n)->grad, &cpu_in(p, n, 0)->grad, window_of(n), first,
                                       end);
}

PART(adaptive_forward)
{
    UNUSED;
    p->device->kernels->adaptive_pool(&cpu_in(p, n, 0)->value, &cpu_out(p, n)->value, first, end);
}

PART(adaptive_backward)
{
    UNUSED;
    begin_gradient(p, n, first, end);
    p->device->kernels->adaptive_pool_back(&cpu_out(p, n)->grad, &cpu_in(p, n, 0)->grad, first, end);
}

static cpu_conv_call conv_call(const cpu_program *p, const cpu_node *n, float *scratch)
{
    const cpu_param *bias = cpu_param_of(p, n, 2);
    return (cpu_conv_call){ .w = cpu_param_of(p, n, 1)->kept.all.w, .bias = bias ? bias->kept.all.w : NULL,
                            .x = &cpu_in(p, n, 0)->value, .y = &cpu_out(p, n)->value, .relu = n->relu,
                            .scratch = scratch };
}

PART(conv_forward)
{
    const cpu_conv_call c = conv_call(p, n, scratch);
    (void)arg;
    cpu_conv_forward(n->conv, &c, first, end);
}

void cpu_conv_data(cpu_program *p, cpu_node *n, float *scratch, int64_t first, int64_t end, const void *arg)
{
    cpu_conv_call c = conv_call(p, n, scratch);
    (void)arg;
    c.x = &cpu_in(p, n, 0)->grad, c.y = &cpu_out(p, n)->grad;
    c.gate = n->gate ? &cpu_in(p, n, 0)->value : NULL;
    cpu_conv_data_gradient(n->conv, &c, cpu_adds(n, 0), first, end);
}

void cpu_conv_weights(cpu_program *p, cpu_node *n, float *scratch, int64_t first, int64_t end,
                      const void *arg)
{
    cpu_conv_call c = conv_call(p, n, scratch);
    (void)arg;
    c.y = &cpu_out(p, n)->grad;
    cpu_conv_weight_gradient(n->conv, &c, cpu_param_of(p, n, 1)->kept.g, first, end);
}

/* A part's sums of weights and bias, while its gradient is in the cache, and the gradient before. */
PART(conv_backward)
{
    cpu_conv_call c = conv_call(p, n, scratch);
    const int64_t part = first / n->chunk;
    const cpu_param *w = cpu_param_of(p, n, 1), *bias = cpu_param_of(p, n, 2);
    c.y = &cpu_out(p, n)->grad;
    if (w->kept.g && n->sums)
        cpu_conv_sum(n->conv, &c, n->sums + (size_t)part * cpu_conv_sums(n->conv), first, end);
    if (bias && bias->kept.g)
        p->device->kernels->channel_sums(c.y, n->bias_sums + part * c.y->channels * CPU_LANES, first, end);
    if (cpu_in(p, n, 0)->wants)
        cpu_conv_data(p, n, scratch, first, end, arg);
}

void cpu_conv_finish(cpu_program *p, cpu_node *n)
{
    cpu_conv_call c = conv_call(p, n, p->scratch);
    float *dw = cpu_param_of(p, n, 1)->kept.g;
    const cpu_param *bias = cpu_param_of(p, n, 2);
    const int64_t parts = (p->blocks + n->chunk - 1) / n->chunk;
    c.y = &cpu_out(p, n)->grad;
    if (dw && n->sums)
        cpu_conv_settle(n->conv, &c, n->sums, parts, dw);
    else if (dw)
        cpu_parts_from(p, n, n->conv_shape.outputs, cpu_conv_grain_of(&n->conv_shape).outputs,
                       cpu_conv_weights, NULL);
    if (bias && bias->kept.g)
        p->device->kernels->channel_totals(n->bias_sums, parts, c.y->channels, bias->kept.g);
}

/* saved: mean, variance, shift and slope of the step under way. */
static cpu_norm norm_of(const cpu_program *p, const cpu_node *n)
{
    const cpu_value *x = cpu_in(p, n, 0), *y = cpu_out(p, n);
    const cpu_kept *gain = &cpu_param_of(p, n, 1)->kept, *bias = &cpu_param_of(p, n, 2)->kept;
    const int64_t channels = x->value.channels;
    return (cpu_norm){
        .x = &x->value, .y = &y->value, .g = &y->grad, .dx = x->wants ? &x->grad : NULL,
        .addend = n->addend ? &p->value[n->addend].value : NULL, .batch = p->rows, .gain = gain->all.w,
        .bias = bias->all.w, .mean = p->evaluating ? cpu_param_of(p, n, 3)->kept.all.w : n->saved,
        .variance = p->evaluating ? cpu_param_of(p, n, 4)->kept.all.w : n->saved + channels,
        .shift = n->saved + 2 * channels, .slope = n->saved + 3 * channels, .moments = n->moments,
        .dgain = gain->g, .dbias = bias->g, .eps = ((const ltc_batch_norm_desc *)n->node->desc)->eps,
        .relu = n->relu, .add = cpu_adds(n, 0),
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
    if (c.dx)
        p->device->kernels->norm_back(&c, first, end);
}

PART(norm_measure)
{
    UNUSED;
    const cpu_norm c = norm_of(p, n);
    p->device->kernels->norm_measure(&c, first, end);
}

PART(norm_measure_back)
{
    UNUSED;
    const cpu_norm c = norm_of(p, n);
    p->device->kernels->norm_measure_back(&c, first, end);
}

void cpu_norm_finish(cpu_program *p, cpu_node *n)
{
    const cpu_norm c = norm_of(p, n);
    p->device->kernels->norm_finish(&c);
}

void cpu_norm_finish_back(cpu_program *p, cpu_node *n)
{
    const cpu_norm c = norm_of(p, n);
    p->device->kernels->norm_finish_back(&c);
}

/* saved: the factor of each element, [block][channel][row][column][lane]; 0 or 1 / (1 - rate). */
static void draw_factors(const cpu_program *p, cpu_node *n, int64_t first, int64_t end)
{
    const double rate = ((const ltc_dropout_desc *)n->node->desc)->rate;
    const ltc_key key = ltc_key_fold(p->dropout, n->index);
    const cpu_view *y = &cpu_out(p, n)->value;
    const int64_t count = y->channels * y->h * y->w;
    for (int64_t b = first; b < end; b++)
        for (int64_t lane = 0; lane < CPU_LANES; lane++) {
            const uint64_t row = (uint64_t)(b * CPU_LANES + lane) * (uint64_t)count;
            float *factor = n->saved + b * count * CPU_LANES + lane;
            ltc_rand draw = { { 0 } };
            for (uint64_t i = 0; i < (uint64_t)count; i++, factor += CPU_LANES) {
                if (i == 0 || (row + i) % 4 == 0)
                    draw = ltc_rand_block(key, (row + i) / 4);
                const float unit = (float)(draw.w[(row + i) % 4] >> 8) * 0x1p-24f;
                *factor = (double)unit < rate ? 0 : (float)(1 / (1 - rate));
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
    if (p->evaluating) {
        copy_forward(p, n, scratch, first, end, arg);
        return;
    }
    draw_factors(p, n, first, end);
    times_factor(&cpu_in(p, n, 0)->value, &cpu_out(p, n)->value, n->saved, false, first, end);
}

PART(dropout_backward)
{
    UNUSED;
    times_factor(&cpu_out(p, n)->grad, &cpu_in(p, n, 0)->grad, n->saved, cpu_adds(n, 0), first, end);
}

const cpu_operation cpu_operations[LTC_OP_COUNT] = {
    [LTC_OP_FLATTEN]       = { .forward = flatten_forward, .backward = flatten_backward },
    [LTC_OP_RELU]          = { .forward = relu_forward, .backward = relu_backward },
    [LTC_OP_CONV2D]        = { .forward = conv_forward, .backward = conv_backward },
    [LTC_OP_BATCH_NORM]    = { norm_forward, norm_backward, norm_measure, norm_measure_back },
    [LTC_OP_MAX_POOL]      = { .forward = max_forward, .backward = max_backward },
    [LTC_OP_AVG_POOL]      = { .forward = mean_forward, .backward = mean_backward },
    [LTC_OP_GLOBAL_POOL]   = { .forward = adaptive_forward, .backward = adaptive_backward },
    [LTC_OP_ADD]           = { .forward = add_forward, .backward = add_backward },
    [LTC_OP_CONCAT]        = { .forward = concat_forward, .backward = concat_backward },
    [LTC_OP_DROPOUT]       = { .forward = dropout_forward, .backward = dropout_backward },
    [LTC_OP_PAD_CHANNELS]  = { .forward = pad_forward, .backward = pad_backward },
    [LTC_OP_ADAPTIVE_POOL] = { .forward = adaptive_forward, .backward = adaptive_backward },
};
_Static_assert(LTC_OP_COUNT == 14, "a new operation needs its line here");
