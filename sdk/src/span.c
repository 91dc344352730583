/* A program at work: spans of training steps, and evaluations. Nothing is allocated here. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "fpu.h"
#include "program.h"

static const double LEAST_GATHERED = 32768;   /* elements that a part gathers at least */

/* Where the rows of the next pass are gathered: the input itself, or a buffer from which
 * they are copied there. */
static float *rows_begin(const lts_program *p)
{
    return lts_on_host() ? lts_tape_value(&p->tape, p->graph->input) : p->bounce;
}

static ltc_status rows_end(const lts_program *p, uint32_t rows, ltc_error *err)
{
    if (lts_on_host())
        return LTC_OK;
    return lts_memory_copy(p->device, lts_tape_value(&p->tape, p->graph->input), p->bounce,
                           lts_tape_bytes(&p->tape, p->graph->input, rows), LTC_COPY_TO_DEVICE, err);
}

/* A block of the input and the rows of a split that it is made of: those that `sample` lists, or from `start`
 * on, zeros past the end. */
typedef struct gathering {
    lts_program *p;
    const lts_samples *from;
    const uint32_t *sample;
    uint64_t start;
    uint32_t augment;
    ltc_key key;
    uint64_t first;                           /* number of the first row's draw */
} gathering;

static ltc_status gather_rows(void *arg, size_t part, size_t begin, size_t end)
{
    const gathering *g = arg;
    float *x = rows_begin(g->p);
    (void)part;
    for (size_t i = begin; i < end; i++) {
        const uint64_t row = g->sample ? g->sample[i] : g->start + i;
        const bool there = row < g->from->n;
        float *to = x + i * g->from->count;
        g->p->label[i] = there ? g->from->label[row] : 0;
        if (there)
            lts_sample_get(g->from, row, lts_cut_draw(g->augment, g->key, g->first + i), to);
        else
            memset(to, 0, g->from->count * sizeof *to);
    }
    return LTC_OK;
}

static ltc_status gather(gathering *g, uint32_t rows, ltc_error *err)
{
    const double work = (double)g->from->count;
    const ltc_status st =
        lts_divide(g->p->device->host, rows, lts_parts(rows, work, LEAST_GATHERED), gather_rows, g);
    return st ? ltc_fail(err, st, "gathering rows failed with status %d", (int)st)
              : rows_end(g->p, rows, err);
}

static ltc_status gather_batch(lts_program *p, const ltc_train_req *r, uint32_t s, ltc_error *err)
{
    gathering g = { .p = p, .from = &p->split[r->split], .sample = r->sample + (size_t)s * p->batch,
                    .augment = p->augment, .first = (r->first_step[0] + s) * p->batch };
    if (p->augment)
        g.key = r->key_augment[0];
    return gather(&g, p->batch, err);
}

/* Loss of rows [first, first + n) of the last forward pass into p->loss[0..n); want_grad:
 * of their mean, all rows. */
static ltc_status losses(lts_program *p, uint32_t first, uint32_t n, bool want_grad, uint32_t *correct,
                         double *sum, ltc_error *err)
{
    const uint32_t logits = p->graph->logits;
    const size_t classes = ltc_value_count(ltc_graph_value(p->graph, logits)),
                 bytes = n * classes * sizeof(float);
    float *at = (float *)lts_tape_value(&p->tape, logits) + first * classes,
          *grad = lts_tape_grad(&p->tape, logits);
    float *host_at = lts_on_host() ? at : p->bounce,
          *host_grad = lts_on_host() ? grad : p->bounce + n * classes;
    const bool back = want_grad && grad;
    ltc_status st = LTC_OK;
    if (!lts_on_host())
        st = lts_memory_copy(p->device, host_at, at, bytes, LTC_COPY_TO_HOST, err);
    if (st)
        return st;
    const lts_loss l = {
        .rows = n, .classes = classes, .logits = host_at, .label = p->label + first, .logit_scale = 1,
        .grad_scale = 1 / (double)n, .grad = back ? host_grad : NULL, .loss = p->loss,
    };
    *sum = p->tape.kernels->loss(&l, correct);
    if (back && !lts_on_host())
        st = lts_memory_copy(p->device, grad, host_grad, bytes, LTC_COPY_TO_DEVICE, err);
    return st;
}

/* *finite: false leaves the state as it was. */
static ltc_status step(lts_program *p, const ltc_train_req *r, uint32_t s, ltc_train_out *out, bool *finite,
                       ltc_error *err)
{
    const ltc_key key =
        r->key_dropout ? ltc_key_fold(r->key_dropout[0], r->first_step[0] + s) : (ltc_key){ 0, 0 };
    double sum = 0;
    ltc_status st = gather_batch(p, r, s, err);
    if (!st)
        st = lts_walk_forward(p, p->batch, true, key, err);
    if (!st)
        st = losses(p, 0, p->batch, true, &out->correct[s], &sum, err);
    if (st)
        return st;
    out->loss[s] = (float)(sum / p->batch);
    *finite = isfinite(out->loss[s]);
    if (!*finite)
        return LTC_OK;
    st = lts_walk_backward(p, err);
    return st ? st : lts_walk_update(p, r->lr[s], err);
}

/* From the first step of non-finite loss on there is nothing to report. */
static ltc_status steps(lts_program *p, const ltc_train_req *r, ltc_train_out *out, ltc_error *err)
{
    bool finite = true;
    out->bad_step[0] = UINT64_MAX;
    for (uint32_t s = 0; s < r->n_steps; s++) {
        const ltc_status st = finite ? step(p, r, s, out, &finite, err) : LTC_OK;
        if (st)
            return st;
        if (finite)
            continue;
        if (out->bad_step[0] == UINT64_MAX)
            out->bad_step[0] = r->first_step[0] + s;
        out->loss[s] = NAN, out->correct[s] = 0;
    }
    return LTC_OK;
}

static lts_terms terms_of(const lts_program *p, uint32_t split)
{
    const bool bound = split < LTS_MOST_SPLITS && p->bound[split];
    return (lts_terms){ p->ready, bound, 1, p->batch, p->augment, bound ? p->split[split].n : 0 };
}

/* A span that fails half-way leaves a state that must be put anew. */
ltc_status lts_program_train(void *prog, const ltc_train_req *r, ltc_train_out *out, ltc_error *err)
{
    lts_program *p = prog;
    const lts_terms terms = terms_of(p, r->split);
    ltc_status st = lts_request_train(&terms, r, err);
    if (st)
        return st;
    const bool flush = ltc_optable_table.flags & LTC_OT_FTZ;
    const unsigned before = flush ? lts_fpu_flush() : 0;
    st = steps(p, r, out, err);
    if (flush)
        lts_fpu_restore(before);
    if (st) {
        p->ready = false;
        memset(p->has_value, 0, p->graph->n_params * sizeof *p->has_value);
    }
    return st;
}

/* Rows 64 b to 64 b + 63 of the split, zeros past its end; adds those in [from, to) to the
 * sums, one by one. */
static ltc_status eval_block(lts_program *p, uint32_t split, uint64_t b, uint64_t from, uint64_t to,
                             ltc_eval_out *out, ltc_error *err)
{
    const uint64_t start = b * LTS_EVAL_ROWS;
    gathering g = { .p = p, .from = &p->split[split], .start = start };
    const uint32_t first = (uint32_t)(from > start ? from - start : 0);
    const uint32_t end = (uint32_t)(to - start < LTS_EVAL_ROWS ? to - start : LTS_EVAL_ROWS);
    uint32_t correct = 0;
    double sum = 0;
    ltc_status st = gather(&g, LTS_EVAL_ROWS, err);
    if (!st)
        st = lts_walk_forward(p, LTS_EVAL_ROWS, false, (ltc_key){ 0, 0 }, err);
    if (!st)
        st = losses(p, first, end - first, false, &correct, &sum, err);
    for (uint32_t i = 0; i < end - first && !st; i++)
        out->loss[0] += p->loss[i];
    out->correct[0] += correct;
    return st;
}

ltc_status lts_program_eval(void *prog, const ltc_eval_req *r, ltc_eval_out *out, ltc_error *err)
{
    lts_program *p = prog;
    const lts_terms terms = terms_of(p, r->split);
    ltc_status st = lts_request_eval(&terms, r, err);
    if (st)
        return st;
    const bool flush = ltc_optable_table.flags & LTC_OT_FTZ;
    const unsigned before = flush ? lts_fpu_flush() : 0;
    const uint64_t end = r->first + r->count;
    for (uint64_t b = r->first / LTS_EVAL_ROWS; b * LTS_EVAL_ROWS < end && r->count && !st; b++)
        st = eval_block(p, r->split, b, r->first, end, out, err);
    if (flush)
        lts_fpu_restore(before);
    return st;
}
