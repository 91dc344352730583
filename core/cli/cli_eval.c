/* `ltcore eval`: loss and accuracy of stored weights on the splits of a configuration's data. */
#include <string.h>

#include "cli/figures.h"
#include "cli/setup.h"
#include "cli/ticket_place.h"
#include "plan/experiment.h"
#include "store/layout.h"

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
    size_t          wrong;                    /* tensors that do not fit */
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

/* What only an optimizer reads: a state of the store has it, a ticket has not. */
static bool belongs_to_optimizer(const char *name)
{
    return !strncmp(name, "slot1/", 6) || !strncmp(name, "slot2/", 6) || !strcmp(name, "clock");
}

static bool same_shape(const lt_tensor *t, const ltc_value *v)
{
    bool same = t->rank == v->rank;
    for (uint32_t i = 0; i < v->rank && same; i++)
        same = t->dim[i] == v->dim[i];
    return same;
}

/* One parameter of the network: there, of its type and shape, and then copied. */
static void take_param(work *k, uint32_t p)
{
    const lt_world *w = k->setup->world;
    const ltc_param *param = ltc_graph_param(k->state.graph, p);
    const ltc_value *v = ltc_graph_value(k->state.graph, param->value);
    const lt_tensor *t = lt_tensors_find(&k->weights, param->name);
    lt_figure theirs, ours;
    k->wrong++;
    if (!t) {
        lt_cli_say(w, "%s: %s is missing: the network has it, as %s", k->path, param->name,
                   lt_figure_shape(v->dim, v->rank, &ours));
    } else if (t->type != LTC_F32) {
        lt_cli_say(w, "%s: %s is of type %s; weights are F32", k->path, param->name, lt_type_name(t->type));
    } else if (!same_shape(t, v)) {
        lt_cli_say(w, "%s: %s is %s; the network's is %s", k->path, param->name,
                   lt_figure_shape(t->dim, t->rank, &theirs), lt_figure_shape(v->dim, v->rank, &ours));
    } else {
        memcpy(k->state.value[p], t->data, t->n * sizeof(float));
        k->wrong--;
    }
}

static void find_unexpected(work *k)
{
    const ltc_graph *g = k->state.graph;
    for (size_t i = 0; i < k->weights.n; i++) {
        const char *name = k->weights.v[i].name;
        uint32_t p = 0;
        while (p < g->n_params && strcmp(ltc_graph_param(g, p)->name, name))
            p++;
        if (p < g->n_params || belongs_to_optimizer(name))
            continue;
        lt_cli_say(k->setup->world, "%s: %s is unexpected: the network has nothing of that name", k->path,
                   name);
        k->wrong++;
    }
}

static bool holds_masks(const lt_tensors *t)
{
    bool all = t->n > 0;
    for (size_t i = 0; i < t->n; i++)
        all = all && t->v[i].type == LTC_U8;
    return all;
}

/* Names all that does not fit, not the first alone. */
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
    for (uint32_t p = 0; p < k->state.graph->n_params; p++)
        take_param(k, p);
    find_unexpected(k);
    return k->wrong ? ltc_fail(err, LTC_EINVAL, "%s: does not fit the network of the configuration", k->path)
                    : LTC_OK;
}

static ltc_status open_session(work *k, ltc_error *err)
{
    const lt_plugin_setting *p = &k->setup->settings.backend.plugin;
    const lt_session_request r = lt_regime_session(&k->regime);
    ltc_status st = lt_device_open(p->module, p->options, &k->setup->services, &k->device, err);
    if (!st)
        st = lt_device_load(&k->device, &k->experiment.data, err);
    if (!st)
        st = lt_session_open(&k->device, &r, &k->session, err);
    return st ? st : lt_session_put(k->session, &k->state, err);
}

static ltc_status evaluate(work *k, ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (uint32_t s = 0; s < LT_SPLITS && !st; s++) {
        if (k->setup->world->cancelled(NULL))
            return ltc_fail(err, LTC_ECANCELLED, "stopped before all splits were evaluated");
        st = lt_evaluate(k->session, &k->experiment.data, s, &k->found, err);
    }
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
        st = lt_experiment_open(&k->setup->settings, &k->setup->services, &k->experiment, err);
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
    work k = { .setup = &s, .path = path };
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
