/* A program at work: spans of training steps, and evaluations. Nothing is allocated here, and in a chunk of
 * steps the host waits for what it sends before them, and then for their losses. */
#include <math.h>
#include <string.h>

#include "program.h"

static lts_terms terms_of(const lcu_program *p, uint32_t split)
{
    const bool bound = split < LTS_MOST_SPLITS && p->split[split];
    const uint64_t rows = bound ? p->split[split]->desc.n : 0;
    return (lts_terms){ p->ready, bound, p->replicas, p->batch, p->augment, rows };
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
        q->lr_stride ? LCU_MOST_STEPS : 0, n, 0,
    };
    const size_t wide = n * (size_t)p->batch * sizeof *p->sample, narrow = n * sizeof *p->lr;
    const lcu_rows each[] = {
        { .dst = p->sample, .dst_stride = LCU_MOST_STEPS * (size_t)p->batch * sizeof *p->sample,
          .src = q->sample + (size_t)s * p->batch, .src_stride = q->sample_stride * sizeof *q->sample,
          .bytes = wide, .count = q->sample_stride ? p->replicas : 1 },
        { .dst = p->lr, .dst_stride = LCU_MOST_STEPS * sizeof *p->lr,
          .src = q->lr + s, .src_stride = q->lr_stride * sizeof *q->lr,
          .bytes = narrow, .count = q->lr_stride ? p->replicas : 1 },
        { .dst = p->chunk, .src = &chunk, .bytes = sizeof chunk, .count = 1 },
        { .dst = p->replica, .src = p->host_replica, .bytes = p->replicas * sizeof *p->replica, .count = 1 },
    };
    lcu_write_all(p->device, each, sizeof each / sizeof *each);
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

/* n steps: of those that have links in one launch, of the others one after another. */
static void perform_chunk(lcu_program *p, uint32_t n)
{
    bool any[2] = { false, false };
    for (uint32_t r = 0; r < p->replicas; r++)
        any[lcu_has(&p->dense, r)] = true;
    for (uint32_t i = 0; i < n && any[true]; i++)
        lcu_replay(p->device, p->step);
    if (!any[false])
        return;
    lcu_only(p->device, &p->links.has);
    lcu_chunk_by_links(p);
}

/* A span that fails half-way leaves a state that must be put anew. */
ltc_status lcu_train(void *prog, const ltc_train_req *q, ltc_train_out *out, ltc_error *err)
{
    lcu_program *p = prog;
    const lts_terms terms = terms_of(p, q->split);
    ltc_status st = lts_request_train(&terms, q, err);
    if (st)
        return st;
    begin_replicas(p, q);
    for (uint32_t s = 0, n; s < q->n_steps && !st; s += n) {
        n = q->n_steps - s < LCU_MOST_STEPS ? q->n_steps - s : LCU_MOST_STEPS;
        send_chunk(p, q, s, n);
        perform_chunk(p, n);
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

/* Which replicas an evaluation is for: those that have links, the others, and both. */
typedef struct asked { lcu_set linked, dense, all; bool links, products; } asked;

static asked asked_of(const lcu_program *p, const ltc_eval_req *q)
{
    asked a = { .links = false };
    for (uint32_t r = 0; r < p->replicas; r++) {
        const bool wanted = !q->only || q->only[r], linked = lcu_has(&p->links.has, r);
        lcu_include(&a.all, r, wanted);
        lcu_include(&a.linked, r, wanted && linked);
        lcu_include(&a.dense, r, wanted && !linked);
        a.links = a.links || (wanted && linked);
        a.products = a.products || (wanted && !linked);
    }
    return a;
}

/* `rows` samples from `start` on: every replica sees the same. */
static void eval_rows(lcu_program *p, const asked *a, const lcu_data *d, uint64_t start, uint32_t rows)
{
    lcu_gather g = lcu_gather_of(p, rows);
    lcu_loss l = lcu_loss_of(p, rows);
    g.x = d->x, g.label = d->label, g.start = start;
    l.sum = p->eval_sum, l.hits = p->eval_hits;
    if (a->products) {
        lcu_only(p->device, &a->dense);
        lcu_gather_rows(p->device, &g, p->replicas);
        lcu_forward(p, rows, false);
    }
    if (a->links) {
        const lcu_fused f = lcu_fused_of(p, &g, &l);
        lcu_only(p->device, &a->linked);
        lcu_fused_eval(p->device, &f, p->replicas);
    }
    lcu_only(p->device, &a->all);
    lcu_loss_eval(p->device, &l, p->replicas);
}

static void take_links(lcu_program *p, const asked *a)
{
    const lcu_gather g = { .rows = 0 };
    const lcu_loss l = { .rows = 0 };
    const lcu_fused f = lcu_fused_of(p, &g, &l);
    lcu_only(p->device, &a->linked);
    lcu_fused_take(p->device, &f, p->replicas);
}

/* An element's bits depend on its own row alone, so parts may be of any length. */
ltc_status lcu_eval(void *prog, const ltc_eval_req *q, ltc_eval_out *out, ltc_error *err)
{
    lcu_program *p = prog;
    const lts_terms terms = terms_of(p, q->split);
    const ltc_status st = lts_request_eval(&terms, q, err);
    if (st)
        return st;
    const uint64_t end = q->first + q->count;
    const asked a = asked_of(p, q);
    const lcu_rows each[] = {
        { .dst = p->eval_sum, .src = out->loss, .bytes = p->replicas * sizeof *p->eval_sum, .count = 1 },
        { .dst = p->eval_hits, .src = out->correct, .bytes = p->replicas * sizeof *p->eval_hits, .count = 1 },
    };
    lcu_write_all(p->device, each, sizeof each / sizeof *each);
    if (a.links)
        take_links(p, &a);
    for (uint64_t row = q->first; row < end; row += p->rows)
        eval_rows(p, &a, p->split[q->split], row, end - row < p->rows ? (uint32_t)(end - row) : p->rows);
    lcu_read(p->device, out->loss, p->eval_sum, p->replicas * sizeof *p->eval_sum);
    lcu_read(p->device, out->correct, p->eval_hits, p->replicas * sizeof *p->eval_hits);
    return lcu_finish(p->device, err);
}
