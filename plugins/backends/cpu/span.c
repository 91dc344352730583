/* A program at work: spans of training steps, and evaluations. Nothing is allocated here. */
#include <math.h>
#include <string.h>

#include "cpu.h"

#include "fpu.h"

static void name_labels(cpu_program *p, const cpu_split *s)
{
    for (int64_t i = 0; i < p->rows; i++)
        p->label[i] = s->samples.label[p->sample[i]];
}

/* The next step's rows lie anywhere in the split: asked for now, they are in the cache by then. */
static void ask_for(const cpu_program *p, const cpu_split *s, const uint32_t *sample)
{
    enum { LINE = 64, MOST = 4096 };
    const size_t bytes = s->samples.count * (p->input->sample_type == LTC_U8 ? 1 : sizeof(float));
    for (uint32_t i = 0; i < p->batch && bytes <= MOST; i++)
        for (size_t k = 0; k < bytes; k += LINE)
            __builtin_prefetch((const char *)s->samples.x + sample[i] * bytes + k, 0, 2);
}

static void gather_batch(cpu_program *p, const ltc_train_req *r, uint32_t s)
{
    memcpy(p->sample, r->sample + (size_t)s * p->batch, p->batch * sizeof *p->sample);
    for (uint32_t i = 0; i < p->batch && p->augment; i++) {
        const lts_cut cut = lts_cut_draw(p->augment, r->key_augment[0],
                                         (r->first_step[0] + s) * p->batch + i);
        p->cut[i] = cut.down | cut.right << 8 | cut.mirror << 16;
    }
    p->evaluating = false;
    cpu_shape_set_rows(p, p->batch);
    cpu_input_gather(p, &p->split[r->split], p->batch, p->augment != 0);
    name_labels(p, &p->split[r->split]);
    if (s + 1 < r->n_steps)
        ask_for(p, &p->split[r->split], r->sample + (size_t)(s + 1) * p->batch);
}

static void losses(cpu_program *p, bool want_gradient)
{
    const cpu_value *z = &p->value[p->graph->logits];
    const cpu_loss l = {
        .classes = z->value.channels, .lanes = p->blocks * CPU_LANES, .batch = p->rows, .logits = z->value.at,
        .grad = want_gradient && z->wants ? z->grad.at : NULL, .label = p->label, .loss = p->loss,
        .hit = p->hit,
    };
    p->device->kernels->loss(&l);
}

/* false: the loss is not finite, and the state as it was. */
static bool step(cpu_program *p, const ltc_train_req *r, uint32_t s, ltc_train_out *out)
{
    const ltc_key none = { 0, 0 };
    gather_batch(p, r, s);
    p->dropout = r->key_dropout ? ltc_key_fold(r->key_dropout[0], r->first_step[0] + s) : none;
    cpu_walk_forward(p);
    losses(p, true);
    double sum = 0;
    uint32_t correct = 0;
    for (uint32_t i = 0; i < p->batch; i++)
        sum += p->loss[i], correct += p->hit[i];
    out->loss[s] = (float)(sum / p->batch);
    out->correct[s] = correct;
    if (!isfinite(out->loss[s]))
        return false;
    cpu_walk_backward(p);
    cpu_optimizer_step(p, r->lr[s]);
    return true;
}

/* From the first step of non-finite loss on there is nothing to report. */
static void steps(cpu_program *p, const ltc_train_req *r, ltc_train_out *out)
{
    bool finite = true;
    out->bad_step[0] = UINT64_MAX;
    for (uint32_t s = 0; s < r->n_steps; s++) {
        finite = finite && step(p, r, s, out);
        if (finite)
            continue;
        if (out->bad_step[0] == UINT64_MAX)
            out->bad_step[0] = r->first_step[0] + s;
        out->loss[s] = NAN, out->correct[s] = 0;
    }
}

static lts_terms terms_of(const cpu_program *p, uint32_t split)
{
    const bool bound = split < LTS_MOST_SPLITS && p->split[split].bound;
    return (lts_terms){ p->ready, bound, 1, p->batch, p->augment, bound ? p->split[split].samples.n : 0 };
}

ltc_status cpu_program_train(void *prog, const ltc_train_req *r, ltc_train_out *out, ltc_error *err)
{
    cpu_program *p = prog;
    const lts_terms terms = terms_of(p, r->split);
    const ltc_status st = lts_request_train(&terms, r, err);
    if (st)
        return st;
    cpu_state_suit(p, r->split, true);
    const unsigned before = lts_fpu_flush();
    steps(p, r, out);
    lts_fpu_restore(before);
    return LTC_OK;
}

/* Of block b those rows of the split that are in [first, end): a sample's bits are its lane's, whoever its
 * neighbours are. The last block is filled up with its first row. */
static void eval_block(cpu_program *p, uint32_t split, uint64_t b, uint64_t first, uint64_t end,
                       ltc_eval_out *out)
{
    const uint64_t start = b * CPU_EVAL_ROWS;
    for (uint64_t i = 0; i < CPU_EVAL_ROWS; i++)
        p->sample[i] = (uint32_t)(start + (start + i < p->split[split].samples.n ? i : 0));
    cpu_shape_set_rows(p, CPU_EVAL_ROWS);
    if (!cpu_arranged_show(p, split, b))
        cpu_input_gather(p, &p->split[split], CPU_EVAL_ROWS, false);
    name_labels(p, &p->split[split]);
    cpu_walk_forward(p);
    losses(p, false);
    for (uint64_t i = 0; i < CPU_EVAL_ROWS; i++)
        if (start + i >= first && start + i < end)
            out->loss[0] += p->loss[i], out->correct[0] += p->hit[i];
}

ltc_status cpu_program_eval(void *prog, const ltc_eval_req *r, ltc_eval_out *out, ltc_error *err)
{
    cpu_program *p = prog;
    const lts_terms terms = terms_of(p, r->split);
    const ltc_status st = lts_request_eval(&terms, r, err);
    if (st)
        return st;
    cpu_state_suit(p, r->split, false);
    const unsigned before = lts_fpu_flush();
    p->evaluating = true;
    if (cpu_input_linear(p))
        cpu_linear_sum(p, cpu_input_linear(p));
    const uint64_t end = r->first + r->count;
    for (uint64_t b = r->first / CPU_EVAL_ROWS; b * CPU_EVAL_ROWS < end; b++)
        eval_block(p, r->split, b, r->first, end, out);
    lts_fpu_restore(before);
    return LTC_OK;
}
