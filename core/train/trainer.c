/* Owns the plan of the span at hand. Used by trajectories. */
#include "train/trainer.h"

#include <math.h>
#include <stdlib.h>

#include "util/memory.h"

enum { FIRST_PART = 256 };                    /* samples */
static const double SPAN_S = 0.25;            /* how long a span should take: an
                                               * interruption waits no longer */

struct lt_trainer {
    lt_session       *session;
    const lt_training *t;
    const lt_watcher *w;
    lt_order          order;
    uint32_t          span, room;             /* steps in the next span; steps the arrays hold */
    uint32_t         *row, *correct;
    float            *lr, *loss;
    uint64_t          planned_from;           /* row and lr are those of steps from here on */
    uint32_t          planned, pad;           /* so many */
    double            spent_s, loss_sum;      /* since lt_trainer_forget: sum of losses, hits, steps */
    uint64_t          hits, counted;
    bool              bad;
};

double lt_evaluation_loss(const lt_evaluation *e, uint32_t split)
{
    return e->n[split] ? e->loss[split] / (double)e->n[split] : NAN;
}

double lt_evaluation_accuracy(const lt_evaluation *e, uint32_t split)
{
    return e->n[split] ? (double)e->correct[split] / (double)e->n[split] : NAN;
}

/* In parts, each twice as long as the one before unless that took long; no bit depends on their lengths. */
ltc_status lt_evaluate(lt_session *s, const lt_data *d, uint32_t split, const lt_watcher *w, lt_evaluation *e,
                       ltc_error *err)
{
    const uint64_t n = d->split[split].n;
    lt_part part = { .split = split };
    ltc_status st = LTC_OK;
    for (uint64_t most = FIRST_PART; part.first < n && !st; part.first += part.n) {
        const double before = w->now_s(w->arg);
        if (w->stopping(w->arg))
            return ltc_fail(err, LTC_ECANCELLED, "stopped in the middle of an evaluation");
        part.n = most < n - part.first ? most : n - part.first;
        st = lt_session_eval(s, &part, err);
        if (part.n && w->now_s(w->arg) - before < SPAN_S / 2)
            most *= 2;
    }
    if (!st)
        e->n[split] = n, e->loss[split] = part.loss, e->correct[split] = part.correct;
    return st;
}

ltc_status lt_trainer_open(lt_session *s, const lt_training *training, const lt_watcher *w,
                           lt_trainer **trainer, ltc_error *err)
{
    lt_trainer *t = lt_array(1, sizeof *t);
    if (!t)
        return ltc_fail(err, LTC_ENOMEM, "no memory to plan steps");
    *t = (lt_trainer){ .session = s, .t = training, .w = w, .span = 1 };
    t->room = training->steps < LT_MOST_SPAN ? (uint32_t)training->steps : LT_MOST_SPAN;
    t->row = lt_array(t->room, sizeof *t->row * training->batch);
    t->correct = lt_array(t->room, sizeof *t->correct);
    t->lr = lt_array(t->room, sizeof *t->lr);
    t->loss = lt_array(t->room, sizeof *t->loss);
    ltc_status st = t->row && t->correct && t->lr && t->loss
                        ? LTC_OK
                        : ltc_fail(err, LTC_ENOMEM, "no memory to plan steps");
    if (!st && training->steps)
        st = lt_order_open(training->key_order, training->data->split[LT_TRAIN].n, training->batch, &t->order,
                           err);
    if (st)
        lt_trainer_close(t);
    else
        *trainer = t;
    return st;
}

void lt_trainer_close(lt_trainer *t)
{
    if (!t)
        return;
    free(t->row), free(t->correct), free(t->lr), free(t->loss);
    lt_order_close(&t->order);
    free(t);
}

void lt_trainer_forget(lt_trainer *t)
{
    t->loss_sum = 0, t->hits = 0, t->counted = 0;
}

double lt_trainer_seconds(const lt_trainer *t)
{
    return t->spent_s;
}

bool lt_trainer_is_bad(const lt_trainer *t)
{
    return t->bad;
}

static void tell(const lt_trainer *t, uint64_t step)
{
    const double n = t->counted ? (double)t->counted : NAN;
    const lt_progress p = {
        .step = step, .steps = t->t->steps, .batch_loss = t->loss_sum / n,
        .batch_accuracy = (double)t->hits / (n * (double)t->t->batch),
    };
    t->w->stepped(t->w->arg, &p);
}

static ltc_status bad_loss(const lt_trainer *t, uint64_t step, ltc_error *err)
{
    return ltc_fail(err, LTC_ENUMERIC, "the training loss is not finite at step %llu (learning rate %g); "
                    "try a smaller train.optimizer.lr or a warm-up", (unsigned long long)step,
                    lt_schedule_rate(t->t->schedule, step));
}

/* Spans that take too little time double, those that take too long are halved. */
static void adapt(lt_trainer *t, double took)
{
    if (took < SPAN_S / 2 && t->span < t->room)
        t->span = 2 * t->span < t->room ? 2 * t->span : t->room;
    else if (took > 2 * SPAN_S && t->span > 1)
        t->span /= 2;
}

/* Rows and rates of n steps from `step` on; of as many steps again nothing is written down. */
static void plan_span(lt_trainer *t, uint64_t step, uint32_t n)
{
    if (t->planned_from == step && t->planned >= n)
        return;
    lt_order_rows(&t->order, step, n, t->row);
    for (uint32_t i = 0; i < n; i++)
        t->lr[i] = (float)lt_schedule_rate(t->t->schedule, step + i);
    t->planned_from = step, t->planned = n;
}

/* One span of at most `due` steps: writes it down, has it trained, counts it. *step goes forward, if it
 * was this training's turn. The time of a span that several trained is shared out among them. */
static ltc_status train_span(lt_trainer *t, uint64_t due, uint64_t *step, ltc_error *err)
{
    const uint32_t n = t->span < due ? t->span : (uint32_t)due;
    lt_span span = {
        .first_step = *step, .n_steps = n, .row = t->row, .lr = t->lr, .key_augment = t->t->key_augment,
        .key_dropout = t->t->key_dropout, .loss = t->loss, .correct = t->correct,
    };
    plan_span(t, *step, n);
    const double before = t->w->now_s(t->w->arg);
    const ltc_status st = lt_session_train(t->session, &span, t->counted > 0, err);
    const double took = t->w->now_s(t->w->arg) - before;
    if (st || !span.n_steps)
        return st;
    const bool bad = span.bad_step != UINT64_MAX;
    const uint32_t done = bad ? (uint32_t)(span.bad_step - *step) : span.n_steps;
    for (uint32_t i = 0; i < done; i++)
        t->loss_sum += (double)t->loss[i], t->hits += t->correct[i];
    *step += done;
    t->counted += done;
    t->spent_s += took / span.abreast;
    adapt(t, took);
    t->bad = bad;
    return t->bad ? bad_loss(t, span.bad_step, err) : LTC_OK;
}

ltc_status lt_trainer_advance(lt_trainer *t, uint64_t from, uint64_t to, double pause_s, uint64_t *reached,
                              ltc_error *err)
{
    const double start = t->w->now_s(t->w->arg);
    ltc_status st = LTC_OK;
    *reached = from;
    while (!st && *reached < to) {
        if (t->w->stopping(t->w->arg))
            return ltc_fail(err, LTC_ECANCELLED, "stopped at step %llu", (unsigned long long)*reached);
        st = train_span(t, to - *reached, reached, err);
        tell(t, *reached);
        if (pause_s > 0 && t->w->now_s(t->w->arg) - start >= pause_s)
            break;
    }
    return st;
}
