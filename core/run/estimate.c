/* Times a training's first steps and one evaluation. Called for a dry run. */
#include "run/estimate.h"

#include <math.h>
#include <stdlib.h>

#include "data/key.h"
#include "train/init.h"
#include "util/memory.h"

static const double TIMED_S = 0.5;            /* for the steps, and as long for an evaluation */
enum { PART = 256 };                          /* samples evaluated between two looks at the clock */

typedef struct timing {
    double     (*now_s)(void);
    lt_program  *program;
    uint32_t     replicas, pad;
    double       step_s, sample_s;            /* of a step of all replicas; of one sample that all evaluate */
} timing;

/* Of the first n samples of the test split, as many as the time allows. */
static ltc_status time_samples(timing *t, uint64_t n, ltc_error *err)
{
    const double before = t->now_s();
    double took = 0;
    uint64_t done = 0;
    ltc_status st = LTC_OK;
    while (!st && done < n && took < TIMED_S) {
        const uint64_t part = n - done < PART ? n - done : PART;
        for (uint32_t r = 0; r < t->replicas; r++)
            lt_program_note_sums(t->program, r, 0, 0);
        st = lt_program_eval(t->program, LT_TEST, done, part, err);
        done += part;
        took = t->now_s() - before;
    }
    t->sample_s = done ? took / (double)done : 0;
    return st;
}

/* One span, of all replicas alike: what they learn is of no interest. */
static ltc_status train_span(timing *t, const lt_training *training, lt_order *order, uint64_t step,
                             uint32_t n, ltc_error *err)
{
    uint32_t *row = lt_array(n, training->batch * sizeof *row);
    float *lr = lt_array(n, sizeof *lr);
    ltc_status st = row && lr ? LTC_OK : ltc_fail(err, LTC_ENOMEM, "no memory to plan steps");
    for (uint32_t i = 0; i < n && !st; i++)
        lr[i] = (float)lt_schedule_rate(training->schedule, step + i);
    if (!st)
        lt_order_rows(order, step, n, row);
    const lt_span span = { .first_step = step, .n_steps = n, .row = row, .lr = lr,
                           .key_augment = training->key_augment, .key_dropout = training->key_dropout };
    for (uint32_t r = 0; r < t->replicas && !st; r++)
        lt_program_note_span(t->program, r, &span, n);
    if (!st)
        st = lt_program_train(t->program, n, err);
    free(row);
    free(lr);
    return st;
}

/* Spans that double while there is time. */
static ltc_status time_steps(timing *t, const lt_training *training, ltc_error *err)
{
    const double before = t->now_s();
    const uint32_t room = lt_program_room(t->program);
    lt_order order = { 0 };
    double took = 0;
    uint64_t done = 0;
    ltc_status st = training->steps ? lt_order_open(training->key_order, training->data->split[LT_TRAIN].n,
                                                    training->batch, &order, err) : LTC_OK;
    for (uint32_t n = 1; !st && done < training->steps && took < TIMED_S; n = 2 * n < room ? 2 * n : room) {
        n = n < training->steps - done ? n : (uint32_t)(training->steps - done);
        st = train_span(t, training, &order, done, n, err);
        done += n;
        took = t->now_s() - before;
    }
    lt_order_close(&order);
    t->step_s = done ? took / (double)done : 0;
    return st;
}

static ltc_status time_training(timing *t, lt_device *d, const lt_regime *r, ltc_error *err)
{
    const lt_program_request request = lt_regime_program(r);
    const lt_training training = lt_regime_training(r, 0);
    const ltc_graph *g = &r->experiment->graph.view;
    lt_state state = { 0 };
    ltc_status st;
    while ((st = lt_program_open(d, &request, t->replicas, &t->program, err)) == LTC_ENOMEM &&
           t->replicas > 1)
        t->replicas = (t->replicas + 1) / 2;  /* as a run does */
    if (!st)
        st = lt_state_create(g, &state, err);
    if (!st)
        lt_init_state(g, r->settings->arch.init, lt_regime_key(r, LT_KEY_INIT, 0, 0), &state);
    for (uint32_t i = 0; i < t->replicas && !st; i++)
        st = lt_program_put(t->program, i, &state, err);
    if (!st)
        st = time_steps(t, &training, err);
    if (!st)
        st = time_samples(t, training.data->split[LT_TEST].n, err);
    lt_state_free(&state);
    lt_program_close(t->program);
    return st;
}

/* What a person plans by: minutes, hours, days. */
static const char *duration(double seconds, char text[64])
{
    static const struct { double below_s, unit_s; const char *name; } scale[] = {
        { 2 * 3600, 60, "minute" }, { 2 * 86400, 3600, "hour" }, { INFINITY, 86400, "day" },
    };
    size_t i = 0;
    while (seconds >= scale[i].below_s && scale[i].below_s < INFINITY)
        i++;
    const double n = seconds < 60 ? 1 : round(seconds / scale[i].unit_s);
    snprintf(text, 64, "%.0f %s%s", n, scale[i].name, n > 1 ? "s" : "");
    return text;
}

/* Lines may have networks, data or backends of their own, and only main's is timed. */
static bool all_are_alike(const lt_plan *p)
{
    bool alike = true;
    for (uint32_t i = 0; i < p->settings->n_lines; i++)
        alike = alike && p->regime[i].experiment == p->regime[0].experiment;
    return alike;
}

ltc_status lt_estimate(const lt_plan *p, uint64_t trainings, const lt_layout *l, double (*now_s)(void),
                       FILE *to, ltc_error *err)
{
    const uint32_t workers = l->crews * l->seats;
    const uint32_t abreast = trainings < workers ? (uint32_t)trainings : workers;
    const lt_regime *r = &p->regime[0];
    const lt_experiment *e = r->experiment;
    const lt_plugin_setting *backend = &e->settings->backend.plugin;
    timing t = { .now_s = now_s, .replicas = l->seats > 1 && abreast ? abreast : 1 };
    lt_device d = { 0 };
    ltc_status st = lt_device_open(backend->module, backend->options, e->services, &d, err);
    if (!st)
        st = lt_device_load(&d, &e->data, err);
    const uint32_t programs = l->crews < abreast ? l->crews : abreast;
    lt_team_enter(e->services->team, programs);   /* as many processors as it will have beside the others */
    if (!st)
        st = time_training(&t, &d, r, err);
    lt_team_leave(e->services->team, programs);
    lt_device_close(&d);
    if (st)
        return st;
    uint64_t n = 0;
    for (uint32_t i = 0; i < p->n_jobs; i++)
        n += p->job[i].trains;
    const double steps = n ? (double)lt_plan_steps(p) / (double)n : 0;       /* of a training, on average */
    const double evaluations = floor(steps / (double)r->evaluate_every) + 2,
                 samples = (double)(e->data.split[LT_VALIDATION].n + e->data.split[LT_TEST].n),
                 each = steps * t.step_s + evaluations * samples * t.sample_s,
                 all = trainings ? each * (double)trainings / (l->seats > 1 ? t.replicas : abreast) : 0;
    char text[64];
    const bool cohort = l->seats > 1;
    fprintf(to, "about %s %s %u %s%s at %.3g ms a step%s\n", duration(all, text),
            cohort ? "in a cohort of" : "on", workers, cohort ? "training" : "worker",
            workers == 1 ? "" : "s", 1000 * t.step_s,
            all_are_alike(p) ? "" : ", if every training takes what main's does");
    return LTC_OK;
}
