/* Owns one training while it runs: the plan of the span at hand, the best so far. */
#include "train/trainer.h"

#include <math.h>
#include <stdlib.h>

#include "data/order.h"
#include "util/memory.h"

enum { MAX_SPAN = 4096 };
static const double SPAN_S = 0.25;            /* how long a span should take: an interruption waits no longer */

typedef struct run {
    lt_session        *session;
    const lt_training *t;
    const lt_watcher  *w;
    lt_state          *state, *best;
    lt_result         *result;
    lt_order           order;
    uint64_t           step;
    uint32_t           span, room;            /* steps in the next span; steps the arrays hold */
    uint32_t          *row, *correct;
    float             *lr, *loss;
    double             started_s, loss_sum;   /* since the last evaluation: sum of losses, hits, steps */
    uint64_t           hits, counted;
} run;

double lt_evaluation_loss(const lt_evaluation *e, uint32_t split)
{
    return e->n[split] ? e->loss[split] / (double)e->n[split] : NAN;
}

double lt_evaluation_accuracy(const lt_evaluation *e, uint32_t split)
{
    return e->n[split] ? (double)e->correct[split] / (double)e->n[split] : NAN;
}

static ltc_status open_run(run *r, ltc_error *err)
{
    const lt_training *t = r->t;
    r->room = t->steps < MAX_SPAN ? (uint32_t)t->steps : MAX_SPAN;
    r->span = 1;
    r->row = lt_array(r->room, sizeof *r->row * t->batch);
    r->correct = lt_array(r->room, sizeof *r->correct);
    r->lr = lt_array(r->room, sizeof *r->lr);
    r->loss = lt_array(r->room, sizeof *r->loss);
    if (!r->row || !r->correct || !r->lr || !r->loss)
        return ltc_fail(err, LTC_ENOMEM, "no memory to plan steps");
    return t->steps ? lt_order_open(t->key_order, t->data->split[LT_TRAIN].n, t->batch, &r->order, err) : LTC_OK;
}

static void close_run(run *r)
{
    free(r->row), free(r->correct), free(r->lr), free(r->loss);
    lt_order_close(&r->order);
}

static ltc_status evaluate_split(run *r, uint32_t split, lt_evaluation *e, ltc_error *err)
{
    e->n[split] = r->t->data->split[split].n;
    return e->n[split] ? lt_session_eval(r->session, split, e->n[split], &e->loss[split], &e->correct[split], err)
                       : LTC_OK;
}

static lt_progress progress_of(const run *r)
{
    const double n = r->counted ? (double)r->counted : NAN;
    return (lt_progress){
        .step = r->step, .steps = r->t->steps, .batch_loss = r->loss_sum / n,
        .batch_accuracy = (double)r->hits / (n * (double)r->t->batch),
        .lr = lt_schedule_rate(r->t->schedule, r->step ? r->step - 1 : 0),
        .elapsed_s = r->w->now_s(r->w->arg) - r->started_s,
    };
}

/* Is e the first evaluation, or one of less validation loss than any before? Step 0 never is. */
static bool is_best(const run *r, const lt_evaluation *e)
{
    const lt_evaluation *best = &r->result->best;
    if (!e->step || !e->n[LT_VALIDATION])
        return false;
    return best->step == UINT64_MAX || e->loss[LT_VALIDATION] < best->loss[LT_VALIDATION];
}

static ltc_status evaluate(run *r, ltc_error *err)
{
    lt_evaluation e = { .step = r->step };
    ltc_status st = evaluate_split(r, LT_VALIDATION, &e, err);
    if (!st)
        st = evaluate_split(r, LT_TEST, &e, err);
    if (!st && r->step == r->t->steps)
        st = evaluate_split(r, LT_TRAIN, &e, err);
    if (!st && is_best(r, &e)) {
        r->result->best = e;
        st = lt_session_get(r->session, r->best, err);
    }
    if (st)
        return st;
    r->result->end = e;
    const lt_progress p = progress_of(r);
    r->loss_sum = 0, r->hits = 0, r->counted = 0;
    return r->w->evaluated(r->w->arg, &e, &p, err);
}

static uint64_t next_evaluation(const lt_training *t, uint64_t step)
{
    const uint64_t left = t->evaluate_every - step % t->evaluate_every;
    return left < t->steps - step ? step + left : t->steps;
}

static ltc_status bad_loss(const run *r, uint64_t step, ltc_error *err)
{
    return ltc_fail(err, LTC_ENUMERIC, "the training loss is not finite at step %llu (learning rate %g); "
                    "try a smaller train.optimizer.lr or a warm-up", (unsigned long long)step,
                    lt_schedule_rate(r->t->schedule, step));
}

/* One span: writes it down, has it trained, counts it. */
static ltc_status train_span(run *r, ltc_error *err)
{
    const uint64_t due = next_evaluation(r->t, r->step) - r->step;
    const uint32_t n = r->span < due ? r->span : (uint32_t)due;
    lt_span span = {
        .first_step = r->step, .n_steps = n, .row = r->row, .lr = r->lr, .key_augment = r->t->key_augment,
        .key_dropout = r->t->key_dropout, .loss = r->loss, .correct = r->correct, .bad_step = UINT64_MAX,
    };
    lt_order_rows(&r->order, r->step, n, r->row);
    for (uint32_t i = 0; i < n; i++)
        r->lr[i] = (float)lt_schedule_rate(r->t->schedule, r->step + i);

    const double before = r->w->now_s(r->w->arg);
    ltc_status st = lt_session_train(r->session, &span, err);
    const double took = r->w->now_s(r->w->arg) - before;
    if (st)
        return st;
    const uint32_t done = span.bad_step == UINT64_MAX ? n : (uint32_t)(span.bad_step - r->step);
    for (uint32_t i = 0; i < done; i++)
        r->loss_sum += (double)r->loss[i], r->hits += r->correct[i];
    r->step += done;
    r->counted += done;
    r->result->train_s += took;
    if (took < SPAN_S / 2 && r->span < r->room)
        r->span = 2 * r->span < r->room ? 2 * r->span : r->room;
    else if (took > 2 * SPAN_S && r->span > 1)
        r->span /= 2;
    return done < n ? bad_loss(r, span.bad_step, err) : LTC_OK;
}

/* The training split at the best state: measured once, after the end. */
static ltc_status measure_best(run *r, ltc_error *err)
{
    lt_evaluation *best = &r->result->best;
    if (best->step == UINT64_MAX)
        return LTC_OK;
    if (best->step == r->t->steps) {
        *best = r->result->end;
        return LTC_OK;
    }
    const ltc_status st = lt_session_put(r->session, r->best, err);
    return st ? st : evaluate_split(r, LT_TRAIN, best, err);
}

static ltc_status steps(run *r, ltc_error *err)
{
    ltc_status st = evaluate(r, err);
    while (!st && r->step < r->t->steps) {
        if (r->w->stopping(r->w->arg))
            return ltc_fail(err, LTC_ECANCELLED, "stopped at step %llu", (unsigned long long)r->step);
        st = train_span(r, err);
        if (st)
            break;
        const lt_progress p = progress_of(r);
        r->w->stepped(r->w->arg, &p);
        if (r->step == r->t->steps || r->step % r->t->evaluate_every == 0)
            st = evaluate(r, err);
    }
    return st;
}

ltc_status lt_trainer_run(lt_session *s, const lt_training *t, const lt_watcher *w, lt_state *state, lt_state *best,
                          lt_result *result, ltc_error *err)
{
    run r = { .session = s, .t = t, .w = w, .state = state, .best = best, .result = result, .started_s = w->now_s(w->arg) };
    *result = (lt_result){ .best.step = UINT64_MAX };
    ltc_status st = open_run(&r, err);
    if (!st)
        st = lt_session_put(s, state, err);
    if (!st) {
        st = steps(&r, err);
        result->stopped_at = r.step;
        ltc_error again = { .message = "" };
        const ltc_status got = lt_session_get(s, state, &again);
        if (!st && got) {
            *err = again;
            st = got;
        }
    }
    if (!st)
        st = measure_best(&r, err);
    close_run(&r);
    return st;
}
