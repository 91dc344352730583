/* Owns what the trainings of a run share, and turns settings into numbers of steps. */
#include "plan/experiment.h"

#include <stdlib.h>
#include <string.h>

#include "config/moment.h"
#include "data/key.h"
#include "data/order.h"
#include "plan/identity.h"
#include "plan/weights.h"
#include "prune/selection.h"
#include "train/init.h"
#include "util/file.h"

static ltc_status load_data(lt_experiment *e, const lt_experiment *data_of, ltc_error *err)
{
    const lt_settings *s = e->settings;
    ltc_status st = LTC_OK;
    const lt_data_request r = {
        .reader = s->dataset.plugin.module, .options = s->dataset.plugin.options, .services = e->services,
        .validation = (uint64_t)s->dataset.validation,
        .key_split = lt_key_make((uint64_t)s->dataset.validation_seed, LT_KEY_SPLIT, 0, 0),
    };
    e->borrows = data_of != NULL;
    if (data_of)
        e->data = data_of->data;
    else
        st = lt_data_load(&r, &e->data, err);
    return st ? st : lt_normalisation_make(&e->data, (uint32_t)s->dataset.normalise, &e->normalisation, err);
}

static ltc_status build_graph(lt_experiment *e, ltc_error *err)
{
    const lt_graph_request r = {
        .arch = e->settings->arch.plugin.module, .options = e->settings->arch.plugin.options,
        .n_classes = e->data.n_classes, .rank = e->data.rank, .dim = e->data.dim,
    };
    return lt_graph_build(&r, &e->graph, err);
}

/* The first that does not fit says enough; `ltcore eval FILE` lists all. */
static ltc_status check_weights(const lt_experiment *e, ltc_error *err)
{
    lt_diags wrong = { 0 };
    ltc_status st = LTC_OK;
    lt_weights_check(&e->weights, &e->graph.view, e->settings->arch.weights, &wrong);
    if (wrong.n == 1)
        st = ltc_fail_opt(err, "arch.weights", "%s", lt_diags_first(&wrong));
    else if (wrong.n)
        st = ltc_fail_opt(err, "arch.weights", "%s; and %zu more do not fit", lt_diags_first(&wrong),
                          wrong.n - 1);
    lt_diags_free(&wrong);
    return st;
}

static ltc_status load_weights(lt_experiment *e, ltc_error *err)
{
    if (!e->settings->arch.weights)
        return LTC_OK;
    ltc_status st = lt_safetensors_read(e->settings->arch.weights, &e->weights, err);
    if (st) {
        snprintf(err->option, sizeof err->option, "arch.weights");
        return st == LTC_ENOMEM ? st : LTC_EOPTION;
    }
    st = check_weights(e, err);
    return st ? st : lt_tensors_digest(&e->weights, &e->weights_digest, err);
}

static ltc_status ask_backend(lt_experiment *e, ltc_error *err)
{
    const lt_plugin_setting *p = &e->settings->backend.plugin;
    lt_device d = { 0 };
    const ltc_status st = lt_device_open(p->module, p->options, e->services, &d, err);
    memcpy(e->backend, d.identity, sizeof e->backend);
    lt_device_close(&d);
    return st;
}

ltc_status lt_experiment_open(lt_experiment *e, const lt_experiment *data_of, ltc_error *err)
{
    ltc_status st = load_data(e, data_of, err);
    if (!st)
        st = build_graph(e, err);
    if (!st)
        st = load_weights(e, err);
    if (!st)
        st = ask_backend(e, err);
    if (!st)
        st = lt_identity_open(e, e->backend, &e->identity, err);
    if (st)
        lt_experiment_close(e);
    return st;
}

void lt_experiment_close(lt_experiment *e)
{
    lt_tensors_free(&e->weights);
    lt_graph_free(&e->graph);
    lt_normalisation_free(&e->normalisation);
    if (!e->borrows)
        lt_data_free(&e->data);
    e->data = (lt_data){ 0 };
}

static uint32_t role_bits(ltc_strings names)
{
    static const struct { const char *name; uint32_t bits; } role[] = {
        { "weight", LTC_ROLE_WEIGHT | LTC_ROLE_SCORE }, { "bias", LTC_ROLE_BIAS },
        { "norm", LTC_ROLE_NORM_GAIN | LTC_ROLE_NORM_BIAS },
    };
    uint32_t bits = 0;
    for (uint64_t i = 0; i < names.n; i++)
        for (size_t j = 0; j < sizeof role / sizeof role[0]; j++)
            bits |= strcmp(names.v[i], role[j].name) ? 0 : role[j].bits;
    return bits;
}

static ltc_optimizer optimizer_of(const lt_train_settings *t)
{
    static const uint32_t kind[] = {
        [LT_OPTIMIZER_SGD] = LTC_SGD, [LT_OPTIMIZER_ADAM] = LTC_ADAM, [LT_OPTIMIZER_ADAMW] = LTC_ADAMW,
    };
    return (ltc_optimizer){
        .size = sizeof(ltc_optimizer), .kind = kind[t->optimizer.type],
        .nesterov = t->optimizer.nesterov != 0, .decay_roles = role_bits(t->optimizer.decay),
        .l1_roles = t->optimizer.bn_l1 > 0 ? LTC_ROLE_NORM_GAIN : 0,
        .momentum = t->optimizer.momentum, .beta1 = t->optimizer.beta1, .beta2 = t->optimizer.beta2,
        .eps = t->optimizer.eps, .weight_decay = t->optimizer.weight_decay, .l1 = t->optimizer.bn_l1,
    };
}

static ltc_status check_steps(const lt_regime *r, ltc_error *err)
{
    const lt_settings *s = r->settings;
    if (s->train.report_at == LT_REPORT_BEST && !r->experiment->data.split[LT_VALIDATION].n)
        return ltc_fail(err, LTC_EINVAL, "train.report_at is \"best\", which needs validation samples; "
                        "set dataset.validation, or report_at = \"end\"");
    if (s->prune.strategy != LT_STRATEGY_NONE && s->prune.draw_at.kind == LT_MOMENT_BEST &&
        !r->experiment->data.split[LT_VALIDATION].n)
        return ltc_fail(err, LTC_EINVAL,
                        "prune.draw_at is \"best\", which needs validation samples; set dataset.validation");
    if (r->rewind_to > r->steps)
        return ltc_fail(err, LTC_EINVAL, "prune.rewind_to is step %llu, but a training has %llu",
                        (unsigned long long)r->rewind_to, (unsigned long long)r->steps);
    if (s->prune.draw_at.kind != LT_MOMENT_BEST && r->draw_at > r->steps)
        return ltc_fail(err, LTC_EINVAL, "prune.draw_at is step %llu, but a training has %llu",
                        (unsigned long long)r->draw_at, (unsigned long long)r->steps);
    return LTC_OK;
}

/* Each check keeps a state of the dense network, and tells every pair of masks apart. */
static ltc_status check_checks(const lt_regime *r, ltc_error *err)
{
    enum { MOST = 200 };
    const uint64_t n = r->check_every ? r->steps / r->check_every : 0;
    const uint64_t window = (uint64_t)r->settings->prune.early_bird.window;
    if (!r->check_every || (n >= window && n <= MOST))
        return LTC_OK;
    return ltc_fail(err, LTC_EINVAL,
                    "prune.early_bird.check_every gives %llu masks in a training of %llu steps; "
                    "choose it so that there are from %llu, the window, to %d",
                    (unsigned long long)n, (unsigned long long)r->steps, (unsigned long long)window, MOST);
}

/* Of the levels below the dense network. */
static ltc_status check_retrain_steps(const lt_regime *r, ltc_error *err)
{
    const lt_settings *s = r->settings;
    const bool chained = s->prune.strategy != LT_STRATEGY_ONE_SHOT,
               at_a_step = lt_moment_is_span(s->prune.draw_at);
    if (s->prune.kept == LT_KEPT_REWIND && r->rewind_to > r->steps)
        return ltc_fail(err, LTC_EINVAL, "prune.rewind_to is step %llu, but by retrain a training has %llu",
                        (unsigned long long)r->rewind_to, (unsigned long long)r->steps);
    if (chained && at_a_step && r->draw_at > r->steps)
        return ltc_fail(err, LTC_EINVAL, "prune.draw_at is step %llu, but by retrain a training has %llu",
                        (unsigned long long)r->draw_at, (unsigned long long)r->steps);
    return LTC_OK;
}

/* The tensors that can be pruned, in the order of the network. */
static ltc_status list_layers(lt_regime *r, const uint8_t *eligible, ltc_error *err)
{
    const uint32_t n = r->experiment->graph.view.n_params;
    r->layer = lt_array(n, sizeof *r->layer);
    for (uint32_t p = 0; r->layer && p < n; p++)
        if (eligible[p])
            r->layer[r->n_layers++] = p;
    return r->layer ? LTC_OK : ltc_fail(err, LTC_ENOMEM, "no memory for a list of layers");
}

static ltc_status check_strategy(const lt_regime *r, ltc_error *err)
{
    const lt_settings *s = r->settings;
    const ltc_graph *g = &r->experiment->graph.view;
    const uint64_t amounts = s->prune.rate.n + s->prune.sparsity.n + s->prune.density.n;
    if (s->prune.strategy != LT_STRATEGY_LAYERWISE && s->prune.strategy != LT_STRATEGY_SENSITIVITY)
        return LTC_OK;
    if (r->criterion_flags & LTC_MASK_OWN_COUNT)
        return ltc_fail_opt(err, "plugin", "%s fixes its own count over all tensors, and this strategy "
                            "prunes one at a time", s->prune.mask.name);
    if (s->prune.strategy == LT_STRATEGY_LAYERWISE && amounts > 1 && amounts != r->n_layers)
        return ltc_fail(err, LTC_EINVAL, "strategy \"layerwise\" has %llu amounts, one a tensor, and this "
                        "network has %u tensors to prune: %s to %s; write one amount, or %u",
                        (unsigned long long)amounts, r->n_layers, ltc_graph_param(g, r->layer[0])->name,
                        ltc_graph_param(g, r->layer[r->n_layers - 1])->name, r->n_layers);
    return LTC_OK;
}

static ltc_status check_pruning(lt_regime *r, ltc_error *err)
{
    const lt_experiment *e = r->experiment;
    const lt_plugin_setting *mask = &r->settings->prune.mask;
    uint8_t *eligible = lt_array(e->graph.view.n_params, 1);
    lt_layer_budget *layer = lt_array(e->graph.view.n_params, sizeof *layer);
    lt_text content = { 0 };
    ltc_status st = eligible && layer ? LTC_OK : ltc_fail(err, LTC_ENOMEM, "no memory for a mask");
    if (!st)
        st = lt_eligible(&e->graph.view, r->settings, eligible, err);
    if (!st)
        st = lt_layer_budgets(&e->graph.view, r->settings, eligible, layer, err);
    if (!st)
        st = lt_criterion_flags(mask->module, mask->options, e->services, &r->criterion_flags, err);
    if (!st)
        st = lt_selection_check(r->settings, r->criterion_flags, err);
    if (!st)
        st = list_layers(r, eligible, err);
    if (!st)
        st = check_strategy(r, err);
    if (!st)
        st = lt_file_read(mask->module->path, &content, err);
    if (!st && !lt_digest_of(content.s, content.n, &r->criterion))
        st = ltc_fail(err, LTC_EINTERNAL, "libcrypto cannot compute a SHA-256");
    lt_text_free(&content);
    free(layer);
    free(eligible);
    return st;
}

/* Lengths of what `t` trains, on the network of an experiment. */
static ltc_status open_training(const lt_experiment *e, const lt_settings *s, const lt_train_settings *t,
                                const char *group, lt_regime *r, ltc_error *err)
{
    const uint64_t n = e->data.split[LT_TRAIN].n, batch = (uint64_t)t->batch_size;
    if (n < batch)
        return ltc_fail(err, LTC_EINVAL, "%s.batch_size is %llu, but only %llu samples are left for training",
                        group, (unsigned long long)batch, (unsigned long long)n);
    const uint64_t epoch = lt_order_steps_per_epoch(n, batch);
    if (t->epochs > 0 && (uint64_t)t->epochs > INT64_MAX / epoch)
        return ltc_fail(err, LTC_EINVAL, "%s.epochs is %lld: more steps than can be counted", group,
                        (long long)t->epochs);
    const uint64_t steps = t->steps >= 0 ? (uint64_t)t->steps : (uint64_t)t->epochs * epoch;
    *r = (lt_regime){
        .experiment = e, .settings = s, .optimizer = optimizer_of(t), .batch = batch,
        .steps_per_epoch = epoch, .steps = steps,
        .evaluate_every = lt_moment_step(t->evaluate_every, epoch, steps),
    };
    return lt_schedule_open(t, epoch, steps, &r->schedule, err);
}

ltc_status lt_regime_open(const lt_experiment *e, const lt_settings *s, lt_regime *r, ltc_error *err)
{
    ltc_status st = open_training(e, s, &s->train, "train", r, err);
    if (st)
        return st;
    r->rewind_to = lt_moment_step(s->prune.rewind_to, r->steps_per_epoch, r->steps);
    r->draw_at = lt_moment_step(s->prune.draw_at, r->steps_per_epoch, r->steps);
    if (s->prune.strategy == LT_STRATEGY_NONE)
        r->rewind_to = 0, r->draw_at = r->steps;
    if (s->prune.strategy == LT_STRATEGY_EARLY_BIRD)
        r->check_every = lt_moment_step(s->prune.early_bird.check_every, r->steps_per_epoch, r->steps);
    st = check_steps(r, err);
    if (!st && e->graph.view.n_params)
        st = check_checks(r, err);
    if (!st && s->prune.strategy != LT_STRATEGY_NONE && e->graph.view.n_params)
        st = check_pruning(r, err);           /* who only counts levels has no network to ask */
    return st;
}

ltc_status lt_regime_open_retrain(const lt_regime *dense, lt_regime *r, ltc_error *err)
{
    const lt_settings *s = dense->settings;
    ltc_status st = open_training(dense->experiment, s, &s->retrain.train, "retrain", r, err);
    if (st)
        return st;
    r->rewind_to = dense->rewind_to, r->draw_at = dense->draw_at, r->check_every = dense->check_every;
    r->criterion = dense->criterion, r->criterion_flags = dense->criterion_flags;
    r->goes_on = s->retrain.from == LT_FROM_DRAWN;
    r->layer = lt_array(dense->n_layers, sizeof *r->layer);
    if (!r->layer)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a list of layers");
    r->n_layers = dense->n_layers;
    if (r->n_layers)
        memcpy(r->layer, dense->layer, r->n_layers * sizeof *r->layer);
    return r->goes_on ? LTC_OK : check_retrain_steps(r, err);
}

void lt_regime_close(lt_regime *r)
{
    lt_schedule_close(&r->schedule);
    free(r->layer);
    r->layer = NULL;
}

bool lt_regime_fits(const lt_regime *a, const lt_regime *b)
{
    return a->experiment == b->experiment && a->batch == b->batch && a->evaluate_every == b->evaluate_every &&
           a->settings->dataset.augment == b->settings->dataset.augment &&
           !memcmp(&a->optimizer, &b->optimizer, sizeof a->optimizer);
}

lt_program_request lt_regime_program(const lt_regime *r)
{
    return (lt_program_request){
        .graph = &r->experiment->graph, .optimizer = &r->optimizer,
        .input = &r->experiment->normalisation.input,
        .batch = (uint32_t)r->batch,
        .augment = r->settings->dataset.augment == LT_AUGMENT_CROP_FLIP ?
                       LTC_AUGMENT_CROP | LTC_AUGMENT_FLIP : 0,
    };
}

ltc_key lt_regime_key(const lt_regime *r, uint32_t purpose, uint64_t trial, uint64_t instance)
{
    static const uint32_t varies[] = {
        [LT_KEY_INIT] = LT_VARY_INIT, [LT_KEY_ORDER] = LT_VARY_ORDER, [LT_KEY_AUGMENT] = LT_VARY_AUGMENT,
        [LT_KEY_DROPOUT] = LT_VARY_DROPOUT, [LT_KEY_MASK] = LT_VARY_MASK, [LT_KEY_REINIT] = LT_VARY_INIT,
        [LT_KEY_SPLIT] = 0,
    };
    const bool own = r->settings->run.vary_bits & varies[purpose];
    return lt_key_make((uint64_t)r->settings->run.seed, purpose, own ? trial : 0, instance);
}

void lt_regime_initial(const lt_regime *r, uint64_t trial, lt_state *s)
{
    const lt_experiment *e = r->experiment;
    if (e->settings->arch.weights)
        lt_weights_take(&e->weights, s);
    else
        lt_init_state(&e->graph.view, r->settings->arch.init, lt_regime_key(r, LT_KEY_INIT, trial, 0), s);
}

lt_training lt_regime_training(const lt_regime *r, uint64_t trial)
{
    return (lt_training){
        .data = &r->experiment->data, .schedule = &r->schedule, .batch = r->batch, .steps = r->steps,
        .key_order = lt_regime_key(r, LT_KEY_ORDER, trial, 0),
        .key_augment = lt_regime_key(r, LT_KEY_AUGMENT, trial, 0),
        .key_dropout = lt_regime_key(r, LT_KEY_DROPOUT, trial, 0),
    };
}
