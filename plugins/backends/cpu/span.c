/* A program at work: spans of training steps, and evaluations. Nothing is allocated here. */
#include <math.h>
#include <string.h>

#include <ltcore/ops.h>

#include "cpu.h"

#include "fpu.h"

/* Who reads the input as more than vectors of samples: at most one linear layer. */
static cpu_node *first_linear(cpu_program *p)
{
    for (uint32_t i = 0; i < p->graph->n_nodes; i++)
        if (p->node[i].node->op == LTC_OP_LINEAR && cpu_reads_input(p, &p->node[i]))
            return &p->node[i];
    return NULL;
}

static bool read_elsewhere(const cpu_program *p, const cpu_node *linear)
{
    const uint32_t root = p->value[p->graph->input].root;
    for (uint32_t i = 0; i < p->graph->n_nodes; i++)
        for (uint32_t k = 0; k < p->node[i].node->n_in; k++)
            if (&p->node[i] != linear && !p->node[i].skip_forward && p->node[i].node->in[k] &&
                p->value[p->node[i].node->in[k]].root == root)
                return true;
    return false;
}

/* The rows that p->sample lists, as the layers want them. */
static void gather(cpu_program *p, const cpu_split *s, int64_t rows, bool cut)
{
    cpu_shape_set_rows(p, rows);
    cpu_node *linear = first_linear(p);
    const bool strips = linear && linear->linear.form == CPU_FORM_STRIPS;
    const int64_t channels = s->samples.dim[0];
    const cpu_gather g = {
        .x = s->samples.x, .is_bytes = p->input->sample_type == LTC_U8, .sample = p->sample, .batch = rows,
        .channels = channels, .h = s->samples.dim[1], .w = s->samples.dim[2], .scale = s->table,
        .shift = s->table ? s->table + channels : NULL, .table = s->affine ? NULL : p->input->table,
        .mean = p->input->mean, .std = p->input->std, .cut = cut ? p->cut : NULL,
        .to = &p->value[p->graph->input].value, .scratch = p->scratch,
        .rows = linear && linear->linear.form == CPU_FORM_DENSE && !p->evaluating ? linear->linear.rows : NULL,
        .ld_rows = linear ? linear->linear.ld_rows : 0,
    };
    if (strips) {
        linear->linear.nonzeros.batch = rows;
        p->device->kernels->strips_list(&g, &linear->linear.nonzeros);
    }
    if (!strips || read_elsewhere(p, linear))
        p->device->kernels->gather(&g, 0, p->blocks);
    for (int64_t i = 0; i < rows; i++)
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
        const lts_cut cut = lts_cut_draw(p->augment, r->key_augment[0], (r->first_step[0] + s) * p->batch + i);
        p->cut[i] = cut.down | cut.right << 8 | cut.mirror << 16;
    }
    p->evaluating = false;
    gather(p, &p->split[r->split], p->batch, p->augment != 0);
    if (s + 1 < r->n_steps)
        ask_for(p, &p->split[r->split], r->sample + (size_t)(s + 1) * p->batch);
}

static void losses(cpu_program *p, bool want_gradient)
{
    const cpu_value *z = &p->value[p->graph->logits];
    const cpu_loss l = {
        .classes = z->value.channels, .lanes = p->blocks * CPU_LANES, .batch = p->rows, .logits = z->value.at,
        .grad = want_gradient && z->wants ? z->grad.at : NULL, .label = p->label, .loss = p->loss, .hit = p->hit,
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

/* Up to CPU_EVAL_ROWS rows from `start` on: a sample's bits are its lane's, whoever its neighbours are. */
static void eval_block(cpu_program *p, uint32_t split, uint64_t start, int64_t rows, ltc_eval_out *out)
{
    for (int64_t i = 0; i < CPU_EVAL_ROWS; i++)
        p->sample[i] = (uint32_t)(start + (uint64_t)(i < rows ? i : 0));
    p->evaluating = true;
    gather(p, &p->split[split], CPU_EVAL_ROWS, false);
    cpu_walk_forward(p);
    losses(p, false);
    for (int64_t i = 0; i < rows; i++)
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
    for (uint64_t done = 0; done < r->count; done += CPU_EVAL_ROWS)
        eval_block(p, r->split, r->first + done,
                   (int64_t)(r->count - done < CPU_EVAL_ROWS ? r->count - done : CPU_EVAL_ROWS), out);
    lts_fpu_restore(before);
    return LTC_OK;
}
