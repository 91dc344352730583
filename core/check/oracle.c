/* Owns a net of the SDK and what it needs to play a scene. */
#include "check/oracle.h"

#include <math.h>
#include <string.h>

static void load(lt_oracle *o)
{
    const ltc_graph *g = &o->scene->graph.view;
    for (uint32_t p = 0; p < g->n_params; p++) {
        const ltc_param *param = ltc_graph_param(g, p);
        lt_scene_value(o->scene, o->who, p, o->value);
        lt_scene_mask(o->scene, o->who, o->play.masks, p, o->mask);
        for (size_t i = 0; i < param->n; i++)
            o->value[i] = o->mask[i] == LTC_DEAD ? 0.0f : o->value[i];
        lts_net_load(o->net, p, o->value);
        if (param->trained)
            memcpy(lts_net_mask(o->net, p), o->mask, param->n);
    }
}

ltc_status lt_oracle_open(const lt_scene *scene, const lt_play *play, uint32_t who, lt_oracle *o,
                          ltc_error *err)
{
    const ltc_graph *g = &scene->graph.view;
    size_t largest = 0;
    *o = (lt_oracle){ .scene = scene, .play = *play, .who = who };
    for (uint32_t p = 0; p < g->n_params; p++)
        largest = ltc_graph_param(g, p)->n > largest ? ltc_graph_param(g, p)->n : largest;
    o->value = lt_arena_array(&o->arena, largest, sizeof *o->value);
    o->mask = lt_arena_array(&o->arena, largest, 1);
    o->label = lt_arena_array(&o->arena, play->batch, sizeof *o->label);
    ltc_status st = o->value && o->mask && o->label ? LTC_OK
                                                    : ltc_fail(err, LTC_ENOMEM, "no memory for the oracle");
    if (!st)
        st = lts_net_create(g, LTC_F64, play->batch, LTS_NET_TRAIN, &o->net, err);
    if (st)
        lt_oracle_close(o);
    else
        load(o);
    return st;
}

void lt_oracle_close(lt_oracle *o)
{
    lts_net_destroy(o->net);
    lt_arena_free(&o->arena);
    *o = (lt_oracle){ 0 };
}

double lt_oracle_gradient(lt_oracle *o, uint64_t step, uint32_t *correct)
{
    const ltc_graph *g = &o->scene->graph.view;
    const uint32_t batch = o->play.batch;
    const size_t count = ltc_value_count(ltc_graph_value(g, g->input));
    const lts_pass pass = {
        .rows = batch, .batch_stats = true, .dropout = true,
        .key_dropout = ltc_key_fold(lt_scene_key(o->scene, o->who, LT_KEY_DROPOUT), step),
    };
    const lts_loss_req loss = { .label = o->label, .logit_scale = 1, .grad_scale = 1 / (double)batch };
    double *x = lts_net_value(o->net, g->input);
    for (uint32_t i = 0; i < batch; i++) {
        const uint32_t row = lt_scene_row(o->scene, o->who, step, batch, i);
        lt_scene_sample(o->scene, row, o->play.augment, lt_scene_key(o->scene, o->who, LT_KEY_AUGMENT),
                        step * batch + i, x + i * count);
        o->label[i] = o->scene->data.label[row];
    }
    lts_net_forward(o->net, &pass);
    const double sum = lts_net_loss(o->net, &loss, correct);
    lts_net_backward(o->net);
    return sum / batch;
}

double lt_oracle_step(lt_oracle *o, uint64_t step, uint32_t *correct)
{
    const double mean = lt_oracle_gradient(o, step, correct);
    lts_net_update(o->net, o->play.optimizer, (double)lt_scene_rate(o->play.rate, step));
    return mean;
}

double lt_oracle_eval(lt_oracle *o, uint64_t first, uint64_t count, uint64_t *correct)
{
    const ltc_graph *g = &o->scene->graph.view;
    const lts_pass pass = { .rows = 1 };
    double sum = 0;
    *correct = 0;
    for (uint64_t row = first; row < first + count; row++) {
        uint32_t hit = 0;
        const lts_loss_req loss = { .label = o->scene->data.label + row, .logit_scale = 1, .grad_scale = 1 };
        lt_scene_sample(o->scene, (uint32_t)row, 0, (ltc_key){ 0, 0 }, 0, lts_net_value(o->net, g->input));
        lts_net_forward(o->net, &pass);
        sum += lts_net_loss(o->net, &loss, &hit);
        *correct += hit;
    }
    return sum;
}

double lt_oracle_bound(const lt_scene *s, uint32_t batch)
{
    const ltc_graph *g = &s->graph.view;
    double longest = 1;
    for (uint32_t v = 1; v < g->n_values; v++) {
        const ltc_value *value = ltc_graph_value(g, v);
        const double n = (double)ltc_value_count(value);
        longest = fmax(longest, value->kind == LTC_PARAM ? n / (double)value->dim[0]
                                                         : n / (double)value->dim[0] * batch);
    }
    return 64 * 0x1p-24 * sqrt(longest);
}

static double square(double x)
{
    return x * x;
}

/* Element i of what is compared, as the oracle has it; sets *start to what the stand's must be reduced by. */
static double element(const lt_oracle *o, uint32_t p, uint32_t what, size_t i, double *start)
{
    const ltc_param *param = ltc_graph_param(&o->scene->graph.view, p);
    const double *x = what == LTC_STATE_VALUE ? lts_net_value(o->net, param->value)
                                              : lts_net_slot(o->net, p, what - LTC_STATE_SLOT_1 + 1);
    *start = what == LTC_STATE_VALUE && o->mask[i] != LTC_DEAD ? (double)o->value[i] : 0;
    return x[i] - *start;
}

/* The start of a parameter, for element(). */
static bool look_at(lt_oracle *o, uint32_t p, uint32_t what)
{
    lt_scene_value(o->scene, o->who, p, o->value);
    lt_scene_mask(o->scene, o->who, o->play.masks, p, o->mask);
    return what == LTC_STATE_VALUE || ltc_graph_param(&o->scene->graph.view, p)->trained;
}

static double norm_of_all(lt_oracle *o, uint32_t what)
{
    const ltc_graph *g = &o->scene->graph.view;
    double sum = 0, start;
    for (uint32_t p = 0; p < g->n_params; p++) {
        const size_t n = look_at(o, p, what) ? ltc_graph_param(g, p)->n : 0;
        for (size_t i = 0; i < n; i++)
            sum += square(element(o, p, what, i, &start));
    }
    return sqrt(sum);
}

static void measure_param(lt_oracle *o, lt_stand *s, uint32_t replica, uint32_t p, uint32_t what,
                          double floor, double bound, float *got, lt_verdict *v)
{
    static const char *const noun[] = { [LTC_STATE_VALUE] = "the movement",
                                        [LTC_STATE_SLOT_1] = "the first slot",
                                        [LTC_STATE_SLOT_2] = "the second slot" };
    const ltc_param *param = ltc_graph_param(&o->scene->graph.view, p);
    double off = 0, size = 0, start;
    if (!look_at(o, p, what))
        return;
    lt_stand_get(s, what, replica, p, got, param->n * sizeof *got);
    for (size_t i = 0; i < param->n; i++) {
        const double want = element(o, p, what, i, &start);
        off += square((double)got[i] - start - want), size += square(want);
    }
    const double least = fmax(sqrt(size), floor);
    if (!s->st)
        lt_verdict_measure(v, least > 0 ? sqrt(off) / least : sqrt(off), bound, "%s of '%s' in network '%s'",
                           noun[what], param->name, o->scene->recipe.name);
}

void lt_oracle_measure(lt_oracle *o, lt_stand *s, uint32_t replica, uint32_t what, double bound,
                       lt_verdict *v)
{
    const ltc_graph *g = &o->scene->graph.view;
    lt_arena arena = { 0 };
    const double floor = norm_of_all(o, what) / 20;
    for (uint32_t p = 0; p < g->n_params; p++) {
        float *got = lt_arena_array(&arena, ltc_graph_param(g, p)->n, sizeof *got);
        if (got)
            measure_param(o, s, replica, p, what, floor, bound, got, v);
        else
            lt_verdict_fail(v, "memory for the check", "there is none");
    }
    lt_arena_free(&arena);
}
