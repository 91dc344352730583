/* A program at work: spans of training steps, and evaluations. Nothing is allocated here, and the host
 * waits once for each chunk of steps, when their losses are read. */
#include <math.h>
#include <string.h>

#include "program.h"

static ltc_status check_split(const lcu_program *p, uint32_t split, ltc_error *err)
{
    if (!p->ready)
        return ltc_fail(err, LTC_EINVAL,
                        "the program is not ready: its state was put, and ready() not called since");
    if (split >= LCU_MOST_SPLITS || !p->split[split])
        return ltc_fail(err, LTC_EINVAL, "split %u has no data bound to it", split);
    return LTC_OK;
}

/* Rows of replica r in the request. */
static const uint32_t *rows_of(const ltc_train_req *q, uint32_t r)
{
    return q->sample + r * q->sample_stride;
}

static ltc_status check_rows(const lcu_program *p, const ltc_train_req *q, uint32_t r, ltc_error *err)
{
    const uint64_t n = p->split[q->split]->desc.n;
    const uint32_t *row = rows_of(q, r);
    for (size_t i = 0; i < (size_t)q->n_steps * p->batch; i++)
        if (row[i] >= n)
            return ltc_fail(err, LTC_EINVAL, "step %llu asks for row %u of a split of %llu",
                            (unsigned long long)(q->first_step[r] + i / p->batch), row[i],
                            (unsigned long long)n);
    return LTC_OK;
}

static ltc_status check_span(const lcu_program *p, const ltc_train_req *q, ltc_error *err)
{
    ltc_status st = check_split(p, q->split, err);
    if (st)
        return st;
    if (q->x)
        return ltc_fail(err, LTC_EUNSUPPORTED, "this backend takes rows by their numbers only");
    if (p->augment && !q->key_augment)
        return ltc_fail(err, LTC_EINVAL, "augmentation needs a key");
    for (uint32_t r = 0; r < (q->sample_stride ? p->replicas : 1) && !st; r++)
        st = check_rows(p, q, r, err);
    return st;
}

/* Before the first chunk. */
static void begin_replicas(lcu_program *p, const ltc_train_req *q)
{
    for (uint32_t r = 0; r < p->replicas; r++) {
        lcu_replica *at = &p->host_replica[r];
        *at = (lcu_replica){ .first_step = q->first_step[r], .clock = p->clock[r], .bad_step = UINT64_MAX };
        if (q->key_augment)
            at->augment = q->key_augment[r];
        if (q->key_dropout)
            at->dropout = q->key_dropout[r];
    }
}

/* Rows and rates of steps [s, s + n), for each replica or once for all, and where the replicas stand. */
static void send_chunk(lcu_program *p, const ltc_train_req *q, uint32_t s, uint32_t n)
{
    const lcu_data *d = p->split[q->split];
    const lcu_chunk chunk = {
        d->x, d->label, p->sample, p->lr, q->sample_stride ? (size_t)LCU_MOST_STEPS * p->batch : 0,
        q->lr_stride ? LCU_MOST_STEPS : 0,
    };
    for (uint32_t r = 0; r < (q->sample_stride ? p->replicas : 1); r++)
        lcu_write(p->device, p->sample + r * chunk.sample_stride, rows_of(q, r) + (size_t)s * p->batch,
                  (size_t)n * p->batch * sizeof *p->sample);
    for (uint32_t r = 0; r < (q->lr_stride ? p->replicas : 1); r++)
        lcu_write(p->device, p->lr + r * chunk.lr_stride, q->lr + r * q->lr_stride + s, n * sizeof *p->lr);
    lcu_write(p->device, p->chunk, &chunk, sizeof chunk);
    lcu_write(p->device, p->replica, p->host_replica, p->replicas * sizeof *p->replica);
}

/* Losses and hits into the caller's rows; the replicas stand at the next chunk's beginning. */
static void fetch_chunk(lcu_program *p, const ltc_train_req *q, uint32_t s, uint32_t n, ltc_train_out *out)
{
    const size_t all = (size_t)p->replicas * LCU_MOST_STEPS;
    lcu_read(p->device, p->host_loss, p->loss, all * sizeof *p->loss);
    lcu_read(p->device, p->host_correct, p->correct, all * sizeof *p->correct);
    lcu_read(p->device, p->host_replica, p->replica, p->replicas * sizeof *p->replica);
    for (uint32_t r = 0; r < p->replicas; r++) {
        const size_t to = (size_t)r * q->n_steps + s, from = (size_t)r * LCU_MOST_STEPS;
        memcpy(out->loss + to, p->host_loss + from, n * sizeof *out->loss);
        memcpy(out->correct + to, p->host_correct + from, n * sizeof *out->correct);
        p->host_replica[r].first_step += n;
        p->host_replica[r].done = 0;
    }
}

static void end_replicas(lcu_program *p, ltc_train_out *out)
{
    for (uint32_t r = 0; r < p->replicas; r++) {
        p->clock[r] = p->host_replica[r].clock;
        out->bad_step[r] = p->host_replica[r].bad_step;
    }
}

/* A span that fails half-way leaves a state that must be put anew. */
ltc_status lcu_train(void *prog, const ltc_train_req *q, ltc_train_out *out, ltc_error *err)
{
    lcu_program *p = prog;
    ltc_status st = check_span(p, q, err);
    if (st)
        return st;
    begin_replicas(p, q);
    for (uint32_t s = 0, n; s < q->n_steps && !st; s += n) {
        n = q->n_steps - s < LCU_MOST_STEPS ? q->n_steps - s : LCU_MOST_STEPS;
        send_chunk(p, q, s, n);
        for (uint32_t i = 0; i < n; i++)
            lcu_replay(p->device, p->step);
        fetch_chunk(p, q, s, n, out);
        st = lcu_finish(p->device, err);
    }
    end_replicas(p, out);
    if (st) {
        p->ready = false;
        memset(p->has_value, 0, (size_t)p->replicas * p->graph->n_params * sizeof *p->has_value);
    }
    return st;
}

/* `rows` samples from `start` on: every replica sees the same. */
static void eval_rows(lcu_program *p, const lcu_data *d, uint64_t start, uint32_t rows)
{
    const ltc_value *x = ltc_graph_value(p->graph, p->graph->input);
    const lcu_gather g = {
        .replica = p->replica,
        .x = d->x,
        .label = d->label,
        .start = start,
        .table = p->table,
        .mean = p->mean,
        .std = p->std,
        .to = p->value[p->graph->input],
        .to_label = p->label,
        .to_label_stride = p->rows,
        .rows = rows,
        .channels = (uint32_t)x->dim[0],
        .height = (uint32_t)x->dim[1],
        .width = (uint32_t)x->dim[2],
    };
    const lcu_loss l = {
        .logits = p->value[p->graph->logits],
        .label = p->label,
        .label_stride = p->rows,
        .row_loss = p->row_loss,
        .row_hit = p->row_hit,
        .rows = rows,
        .sum = p->eval_sum,
        .hits = p->eval_hits,
        .classes = (uint32_t)ltc_value_count(ltc_graph_value(p->graph, p->graph->logits)),
    };
    lcu_gather_rows(p->device, &g, p->replicas);
    lcu_forward(p, rows, false);
    lcu_loss_eval(p->device, &l, p->replicas);
}

/* An element's bits depend on its own row alone, so parts may be of any length. */
ltc_status lcu_eval(void *prog, const ltc_eval_req *q, ltc_eval_out *out, ltc_error *err)
{
    lcu_program *p = prog;
    const ltc_status st = check_split(p, q->split, err);
    if (st)
        return st;
    const uint64_t n = p->split[q->split]->desc.n, end = q->first + q->count;
    if (q->first > n || q->count > n - q->first)
        return ltc_fail(err, LTC_EINVAL, "rows %llu to %llu are not all in a split of %llu",
                        (unsigned long long)q->first, (unsigned long long)end, (unsigned long long)n);
    lcu_write(p->device, p->eval_sum, out->loss, p->replicas * sizeof *p->eval_sum);
    lcu_write(p->device, p->eval_hits, out->correct, p->replicas * sizeof *p->eval_hits);
    for (uint64_t row = q->first; row < end; row += p->rows)
        eval_rows(p, p->split[q->split], row, end - row < p->rows ? (uint32_t)(end - row) : p->rows);
    lcu_read(p->device, out->loss, p->eval_sum, p->replicas * sizeof *p->eval_sum);
    lcu_read(p->device, out->correct, p->eval_hits, p->replicas * sizeof *p->eval_hits);
    return lcu_finish(p->device, err);
}
