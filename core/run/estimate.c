/* Times a training's first steps and one evaluation. Called for a dry run. */
#include "run/estimate.h"

#include <math.h>

#include "data/key.h"
#include "train/init.h"

static const double TIMED_S = 0.5;            /* for the steps, and as long for an evaluation */
enum { PART = 256 };                          /* samples evaluated between two looks at the clock */

typedef struct timing {
    double  (*now_s)(void);
    double    step_s, sample_s;               /* of a training step; of one sample evaluated */
} timing;

static double clock_of(void *arg)
{
    return ((const timing *)arg)->now_s();
}

static bool never(void *arg)
{
    (void)arg;
    return false;
}

static void ignore(void *arg, const lt_progress *p)
{
    (void)arg, (void)p;
}

/* Of the first n samples of the test split, as many as the time allows. */
static ltc_status time_samples(timing *t, lt_session *s, uint64_t n, ltc_error *err)
{
    const double before = t->now_s();
    double loss = 0, took = 0;
    uint64_t correct = 0, done = 0;
    ltc_status st = LTC_OK;
    while (!st && done < n && took < TIMED_S) {
        const uint64_t part = n - done < PART ? n - done : PART;
        st = lt_session_eval(s, LT_TEST, done, part, &loss, &correct, err);
        done += part;
        took = t->now_s() - before;
    }
    t->sample_s = done ? took / (double)done : 0;
    return st;
}

static ltc_status time_steps(timing *t, lt_session *s, const lt_training *training, ltc_error *err)
{
    const lt_watcher w = { .arg = t, .now_s = clock_of, .stopping = never, .stepped = ignore };
    lt_trainer *trainer = NULL;
    uint64_t reached = 0;
    ltc_status st = lt_trainer_open(s, training, &w, &trainer, err);
    if (!st)
        st = lt_trainer_advance(trainer, 0, training->steps, TIMED_S, &reached, err);
    if (!st && reached)
        t->step_s = lt_trainer_seconds(trainer) / (double)reached;
    lt_trainer_close(trainer);
    return st ? st : time_samples(t, s, training->data->split[LT_TEST].n, err);
}

static ltc_status time_training(timing *t, lt_device *d, const lt_regime *r, ltc_error *err)
{
    const lt_session_request request = lt_regime_session(r);
    const lt_training training = lt_regime_training(r, 0);
    const ltc_graph *g = &r->experiment->graph.view;
    lt_session *s = NULL;
    lt_state state = { 0 };
    ltc_status st = lt_session_open(d, &request, &s, err);
    if (!st)
        st = lt_state_create(g, &state, err);
    if (!st) {
        lt_init_state(g, r->settings->arch.init, lt_regime_key(r, LT_KEY_INIT, 0, 0), &state);
        st = lt_session_put(s, &state, err);
    }
    if (!st)
        st = time_steps(t, s, &training, err);
    lt_state_free(&state);
    lt_session_close(s);
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

ltc_status lt_estimate(const lt_plan *p, uint64_t trainings, uint32_t workers, double (*now_s)(void), FILE *to,
                       ltc_error *err)
{
    const lt_regime *r = &p->regime[0];
    const lt_experiment *e = r->experiment;
    const lt_plugin_setting *backend = &e->settings->backend.plugin;
    timing t = { .now_s = now_s };
    lt_device d = { 0 };
    ltc_status st = lt_device_open(backend->module, backend->options, e->services, &d, err);
    if (!st)
        st = lt_device_load(&d, &e->data, err);
    const uint32_t abreast = trainings < workers ? (uint32_t)trainings : workers;
    lt_team_enter(e->services->team, abreast);                /* as many processors as it will have beside the others */
    if (!st)
        st = time_training(&t, &d, r, err);
    lt_team_leave(e->services->team, abreast);
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
                 all = trainings ? each * (double)trainings / abreast : 0;
    char text[64];
    fprintf(to, "about %s on %u worker%s at %.3g ms a step\n", duration(all, text), workers, workers == 1 ? "" : "s",
            1000 * t.step_s);
    return LTC_OK;
}
