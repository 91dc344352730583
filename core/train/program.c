/* Owns a compiled program and the plan of a span of all its replicas. */
#include "train/program.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/border.h"
#include "train/lent.h"
#include "util/memory.h"

/* What is written down of each replica, and what the backend answers. */
typedef struct table {
    uint64_t *first_step, *bad_step, *hits;   /* [replicas]; hits: of an evaluation */
    ltc_key  *key_augment, *key_dropout;      /* [replicas] */
    double   *sum;                            /* [replicas]: of an evaluation */
    uint8_t  *only;                           /* [replicas]: 1 where its sums have been noted */
    uint32_t *row, *correct;                  /* [replicas][room][batch]; [replicas][room] */
    float    *lr, *loss;                      /* [replicas][room] */
} table;

struct lt_program {
    lt_device      *device;
    const lt_graph *graph;
    void           *it;                       /* the backend's */
    lt_lent_program lent;
    ltc_train_req  *train_req;
    ltc_train_out  *train_out;
    ltc_eval_req   *eval_req;
    ltc_eval_out   *eval_out;
    table           table;
    uint8_t        *masked;                   /* [replicas][n_params]: which have a mask put */
    uint8_t        *alive;                    /* a mask of ones, large enough for any */
    uint32_t        replicas, batch, room, pad;           /* room: steps that the table holds */
    bool            ready;
};

enum { MOST_ROWS = 1 << 22, FEWEST_STEPS = 16 };          /* of a table: numbers of samples;
                                                           * steps, if need be */

static const ltc_backend_ops *ops_of(const lt_program *p)
{
    return &p->device->backend->ops.backend;
}

static ltc_status make_table(lt_program *p, ltc_error *err)
{
    const size_t n = p->replicas, all = n * p->batch;
    const size_t fit = all < MOST_ROWS / FEWEST_STEPS ? MOST_ROWS / all : FEWEST_STEPS;
    table *t = &p->table;
    p->room = fit < LT_MOST_SPAN ? (uint32_t)fit : LT_MOST_SPAN;
    t->first_step = lt_array(n, sizeof *t->first_step), t->bad_step = lt_array(n, sizeof *t->bad_step);
    t->hits = lt_array(n, sizeof *t->hits), t->sum = lt_array(n, sizeof *t->sum);
    t->only = lt_array(n, sizeof *t->only);
    t->key_augment = lt_array(n, sizeof *t->key_augment);
    t->key_dropout = lt_array(n, sizeof *t->key_dropout);
    t->row = lt_array(all, p->room * sizeof *t->row), t->correct = lt_array(n, p->room * sizeof *t->correct);
    t->lr = lt_array(n, p->room * sizeof *t->lr), t->loss = lt_array(n, p->room * sizeof *t->loss);
    return t->first_step && t->bad_step && t->hits && t->sum && t->only && t->key_augment && t->key_dropout &&
                   t->row && t->correct && t->lr && t->loss
               ? LTC_OK
               : ltc_fail(err, LTC_ENOMEM, "no memory to plan steps");
}

static void free_table(table *t)
{
    free(t->first_step), free(t->bad_step), free(t->hits), free(t->sum), free(t->only);
    free(t->key_augment), free(t->key_dropout);
    free(t->row), free(t->correct), free(t->lr), free(t->loss);
}

static ltc_status lend_calls(lt_program *p, ltc_error *err)
{
    const ltc_backend_ops *ops = ops_of(p);
    p->train_req = lt_array(1, lt_lent_size(ops->train_req_size, sizeof *p->train_req));
    p->train_out = lt_array(1, lt_lent_size(ops->train_out_size, sizeof *p->train_out));
    p->eval_req = lt_array(1, lt_lent_size(ops->eval_req_size, sizeof *p->eval_req));
    p->eval_out = lt_array(1, lt_lent_size(ops->eval_out_size, sizeof *p->eval_out));
    size_t largest = 0;
    for (uint32_t i = 0; i < p->graph->view.n_params; i++)
        largest = p->graph->view.param[i].n > largest ? p->graph->view.param[i].n : largest;
    p->masked = lt_array(p->replicas, p->graph->view.n_params);
    p->alive = lt_array(largest, 1);
    if (p->alive)
        memset(p->alive, LTC_ALIVE, largest);
    return p->train_req && p->train_out && p->eval_req && p->eval_out && p->masked && p->alive
               ? LTC_OK : ltc_fail(err, LTC_ENOMEM, "no memory to lend requests");
}

static ltc_status compile(lt_program *p, ltc_error *err)
{
    const lt_call call = lt_call_begin(p->device->backend, "compiling", err);
    return lt_call_end(&call, ops_of(p)->compile(p->device->dev, p->lent.compile, &p->it, err));
}

static ltc_status bind_splits(lt_program *p, ltc_error *err)
{
    const lt_call call = lt_call_begin(p->device->backend, "binding the data", err);
    ltc_status st = LTC_OK;
    for (uint32_t i = 0; i < LT_SPLITS && !st; i++)
        if (p->device->data[i])
            st = ops_of(p)->bind(p->it, i, p->device->data[i], err);
    return lt_call_end(&call, st);
}

ltc_status lt_program_open(lt_device *d, const lt_program_request *r, uint32_t replicas, lt_program **out,
                           ltc_error *err)
{
    lt_program *p = lt_array(1, sizeof *p);
    if (!p)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a program");
    p->device = d, p->graph = r->graph, p->replicas = replicas, p->batch = r->batch;
    ltc_status st = make_table(p, err);
    if (!st)
        st = lend_calls(p, err);
    if (!st)
        st = lt_lend_program(d->backend, r, replicas, &p->lent, err);
    if (!st)
        st = compile(p, err);
    if (!st)
        st = bind_splits(p, err);
    if (st)
        lt_program_close(p);
    else
        *out = p;
    return st;
}

void lt_program_close(lt_program *p)
{
    if (!p)
        return;
    const lt_call call = lt_call_begin(p->device->backend, "releasing the program", NULL);
    if (p->it)
        ops_of(p)->release(p->it);
    lt_call_end(&call, LTC_OK);
    lt_lent_program_free(&p->lent);
    free(p->train_req), free(p->train_out), free(p->eval_req), free(p->eval_out);
    free(p->masked), free(p->alive);
    free_table(&p->table);
    free(p);
}

uint32_t lt_program_room(const lt_program *p)
{
    return p->room;
}

static ltc_status put(lt_program *p, uint32_t what, uint32_t r, uint32_t i, const void *src, size_t bytes,
                      ltc_error *err)
{
    const lt_call call = lt_call_begin(p->device->backend, "taking a state", err);
    return lt_call_end(&call, ops_of(p)->put(p->it, what, r, i, src, bytes, err));
}

static ltc_status get(lt_program *p, uint32_t what, uint32_t r, uint32_t i, void *dst, size_t bytes,
                      ltc_error *err)
{
    const lt_call call = lt_call_begin(p->device->backend, "giving its state", err);
    return lt_call_end(&call, ops_of(p)->get(p->it, what, r, i, dst, bytes, err));
}

static uint8_t *masked(lt_program *p, uint32_t r, uint32_t i)
{
    return &p->masked[(size_t)r * p->graph->view.n_params + i];
}

static ltc_status put_param(lt_program *p, uint32_t r, uint32_t i, const lt_state *state, ltc_error *err)
{
    const ltc_param *param = ltc_graph_param(&p->graph->view, i);
    const size_t bytes = param->n * sizeof(float);
    ltc_status st = LTC_OK;
    if (state->mask[i] || *masked(p, r, i))   /* what another state masked is alive again */
        st = put(p, LTC_STATE_MASK, r, i, state->mask[i] ? state->mask[i] : p->alive, param->n, err);
    *masked(p, r, i) = state->mask[i] != NULL;
    if (!st)
        st = put(p, LTC_STATE_VALUE, r, i, state->value[i], bytes, err);
    if (!st && param->trained)
        st = put(p, LTC_STATE_SLOT_1, r, i, state->slot1[i], bytes, err);
    if (!st && param->trained)
        st = put(p, LTC_STATE_SLOT_2, r, i, state->slot2[i], bytes, err);
    return st;
}

ltc_status lt_program_put(lt_program *p, uint32_t replica, const lt_state *state, ltc_error *err)
{
    ltc_status st = LTC_OK;
    p->ready = false;
    for (uint32_t i = 0; i < p->graph->view.n_params && !st; i++)
        st = put_param(p, replica, i, state, err);
    return st ? st : put(p, LTC_STATE_CLOCK, replica, 0, &state->clock, sizeof state->clock, err);
}

/* Once after any number of puts. */
static ltc_status make_ready(lt_program *p, ltc_error *err)
{
    if (p->ready)
        return LTC_OK;
    const lt_call call = lt_call_begin(p->device->backend, "getting ready", err);
    const ltc_status st = lt_call_end(&call, ops_of(p)->ready(p->it, err));
    p->ready = !st;
    return st;
}

static ltc_status get_param(lt_program *p, uint32_t r, uint32_t i, lt_state *state, ltc_error *err)
{
    const ltc_param *param = ltc_graph_param(&p->graph->view, i);
    const size_t bytes = param->n * sizeof(float);
    ltc_status st = get(p, LTC_STATE_VALUE, r, i, state->value[i], bytes, err);
    if (!st && param->trained)
        st = get(p, LTC_STATE_SLOT_1, r, i, state->slot1[i], bytes, err);
    if (!st && param->trained)
        st = get(p, LTC_STATE_SLOT_2, r, i, state->slot2[i], bytes, err);
    return st;
}

ltc_status lt_program_get(lt_program *p, uint32_t replica, lt_state *state, ltc_error *err)
{
    ltc_status st = make_ready(p, err);
    for (uint32_t i = 0; i < p->graph->view.n_params && !st; i++)
        st = get_param(p, replica, i, state, err);
    return st ? st : get(p, LTC_STATE_CLOCK, replica, 0, &state->clock, sizeof state->clock, err);
}

ltc_status lt_program_fetch(lt_program *p, uint32_t replica, lt_state *state, ltc_error *err)
{
    const ltc_graph *g = &p->graph->view;
    ltc_status st = lt_program_get(p, replica, state, err);
    for (uint32_t i = 0; i < g->n_params && !st; i++) {
        if (!*masked(p, replica, i)) {
            lt_state_drop_mask(state, i);
            continue;
        }
        st = lt_state_add_mask(state, i, err);
        if (!st)
            st = get(p, LTC_STATE_MASK, replica, i, state->mask[i], ltc_graph_param(g, i)->n, err);
    }
    return st;
}

void lt_program_note_span(lt_program *p, uint32_t replica, const lt_span *span, uint32_t n)
{
    const table *t = &p->table;
    t->first_step[replica] = span->first_step, t->bad_step[replica] = UINT64_MAX;
    t->key_augment[replica] = span->key_augment, t->key_dropout[replica] = span->key_dropout;
    memcpy(t->row + (size_t)replica * p->room * p->batch, span->row, (size_t)n * p->batch * sizeof *t->row);
    memcpy(t->lr + (size_t)replica * p->room, span->lr, n * sizeof *t->lr);
}

/* No step of another span can have gone wrong in this one. */
static ltc_status check_bad_steps(const lt_program *p, uint32_t n, ltc_error *err)
{
    for (uint32_t r = 0; r < p->replicas; r++) {
        const uint64_t bad = p->table.bad_step[r], first = p->table.first_step[r];
        if (bad != UINT64_MAX && bad - first >= n)
            return ltc_fail(err, LTC_EINTERNAL,
                            "backend '%s' says that step %" PRIu64 " went wrong in a span "
                            "of %" PRIu32 " from step %" PRIu64 "; report this to the plug-in's author",
                            p->device->backend->info.name, bad, n, first);
    }
    return LTC_OK;
}

ltc_status lt_program_train(lt_program *p, uint32_t n, ltc_error *err)
{
    const table *t = &p->table;
    ltc_status st = make_ready(p, err);
    if (st)
        return st;
    *p->train_req = (ltc_train_req){
        .size = sizeof *p->train_req, .split = LT_TRAIN, .n_steps = n, .first_step = t->first_step,
        .sample = t->row, .sample_stride = (size_t)p->room * p->batch, .lr = t->lr, .lr_stride = p->room,
        .key_augment = t->key_augment, .key_dropout = t->key_dropout,
    };
    *p->train_out = (ltc_train_out){
        .size = sizeof *p->train_out, .loss = t->loss, .correct = t->correct, .bad_step = t->bad_step,
    };
    const lt_call call = lt_call_begin(p->device->backend, "training", err);
    st = lt_call_end(&call, ops_of(p)->train(p->it, p->train_req, p->train_out, err));
    return st ? st : check_bad_steps(p, n, err);
}

void lt_program_tell_span(const lt_program *p, uint32_t replica, uint32_t n, lt_span *span)
{
    const table *t = &p->table;
    span->n_steps = n, span->bad_step = t->bad_step[replica];
    memcpy(span->loss, t->loss + (size_t)replica * n, n * sizeof *span->loss);
    memcpy(span->correct, t->correct + (size_t)replica * n, n * sizeof *span->correct);
}

void lt_program_note_sums(lt_program *p, uint32_t replica, double loss, uint64_t correct)
{
    p->table.sum[replica] = loss, p->table.hits[replica] = correct, p->table.only[replica] = 1;
}

ltc_status lt_program_eval(lt_program *p, uint32_t split, uint64_t first, uint64_t n, ltc_error *err)
{
    ltc_status st = make_ready(p, err);
    if (st)
        return st;
    *p->eval_req = (ltc_eval_req){
        .size = sizeof *p->eval_req, .split = split, .first = first, .count = n, .only = p->table.only,
    };
    *p->eval_out = (ltc_eval_out){
        .size = sizeof *p->eval_out, .loss = p->table.sum, .correct = p->table.hits,
    };
    const lt_call call = lt_call_begin(p->device->backend, "evaluating", err);
    st = lt_call_end(&call, ops_of(p)->eval(p->it, p->eval_req, p->eval_out, err));
    memset(p->table.only, 0, p->replicas * sizeof *p->table.only);
    return st;
}

void lt_program_tell_sums(const lt_program *p, uint32_t replica, double *loss, uint64_t *correct)
{
    *loss = p->table.sum[replica], *correct = p->table.hits[replica];
}
