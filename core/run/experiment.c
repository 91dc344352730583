/* Owns what the trainings of a run share. Made by the command line, used by the run. */
#include "run/experiment.h"

#include <string.h>

#include "data/key.h"
#include "data/order.h"

static uint32_t role_bits(ltc_strings names)
{
    uint32_t bits = 0;
    for (uint64_t i = 0; i < names.n; i++) {
        if (!strcmp(names.v[i], "weight"))
            bits |= LTC_ROLE_WEIGHT | LTC_ROLE_SCORE;
        else if (!strcmp(names.v[i], "bias"))
            bits |= LTC_ROLE_BIAS;
        else if (!strcmp(names.v[i], "norm"))
            bits |= LTC_ROLE_NORM_GAIN | LTC_ROLE_NORM_BIAS;
    }
    return bits;
}

static ltc_optimizer optimizer_of(const lt_settings *s)
{
    static const uint32_t kind[] = {
        [LT_OPTIMIZER_SGD] = LTC_SGD, [LT_OPTIMIZER_ADAM] = LTC_ADAM, [LT_OPTIMIZER_ADAMW] = LTC_ADAMW,
    };
    return (ltc_optimizer){
        .size = sizeof(ltc_optimizer), .kind = kind[s->train.optimizer.type],
        .nesterov = s->train.optimizer.nesterov != 0, .decay_roles = role_bits(s->train.optimizer.decay),
        .l1_roles = s->train.optimizer.bn_l1 > 0 ? LTC_ROLE_NORM_GAIN : 0,
        .momentum = s->train.optimizer.momentum, .beta1 = s->train.optimizer.beta1, .beta2 = s->train.optimizer.beta2,
        .eps = s->train.optimizer.eps, .weight_decay = s->train.optimizer.weight_decay, .l1 = s->train.optimizer.bn_l1,
    };
}

/* Epochs and moments in steps, once the number of samples is known. */
static ltc_status plan_steps(lt_experiment *e, ltc_error *err)
{
    const lt_settings *s = e->settings;
    const uint64_t n = e->data.split[LT_TRAIN].n, batch = (uint64_t)s->train.batch_size;
    if (n < batch)
        return ltc_fail(err, LTC_EINVAL, "train.batch_size is %llu, but only %llu samples are left for training",
                        (unsigned long long)batch, (unsigned long long)n);
    e->steps_per_epoch = lt_order_steps_per_epoch(n, batch);
    e->steps = s->train.steps >= 0 ? (uint64_t)s->train.steps : (uint64_t)s->train.epochs * e->steps_per_epoch;
    e->evaluate_every = lt_moment_step(s->train.evaluate_every, e->steps_per_epoch, e->steps);
    if (s->train.report_at == LT_REPORT_BEST && !e->data.split[LT_VALIDATION].n)
        return ltc_fail(err, LTC_EINVAL, "train.report_at is \"best\", which needs validation samples; "
                        "set dataset.validation, or report_at = \"end\"");
    return lt_schedule_open(s, e->steps_per_epoch, e->steps, &e->schedule, err);
}

static ltc_status load_data(lt_experiment *e, const lt_services *services, ltc_error *err)
{
    const lt_settings *s = e->settings;
    const lt_data_request r = {
        .reader = s->dataset.plugin.module, .options = s->dataset.plugin.options, .services = services,
        .validation = (uint64_t)s->dataset.validation,
        .key_split = lt_key_make((uint64_t)s->dataset.validation_seed, LT_KEY_SPLIT, 0, 0),
    };
    const ltc_status st = lt_data_load(&r, &e->data, err);
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

ltc_status lt_experiment_open(const lt_settings *s, const lt_services *services, lt_experiment *e, ltc_error *err)
{
    *e = (lt_experiment){ .settings = s, .optimizer = optimizer_of(s) };
    ltc_status st = load_data(e, services, err);
    if (!st)
        st = build_graph(e, err);
    if (!st)
        st = plan_steps(e, err);
    if (!st)
        st = lt_device_open(s->backend.plugin.module, s->backend.plugin.options, services, &e->device, err);
    if (!st)
        st = lt_device_load(&e->device, &e->data, err);
    if (st)
        lt_experiment_close(e);
    return st;
}

void lt_experiment_close(lt_experiment *e)
{
    lt_device_close(&e->device);
    lt_schedule_close(&e->schedule);
    lt_graph_free(&e->graph);
    lt_normalisation_free(&e->normalisation);
    lt_data_free(&e->data);
}

lt_session_request lt_experiment_session(const lt_experiment *e)
{
    return (lt_session_request){
        .graph = &e->graph, .optimizer = &e->optimizer, .input = &e->normalisation.input,
        .batch = (uint32_t)e->settings->train.batch_size,
        .augment = e->settings->dataset.augment == LT_AUGMENT_CROP_FLIP ? LTC_AUGMENT_CROP | LTC_AUGMENT_FLIP : 0,
    };
}

ltc_key lt_experiment_key(const lt_experiment *e, uint32_t purpose, uint64_t trial)
{
    static const uint32_t varies[] = {
        [LT_KEY_INIT] = LT_VARY_INIT, [LT_KEY_ORDER] = LT_VARY_ORDER, [LT_KEY_AUGMENT] = LT_VARY_AUGMENT,
        [LT_KEY_DROPOUT] = LT_VARY_DROPOUT, [LT_KEY_MASK] = LT_VARY_MASK, [LT_KEY_REINIT] = LT_VARY_INIT,
    };
    const bool own = e->settings->run.vary_bits & varies[purpose];
    return lt_key_make((uint64_t)e->settings->run.seed, purpose, own ? trial : 0, 0);
}

lt_training lt_experiment_training(const lt_experiment *e, uint64_t trial)
{
    return (lt_training){
        .data = &e->data, .schedule = &e->schedule, .batch = (uint64_t)e->settings->train.batch_size,
        .steps = e->steps, .evaluate_every = e->evaluate_every,
        .key_order = lt_experiment_key(e, LT_KEY_ORDER, trial), .key_augment = lt_experiment_key(e, LT_KEY_AUGMENT, trial),
        .key_dropout = lt_experiment_key(e, LT_KEY_DROPOUT, trial),
    };
}
