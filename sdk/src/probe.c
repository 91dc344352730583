/* Owns a probe: checks a criterion's request, runs it through nets in blocks of samples, adds the blocks up.
 *
 * Samples meet only in batch norm under batch statistics; then the request is one block.
 * Otherwise blocks of 64 keep memory small, in sample order. Squares of per-sample
 * gradients take one backward pass for each sample. */
#include <ltsdk/probe.h>

#include <complex.h>
#include <stdlib.h>
#include <string.h>

#include <ltsdk/net.h>

#include "kernel.h"
#include "sample.h"

enum { BLOCK = 64 };

static const double step_h = 1e-60; /* of the complex step: its square vanishes beside any gradient */

typedef struct impl {
    lts_probe_source source;
    lts_samples samples;
} impl;

/* One request on its way; freed as a whole. */
typedef struct job {
    const impl *self;
    const ltc_graph *graph;
    const ltc_probe_req *r;
    ltc_probe_out *o;
    lts_net *net;
    uint32_t type;                            /* of the net: r->type, or LTS_COMPLEX */
    uint32_t block;                           /* samples at a time */
    float   *numbers;                         /* the largest of a parameter and a sample */
    int32_t *label;                           /* [block] */
    void    *seed;                            /* the logits' gradient, while its rows are used one by one */
} job;

static double number_at(uint32_t type, const void *p, size_t i)
{
    return type == LTC_F32 ? (double)((const float *)p)[i]
         : type == LTC_F64 ? ((const double *)p)[i] : cimag(((const double complex *)p)[i]) / step_h;
}

static void add_number(uint32_t type, void *p, size_t i, double x)
{
    if (type == LTC_F32)
        ((float *)p)[i] = (float)((double)((float *)p)[i] + x);
    else
        ((double *)p)[i] += x;
}

/* Adds the net's gradients, times scale, to what the criterion gave room for; squares if asked. */
static void add_gradients(const job *j, void *const *out, double scale, bool squares)
{
    for (uint32_t p = 0; out && p < j->graph->n_params; p++) {
        const ltc_param *param = ltc_graph_param(j->graph, p);
        const void *grad = lts_net_grad(j->net, param->value);
        for (size_t i = 0; out[p] && param->trained && i < param->n; i++) {
            const double g = number_at(j->type, grad, i);
            add_number(j->r->type, out[p], i, scale * (squares ? g * g : g));
        }
    }
}

static void clear(const job *j, void *const *out)
{
    const size_t real = lts_kernels_of(j->r->type)->real;
    for (uint32_t p = 0; out && p < j->graph->n_params; p++)
        if (out[p])
            memset(out[p], 0, ltc_graph_param(j->graph, p)->n * real);
}

/* The request's own selection of parameter p, or the source's, or NULL: all kept. */
static const uint8_t *mask_of(const job *j, uint32_t p)
{
    const lts_probe_source *s = &j->self->source;
    return j->r->mask && j->r->mask[p] ? j->r->mask[p] : s->mask ? s->mask[p] : NULL;
}

/* The weights under the selection, as the flags say; with the complex step, w + i h d. */
static void load_params(const job *j)
{
    const lts_probe_source *s = &j->self->source;
    for (uint32_t p = 0; p < j->graph->n_params; p++) {
        const ltc_param *param = ltc_graph_param(j->graph, p);
        const uint8_t *mask = mask_of(j, p);
        const bool positive = (j->r->flags & LTC_PROBE_ABS) && !(param->role & LTC_ROLE_STAT);
        for (size_t i = 0; i < param->n; i++) {
            const float w = mask && !mask[i] ? 0.0f : s->value[p][i];
            j->numbers[i] = positive && w < 0 ? -w : w;
        }
        lts_net_load(j->net, p, j->numbers);
        const float *d = j->type == LTS_COMPLEX && param->trained ? j->r->direction[p] : NULL;
        double complex *w = d ? lts_net_value(j->net, param->value) : NULL;
        for (size_t i = 0; d && i < param->n; i++)
            w[i] += step_h * d[i] * I;
    }
}

static void load_samples(const job *j, uint64_t first, uint32_t rows)
{
    const lts_samples *s = &j->self->samples;
    char *input = lts_net_value(j->net, j->graph->input);
    const lts_kernels *k = lts_kernels_of(j->type);
    for (uint32_t r = 0; r < rows; r++) {
        const uint32_t row = j->r->sample[first + r];
        lts_sample_get(s, row, lts_cut_draw(0, (ltc_key){ 0, 0 }, 0), j->numbers);
        for (size_t i = 0; (j->r->flags & LTC_PROBE_ONES) && i < s->count; i++)
            j->numbers[i] = 1;
        k->load(input + r * s->count * k->real, j->numbers, s->count);
        j->label[r] = s->label[row];
    }
}

/* Sum of the scaled logits in row order; their gradient is the scale. */
static double logit_sum(const job *j, uint32_t rows)
{
    const uint32_t logits = j->graph->logits;
    const size_t n = rows * ltc_value_count(ltc_graph_value(j->graph, logits)),
                 real = lts_kernels_of(j->type)->real;
    const float scale = (float)j->r->logit_scale;
    const char *x = lts_net_value(j->net, logits);
    char *g = lts_net_grad(j->net, logits);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += j->type == LTS_COMPLEX ? 0 : j->r->logit_scale * number_at(j->type, x, i);
        if (g && j->type == LTC_F32)
            ((float *)(void *)g)[i] = scale;
        else if (g)
            *(double *)(void *)(g + i * real) = j->r->logit_scale;
    }
    return sum;
}

/* Forward through one block, up to the logits' gradient, of the sum over samples. */
static double run_block(const job *j, uint64_t first, uint32_t rows)
{
    load_samples(j, first, rows);
    const lts_pass pass = { .rows = rows, .batch_stats = !(j->r->flags & LTC_PROBE_RUNNING_STATS) };
    lts_net_forward(j->net, &pass);
    if (j->r->objective == LTC_PROBE_LOGIT_SUM)
        return logit_sum(j, rows);
    const lts_loss_req loss = { .label = j->label, .logit_scale = j->r->logit_scale, .grad_scale = 1 };
    return lts_net_loss(j->net, &loss, NULL);
}

static double objective_scale(const job *j)
{
    return j->r->objective == LTC_PROBE_LOSS ? 1 / (double)j->r->n : 1;
}

/* One backward pass for each sample: the logits' gradient with one row left in it. */
static void backward_each(const job *j, uint32_t rows)
{
    const ltc_value *v = ltc_graph_value(j->graph, j->graph->logits);
    const size_t row = ltc_value_count(v) * lts_kernels_of(j->type)->real;
    char *grad = lts_net_grad(j->net, j->graph->logits);
    memcpy(j->seed, grad, rows * row);
    for (uint32_t r = 0; r < rows; r++) {
        memset(grad, 0, rows * row);
        memcpy(grad + r * row, (char *)j->seed + r * row, row);
        lts_net_backward(j->net);
        add_gradients(j, j->o->grad, objective_scale(j), false);
        add_gradients(j, j->o->grad2, 1, true);
    }
}

static void capture(const job *j, uint64_t first, uint32_t rows)
{
    const size_t real = lts_kernels_of(j->type)->real;
    for (uint64_t c = 0; j->o->captured && c < j->r->n_capture; c++) {
        const size_t row = ltc_value_count(ltc_graph_value(j->graph, j->r->capture[c])) * real;
        if (j->o->captured[c])
            memcpy((char *)j->o->captured[c] + first * row, lts_net_value(j->net, j->r->capture[c]),
                   rows * row);
    }
}

static bool rows_meet(const job *j)
{
    bool meet = false;
    for (uint32_t i = 0; i < j->graph->n_nodes; i++)
        meet = meet || ltc_graph_node(j->graph, i)->op == LTC_OP_BATCH_NORM;
    return meet && !(j->r->flags & LTC_PROBE_RUNNING_STATS);
}

static void job_free(job *j)
{
    lts_net_destroy(j->net);
    free(j->numbers), free(j->label), free(j->seed);
}

static ltc_status job_open(job *j, uint32_t type, bool gradients, ltc_error *err)
{
    const uint64_t most = rows_meet(j)                                      ? j->r->n
                          : gradients && j->o->grad2 && type != LTS_COMPLEX ? 1
                                                                            : BLOCK;
    size_t largest = j->self->samples.count;
    for (uint32_t p = 0; p < j->graph->n_params; p++)
        if (ltc_graph_param(j->graph, p)->n > largest)
            largest = ltc_graph_param(j->graph, p)->n;
    j->type = type;
    j->block = (uint32_t)(most < j->r->n ? most : j->r->n);
    j->numbers = calloc(largest, sizeof *j->numbers);
    j->label = calloc(j->block, sizeof *j->label);
    j->seed = calloc(j->block, ltc_value_count(ltc_graph_value(j->graph, j->graph->logits)) * sizeof(double));
    if (!j->numbers || !j->label || !j->seed)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a probe of %llu samples",
                        (unsigned long long)j->r->n);
    return lts_net_create(j->graph, type, j->block, gradients ? LTS_NET_GRAD : 0, &j->net, err);
}

/* Objective, gradients, captures: everything but Hessian products. */
static ltc_status run_values(job *j, ltc_error *err)
{
    const bool gradients = j->o->grad || j->o->grad2;
    const ltc_status st = job_open(j, j->r->type, gradients, err);
    if (st)
        return st;
    load_params(j);
    clear(j, j->o->grad), clear(j, j->o->grad2);
    double sum = 0;
    for (uint64_t first = 0; first < j->r->n; first += j->block) {
        const uint32_t rows = (uint32_t)(j->r->n - first < j->block ? j->r->n - first : j->block);
        sum += run_block(j, first, rows);
        capture(j, first, rows);
        if (j->o->grad2 && lts_net_grad(j->net, j->graph->logits)) {
            backward_each(j, rows);
        } else if (j->o->grad) {
            lts_net_backward(j->net);
            add_gradients(j, j->o->grad, objective_scale(j), false);
        }
    }
    j->o->objective = sum * objective_scale(j);
    return LTC_OK;
}

/* The imaginary part of the gradient at w + i h d, over h, is H d. */
static ltc_status run_hessian(job *j, ltc_error *err)
{
    const ltc_status st = job_open(j, LTS_COMPLEX, true, err);
    if (st)
        return st;
    load_params(j);
    clear(j, j->o->hessian);
    for (uint64_t first = 0; first < j->r->n; first += j->block) {
        const uint32_t rows = (uint32_t)(j->r->n - first < j->block ? j->r->n - first : j->block);
        run_block(j, first, rows);
        lts_net_backward(j->net);
        add_gradients(j, j->o->hessian, objective_scale(j), false);
    }
    return LTC_OK;
}

static ltc_status check(const impl *self, const ltc_probe_req *r, const ltc_probe_out *o, ltc_error *err)
{
    const ltc_graph *g = self->source.graph;
    if (r->size < sizeof *r || o->size < sizeof *o)
        return ltc_fail(err, LTC_EINVAL, "a probe's request and answer must begin with their sizes");
    if (r->type != LTC_F32 && r->type != LTC_F64)
        return ltc_fail(err, LTC_EINVAL, "a probe computes in LTC_F32 or LTC_F64, not in type %u", r->type);
    if (r->objective != LTC_PROBE_LOSS && r->objective != LTC_PROBE_LOGIT_SUM)
        return ltc_fail(err, LTC_EUNSUPPORTED, "a probe knows no objective number %u", r->objective);
    if (r->flags & ~(uint32_t)(LTC_PROBE_RUNNING_STATS | LTC_PROBE_ONES | LTC_PROBE_ABS))
        return ltc_fail(err, LTC_EUNSUPPORTED, "a probe knows no flags 0x%x", r->flags);
    if (r->n == 0 || r->n > UINT32_MAX)
        return ltc_fail(err, LTC_EINVAL, "a probe needs at least one sample");
    for (uint64_t i = 0; i < r->n; i++)
        if (r->sample[i] >= self->samples.n)
            return ltc_fail(err, LTC_EINVAL, "a probe asks for training sample %u of %llu", r->sample[i],
                            (unsigned long long)self->samples.n);
    if (o->hessian && !r->direction)
        return ltc_fail(err, LTC_EINVAL, "a Hessian product needs a direction");
    for (uint64_t c = 0; o->captured && c < r->n_capture; c++)
        if (!r->capture[c] || r->capture[c] >= g->n_values ||
            ltc_graph_value(g, r->capture[c])->kind != LTC_SAMPLE)
            return ltc_fail(err, LTC_EINVAL, "value %u is no activation that a probe could capture",
                            r->capture[c]);
    return LTC_OK;
}

static ltc_status run(const ltc_probe *p, const ltc_probe_req *r, ltc_probe_out *o, ltc_error *err)
{
    const impl *self = p->impl;
    ltc_status st = check(self, r, o, err);
    if (st)
        return st;
    job values = { .self = self, .graph = self->source.graph, .r = r, .o = o };
    job hessian = values;
    st = run_values(&values, err);
    job_free(&values);
    if (st || !o->hessian)
        return st;
    st = run_hessian(&hessian, err);
    job_free(&hessian);
    return st;
}

ltc_status lts_probe_create(const lts_probe_source *source, ltc_probe **probe, ltc_error *err)
{
    ltc_probe *p = calloc(1, sizeof *p);
    impl *self = calloc(1, sizeof *self);
    ltc_status st = p && self
                        ? lts_samples_open(&self->samples, source->data, source->input, source->graph, err)
                        : ltc_fail(err, LTC_ENOMEM, "no memory for a probe");
    if (st) {
        free(p), free(self);
        return st;
    }
    self->source = *source;
    *p = (ltc_probe){ .size = sizeof *p, .impl = self, .graph = source->graph, .run = run,
                      .n_samples = source->data->n };
    *probe = p;
    return LTC_OK;
}

void lts_probe_destroy(ltc_probe *probe)
{
    if (!probe)
        return;
    free(probe->impl);
    free(probe);
}
