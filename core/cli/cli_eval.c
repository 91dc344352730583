/* `ltcore eval`: loss and accuracy of stored weights on the splits of a configuration's data. */
#include "cli/setup.h"
#include "cli/ticket_place.h"
#include "plan/experiment.h"
#include "plan/weights.h"
#include "util/figures.h"

/* Everything open at once. */
typedef struct work {
    const lt_setup *setup;
    const char     *path;
    lt_tensors      weights;
    lt_experiment   experiment;
    lt_regime       regime;
    lt_device       device;
    lt_session     *session;
    lt_state        state;
    lt_evaluation   found;
} work;

static void close_work(work *k)
{
    lt_session_close(k->session);
    lt_device_close(&k->device);
    lt_state_free(&k->state);
    lt_regime_close(&k->regime);
    lt_experiment_close(&k->experiment);
    lt_tensors_free(&k->weights);
}

static bool holds_masks(const lt_tensors *t)
{
    bool all = t->n > 0;
    for (size_t i = 0; i < t->n; i++)
        all = all && t->v[i].type == LTC_U8;
    return all;
}

/* Names all that does not fit, not the first alone. */
static bool fits(const work *k)
{
    lt_diags wrong = { 0 };
    lt_weights_check(&k->weights, k->state.graph, k->path, &wrong);
    const bool all = !wrong.n;
    lt_diags_print(&wrong, k->setup->world->err);
    lt_diags_free(&wrong);
    return all;
}

static ltc_status take_weights(work *k, ltc_error *err)
{
    const ltc_status st = lt_state_create(&k->experiment.graph.view, &k->state, err);
    if (st)
        return st;
    if (holds_masks(&k->weights))
        return ltc_fail(err, LTC_EINVAL,
                        "%s: holds a mask and no weights; those of a ticket are in its start, best and "
                        "end.safetensors",
                        k->path);
    if (!fits(k))
        return ltc_fail(err, LTC_EINVAL, "%s: does not fit the network of the configuration", k->path);
    lt_weights_take(&k->weights, &k->state);
    return LTC_OK;
}

static ltc_status open_session(work *k, ltc_error *err)
{
    const lt_plugin_setting *p = &k->setup->settings.backend.plugin;
    const lt_program_request r = lt_regime_program(&k->regime);
    ltc_status st = lt_device_open(p->module, p->options, &k->setup->services, &k->device, err);
    if (!st)
        st = lt_device_load(&k->device, &k->experiment.data, err);
    if (!st)
        st = lt_session_open(&k->device, &r, &k->session, err);
    if (!st)
        lt_session_put(k->session, &k->state);
    return st;
}

static double now_of(void *arg)
{
    return ((const work *)arg)->setup->world->now_s();
}

static bool stopping(void *arg)
{
    return ((const work *)arg)->setup->world->cancelled(NULL);
}

static ltc_status evaluate(work *k, ltc_error *err)
{
    const lt_watcher w = { .arg = k, .now_s = now_of, .stopping = stopping };
    ltc_status st = LTC_OK;
    for (uint32_t s = 0; s < LT_SPLITS && !st; s++)
        st = lt_evaluate(k->session, &k->experiment.data, s, &w, &k->found, err);
    return st;
}

static void print_splits(const work *k)
{
    FILE *to = k->setup->world->out;
    lt_figure n;
    fprintf(to, "%-10s  %12s  %10s  %10s\n", "split", "samples", "loss", "accuracy");
    for (uint32_t s = 0; s < LT_SPLITS; s++)
        if (k->found.n[s])
            fprintf(to, "%-10s  %12s  %10.6f  %8.2f %%\n", lt_split_name(s),
                    lt_figure_count(k->found.n[s], &n), lt_evaluation_loss(&k->found, s),
                    100 * lt_evaluation_accuracy(&k->found, s));
}

static ltc_status run(work *k, ltc_error *err)
{
    ltc_status st = lt_safetensors_read(k->path, &k->weights, err);
    if (!st)
        st = lt_experiment_open(&k->experiment, NULL, err);
    if (!st)
        st = lt_regime_open(&k->experiment, &k->setup->settings, &k->regime, err);
    if (!st)
        st = take_weights(k, err);
    if (!st)
        st = open_session(k, err);
    if (!st)
        st = evaluate(k, err);
    if (!st)
        print_splits(k);
    return st;
}

static int evaluate_file(const lt_world *w, const lt_arguments *a, const char *path)
{
    lt_setup s;
    ltc_error err = { .message = "" };
    int code = lt_setup_open(w, a, &s);
    if (code)
        return code;
    work k = { .setup = &s, .path = path,
               .experiment = { .settings = &s.settings, .services = &s.services } };
    const ltc_status st = run(&k, &err);
    if (st)
        code = lt_setup_failed(&s, st, &err);
    close_work(&k);
    lt_setup_close(&s);
    return code;
}

int lt_cli_eval(const lt_world *w, const lt_arguments *a)
{
    lt_ticket_place p;
    int code = lt_ticket_find(w, a->rest[0], &p);
    const char *path = p.file ? p.file : p.role[LT_ROLE_BEST];
    if (!code && !path) {
        lt_cli_say(w, "%s: this ticket has no best.safetensors; name the file to evaluate", a->rest[0]);
        code = LT_EXIT_USAGE;
    }
    if (!code)
        code = evaluate_file(w, a, path);
    lt_arena_free(&p.arena);
    return code;
}
