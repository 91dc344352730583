/* Owns an opened backend, its data and one program, and the structs lent to it. */
#include "check/stand.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/border.h"

/* A step at this rate makes weights whose next losses are not finite. */
static const float overflowing = 1e30f;

static const ltc_backend_ops *ops_of(const lt_stand *s)
{
    return &s->subject->module->ops.backend;
}

static lt_call begin(lt_stand *s, const char *doing)
{
    return lt_call_begin(s->subject->module, doing, &s->err);
}

static void end(lt_stand *s, const lt_call *c, ltc_status returned)
{
    if (!lt_fpmode_same(c->mode, lt_fpmode_get()) && !s->mode_fault)
        s->mode_fault = c->doing;
    s->silent = returned && !s->err.message[0];
    s->st = lt_call_end(c, returned);
}

static bool lacks(lt_stand *s, const void *memory)
{
    if (!s->st && !memory)
        s->st = ltc_fail(&s->err, LTC_ENOMEM, "no memory for the check");
    return s->st != LTC_OK;
}

static void open_data(lt_stand *s)
{
    s->desc = lt_lend(&s->scene->data, 1, ops_of(s)->data_desc_size, sizeof *s->desc);
    if (lacks(s, s->desc))
        return;
    const lt_call call = begin(s, "taking the data");
    end(s, &call, ops_of(s)->data_open(s->dev, s->desc, &s->data, &s->err));
}

void lt_stand_open(const lt_subject *subject, const lt_scene *scene, lt_stand *s)
{
    const lt_services none = { 0 };
    const lt_module *m = subject->module;
    *s = (lt_stand){ .subject = subject, .scene = scene };
    s->st = lt_host_create(&none, m->info.name, LTC_BACKEND_ABI, m->ops.backend.host_size, NULL, &s->host,
                           &s->err);
    if (s->st)
        return;
    const lt_call call = begin(s, "opening");
    end(s, &call, m->ops.backend.open(s->host, subject->options, &s->dev, &s->err));
    if (!s->st) {
        open_data(s);
        return;
    }
    lt_host_destroy(s->host);                 /* nothing was opened, so nothing is closed */
    s->host = NULL;
}

void lt_stand_release(lt_stand *s)
{
    if (s->program) {
        const lt_call call = lt_call_begin(s->subject->module, "releasing the program", NULL);
        ops_of(s)->release(s->program);
        if (!lt_fpmode_same(call.mode, lt_fpmode_get()) && !s->mode_fault)
            s->mode_fault = call.doing;
        lt_call_end(&call, LTC_OK);
    }
    free(s->graph), free(s->optimizer), free(s->input), free(s->compile);
    s->program = NULL, s->graph = NULL, s->optimizer = NULL, s->input = NULL, s->compile = NULL;
}

void lt_stand_close(lt_stand *s)
{
    if (!s->subject)
        return;
    lt_stand_release(s);
    const lt_call call = lt_call_begin(s->subject->module, "closing", NULL);
    if (s->data)
        ops_of(s)->data_close(s->data);
    if (s->host)
        ops_of(s)->close(s->dev);
    lt_call_end(&call, LTC_OK);
    lt_host_destroy(s->host);
    free(s->desc);
    lt_arena_free(&s->span);
    *s = (lt_stand){ 0 };
}

/* Lends what compile and plan are shown; false after a failure. */
static bool lend(lt_stand *s, const lt_play *play)
{
    const ltc_backend_ops *ops = ops_of(s);
    const ltc_graph sizes = { .size = ops->graph_size, .node_size = ops->node_size,
                              .param_size = ops->param_size, .value_size = ops->value_size };
    if (s->st)
        return false;
    lt_stand_release(s);
    s->play = *play;
    if (!s->play.n_replicas)
        s->play.n_replicas = 1;
    s->st = lt_graph_lend(&s->scene->graph, &sizes, &s->graph, &s->err);
    s->optimizer = lt_lend(play->optimizer, 1, ops->optimizer_size, sizeof *s->optimizer);
    s->input = lt_lend(&s->scene->input, 1, ops->input_size, sizeof *s->input);
    const ltc_compile_req req = {
        .size = sizeof req, .batch = play->batch, .n_replicas = s->play.n_replicas,
        .require = play->require ? play->require : LTC_CAP_REPEATABLE | LTC_CAP_SPAN_FREE,
        .loss = play->loss ? play->loss : LTC_LOSS_CROSS_ENTROPY, .augment = play->augment,
        .graph = s->graph, .optimizer = s->optimizer, .input = s->input,
    };
    s->compile = lt_lend(&req, 1, ops->compile_req_size, sizeof req);
    if (lacks(s, s->optimizer) || lacks(s, s->input) || lacks(s, s->compile))
        return false;
    if (play->odd_op)
        ((ltc_node *)(uintptr_t)ltc_graph_node(s->graph, 0))->op = play->odd_op;
    return true;
}

ltc_plan lt_stand_plan(lt_stand *s, const lt_play *play)
{
    ltc_plan plan = { .size = sizeof plan };
    if (!lend(s, play))
        return plan;
    ltc_plan *lent = lt_lend(&plan, 1, ops_of(s)->plan_size, sizeof plan);
    if (lacks(s, lent))
        return plan;
    const lt_call call = begin(s, "planning");
    end(s, &call, ops_of(s)->plan(s->dev, s->compile, lent, &s->err));
    if (!s->st)
        plan = *lent;
    free(lent);
    return plan;
}

void lt_stand_compile(lt_stand *s, const lt_play *play)
{
    if (!lend(s, play))
        return;
    const lt_call call = begin(s, "compiling");
    end(s, &call, ops_of(s)->compile(s->dev, s->compile, &s->program, &s->err));
    if (s->st)
        return;
    const lt_call binding = begin(s, "binding the data");
    end(s, &binding, ops_of(s)->bind(s->program, 0, s->data, &s->err));
}

void lt_stand_put(lt_stand *s, uint32_t what, uint32_t replica, uint32_t param, const void *src, size_t bytes)
{
    if (s->st)
        return;
    const lt_call call = begin(s, "taking a state");
    end(s, &call, ops_of(s)->put(s->program, what, replica, param, src, bytes, &s->err));
}

void lt_stand_get(lt_stand *s, uint32_t what, uint32_t replica, uint32_t param, void *dst, size_t bytes)
{
    if (s->st)
        return;
    const lt_call call = begin(s, "giving its state");
    end(s, &call, ops_of(s)->get(s->program, what, replica, param, dst, bytes, &s->err));
}

void lt_stand_ready(lt_stand *s)
{
    if (s->st)
        return;
    const lt_call call = begin(s, "getting ready");
    end(s, &call, ops_of(s)->ready(s->program, &s->err));
}

/* A parameter as a character has it: dead places are +0.0, as the core leaves them. */
static void start_param(lt_stand *s, uint32_t replica, uint32_t p, float *value, uint8_t *mask)
{
    const ltc_param *param = ltc_graph_param(&s->scene->graph.view, p);
    const uint32_t who = s->play.who[replica];
    lt_scene_value(s->scene, who, p, value);
    lt_scene_mask(s->scene, who, s->play.masks, p, mask);
    for (size_t i = 0; i < param->n; i++)
        value[i] = mask[i] == LTC_DEAD ? 0.0f : value[i];
    if (s->play.masks && param->trained)
        lt_stand_put(s, LTC_STATE_MASK, replica, p, mask, param->n);
    lt_stand_put(s, LTC_STATE_VALUE, replica, p, value, param->n * sizeof *value);
}

void lt_stand_start(lt_stand *s)
{
    const ltc_graph *g = &s->scene->graph.view;
    lt_arena arena = { 0 };
    for (uint32_t p = 0; p < g->n_params && !s->st; p++) {
        const size_t n = ltc_graph_param(g, p)->n;
        float *value = lt_arena_array(&arena, n, sizeof *value);
        uint8_t *mask = lt_arena_array(&arena, n, 1);
        if (lacks(s, value) || lacks(s, mask))
            break;
        for (uint32_t r = 0; r < s->play.n_replicas; r++)
            start_param(s, r, p, value, mask);
    }
    lt_arena_free(&arena);
    lt_stand_ready(s);
}

typedef struct span {
    float *lr;
    ltc_key augment[LT_MOST_REPLICAS], dropout[LT_MOST_REPLICAS];
    uint64_t first[LT_MOST_REPLICAS];
} span;

/* Writes down a span: each replica's rows, rates, keys and first step. Results begin as what nobody
 * computes. */
static bool write_span(lt_stand *s, uint64_t first, uint32_t n, span *out)
{
    const uint32_t batch = s->play.batch, replicas = s->play.n_replicas;
    lt_arena_free(&s->span);
    s->sample = lt_arena_array(&s->span, (size_t)replicas * n * batch, sizeof *s->sample);
    s->loss = lt_arena_array(&s->span, (size_t)replicas * n, sizeof *s->loss);
    s->correct = lt_arena_array(&s->span, (size_t)replicas * n, sizeof *s->correct);
    out->lr = lt_arena_array(&s->span, (size_t)replicas * n, sizeof *out->lr);
    if (lacks(s, s->sample) || lacks(s, s->loss) || lacks(s, s->correct) || lacks(s, out->lr))
        return false;
    for (uint32_t r = 0; r < replicas; r++) {
        const uint32_t who = s->play.who[r], whose = s->play.shared ? 0 : who;
        out->first[r] = first + who * s->play.stagger;
        out->augment[r] = lt_scene_key(s->scene, who, LT_KEY_AUGMENT);
        out->dropout[r] = lt_scene_key(s->scene, who, LT_KEY_DROPOUT);
        for (uint32_t k = 0; k < n; k++) {
            const uint64_t step = out->first[r] + k;
            const bool bursts = s->play.burst && who == 0 && step >= s->play.burst;
            out->lr[r * n + k] = bursts ? overflowing : lt_scene_rate(s->play.rate, step);
            s->loss[r * n + k] = -1, s->correct[r * n + k] = UINT32_MAX;
            for (uint32_t i = 0; i < batch; i++)
                s->sample[((size_t)r * n + k) * batch + i] = lt_scene_row(s->scene, whose, step, batch, i);
        }
    }
    if (s->odd_row && n)
        s->sample[(size_t)replicas * n * batch - 1] = s->odd_row;
    return true;
}

void lt_stand_train(lt_stand *s, uint32_t split, uint64_t first, uint32_t n)
{
    span w = { .lr = NULL };
    if (s->st || !write_span(s, first, n, &w))
        return;
    const ltc_train_req req = {
        .size = sizeof req, .split = split, .n_steps = n, .first_step = w.first,
        .sample = s->sample, .sample_stride = s->play.shared ? 0 : (size_t)n * s->play.batch,
        .lr = w.lr, .lr_stride = s->play.shared ? 0 : n,
        .key_augment = w.augment, .key_dropout = w.dropout,
    };
    const ltc_train_out out = { .size = sizeof out, .loss = s->loss, .correct = s->correct,
                                .bad_step = s->bad_step };
    ltc_train_req *lent_req = lt_lend(&req, 1, ops_of(s)->train_req_size, sizeof req);
    ltc_train_out *lent_out = lt_lend(&out, 1, ops_of(s)->train_out_size, sizeof out);
    s->n_steps = n;
    if (!lacks(s, lent_req) && !lacks(s, lent_out)) {
        const lt_call call = begin(s, "training");
        end(s, &call, ops_of(s)->train(s->program, lent_req, lent_out, &s->err));
    }
    free(lent_req), free(lent_out);
}

void lt_stand_eval(lt_stand *s, uint32_t split, uint64_t first, uint64_t count)
{
    for (uint32_t r = 0; r < LT_MOST_REPLICAS; r++)
        s->eval_loss[r] = 0, s->eval_correct[r] = 0;
    lt_stand_eval_more(s, split, first, count);
}

void lt_stand_eval_more(lt_stand *s, uint32_t split, uint64_t first, uint64_t count)
{
    if (s->st)
        return;
    const ltc_eval_req req = { .size = sizeof req, .split = split, .first = first, .count = count,
                               .only = s->only };
    const ltc_eval_out out = { .size = sizeof out, .loss = s->eval_loss, .correct = s->eval_correct };
    ltc_eval_req *lent_req = lt_lend(&req, 1, ops_of(s)->eval_req_size, sizeof req);
    ltc_eval_out *lent_out = lt_lend(&out, 1, ops_of(s)->eval_out_size, sizeof out);
    if (!lacks(s, lent_req) && !lacks(s, lent_out)) {
        const lt_call call = begin(s, "evaluating");
        end(s, &call, ops_of(s)->eval(s->program, lent_req, lent_out, &s->err));
    }
    free(lent_req), free(lent_out);
}

ltc_status lt_stand_forgive(lt_stand *s, ltc_error *err)
{
    const ltc_status st = s->st;
    *err = s->err;
    s->st = LTC_OK;
    return st;
}

bool lt_stand_refused(const lt_stand *s)
{
    return s->st == LTC_EUNSUPPORTED || (s->st == LTC_EDEVICE && !s->host);
}

void lt_stand_judge(const lt_stand *s, lt_verdict *v)
{
    if (lt_stand_refused(s))
        lt_verdict_skip(v, "refused: %s", s->err.message);
    else if (s->st)
        lt_verdict_fail(v, "that every call succeeds", "%s", s->err.message);
}
