/* bench_steps CONFIG SPANS STEPS THREADS DENSITY|TICKET [KEY=VALUE...] - times training steps of a
 * configuration as runs do them, without evaluations: SPANS spans of STEPS steps, from the weights and under
 * the mask of a ticket (its directory), or under a random mask that keeps DENSITY of every weight; where
 * STEPS is 0, SPANS evaluations of the test split. Prints median and best microseconds a step or an
 * evaluation, the least of processor time that all threads together took for one, accuracy on a thousand test
 * samples after them all, a step's work in GF, a core's peak in GF/s, and the backend's identity. For
 * bench/run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <ltcore/ops.h>

#include "bench.h"
#include "data/key.h"
#include "peak.h"
#include "store/tensors.h"
#include "train/init.h"

enum { N_TEST = 1000, PATH_ROOM = 4096 };     /* N_TEST: as in samples.py */

static double clock_of(void *arg)
{
    (void)arg;
    return lt_bench_now_s();
}

static void ignore(void *arg, const lt_progress *p)
{
    (void)arg, (void)p;
}

static double processor_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* One span more, before, warms up. */
static ltc_status time_spans(lt_session *s, const lt_training *t, const lt_bench_request *q, double *us,
                             double *least_us, ltc_error *err)
{
    const lt_watcher w = { .now_s = clock_of, .stopping = lt_bench_never, .stepped = ignore };
    const double times = q->steps ? (double)q->steps : 1;
    lt_trainer *trainer = NULL;
    lt_evaluation e;
    ltc_status st = lt_trainer_open(s, t, &w, &trainer, err);
    uint64_t step = 0;
    for (uint64_t span = 0; !st && span <= q->spans; span++) {
        const double start = lt_bench_now_s(), before = processor_s();
        st = q->steps ? lt_trainer_advance(trainer, step, step + q->steps, 0, &step, err)
                      : lt_evaluate(s, t->data, LT_TEST, &w, &e, err);
        const double least = (processor_s() - before) * 1e6 / times;
        *least_us = span <= 1 || least < *least_us ? least : *least_us;
        if (span)
            us[span - 1] = (lt_bench_now_s() - start) * 1e6 / times;
    }
    lt_trainer_close(trainer);
    return st;
}

/* Weights alone, each layer alike. */
static ltc_status draw_masks(const ltc_graph *g, double density, lt_state *state, ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (uint32_t p = 0; p < g->n_params && density < 1 && !st; p++) {
        const ltc_param *of = ltc_graph_param(g, p);
        if (!(of->role & LTC_ROLE_WEIGHT))
            continue;
        st = lt_state_add_mask(state, p, err);
        for (size_t i = 0; i < of->n && !st; i++)
            state->mask[p][i] = (double)ltc_rand_unit((ltc_key){ 1, p }, i) < density ? LTC_ALIVE : LTC_DEAD;
    }
    return st;
}

static ltc_status take_masks(const ltc_graph *g, const lt_tensors *masks, lt_state *state, ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (uint32_t p = 0; p < g->n_params && !st; p++) {
        const ltc_param *of = ltc_graph_param(g, p);
        const lt_tensor *mask = lt_tensors_find(masks, of->name);
        if (!mask)
            continue;
        if (mask->type != LTC_U8 || mask->n != of->n)
            return ltc_fail(err, LTC_EINVAL, "'%s' is no mask of this network", of->name);
        st = lt_state_add_mask(state, p, err);
        for (size_t i = 0; i < of->n && !st; i++)
            state->mask[p][i] = ((const uint8_t *)mask->data)[i] ? LTC_ALIVE : LTC_DEAD;
    }
    return st;
}

static ltc_status take_values(const ltc_graph *g, const lt_tensors *values, lt_state *state, ltc_error *err)
{
    for (uint32_t p = 0; p < g->n_params; p++) {
        const ltc_param *of = ltc_graph_param(g, p);
        const lt_tensor *value = lt_tensors_find(values, of->name);
        if (!value || value->type != LTC_F32 || value->n != of->n)
            return ltc_fail(err, LTC_EINVAL, "'%s' is no parameter of this network", of->name);
        memcpy(state->value[p], value->data, of->n * sizeof(float));
    }
    return LTC_OK;
}

typedef ltc_status taking(const ltc_graph *g, const lt_tensors *t, lt_state *state, ltc_error *err);

static ltc_status find_part(const char *folder, const char *name, char path[PATH_ROOM], ltc_error *err)
{
    const int n = snprintf(path, PATH_ROOM, "%s/%s.safetensors", folder, name);
    return n >= 0 && n < PATH_ROOM
               ? LTC_OK
               : ltc_fail(err, LTC_EINVAL, "the path of a ticket is too long: %s", folder);
}

static ltc_status read_into(const ltc_graph *g, const char *folder, const char *name, taking *take,
                            lt_state *state, ltc_error *err)
{
    char path[PATH_ROOM];
    lt_tensors t = { 0 };
    ltc_status st = find_part(folder, name, path, err);
    if (!st)
        st = lt_safetensors_read(path, &t, err);
    if (!st)
        st = take(g, &t, state, err);
    lt_tensors_free(&t);
    return st;
}

/* A level without a mask is the dense one. */
static ltc_status take_ticket(const ltc_graph *g, const char *folder, lt_state *state, ltc_error *err)
{
    char mask[PATH_ROOM];
    ltc_status st = find_part(folder, "mask", mask, err);
    if (!st)
        st = read_into(g, folder, "start", take_values, state, err);
    if (!st && !access(mask, F_OK))
        st = read_into(g, folder, "mask", take_masks, state, err);
    return st;
}

static ltc_status thin(const ltc_graph *g, const lt_bench_request *q, lt_state *state, ltc_error *err)
{
    const double density = lt_bench_density(q);
    const ltc_status st = density > 0 ? draw_masks(g, density, state, err)
                                      : take_ticket(g, q->under, state, err);
    for (uint32_t p = 0; p < g->n_params && !st; p++)
        for (size_t i = 0; state->mask[p] && i < ltc_graph_param(g, p)->n; i++)
            if (state->mask[p][i] == LTC_DEAD)
                state->value[p][i] = 0.0f;
    return st;
}

/* Share of the first samples of the test split. */
static ltc_status accuracy_of(lt_session *s, const lt_data *data, double *accuracy, ltc_error *err)
{
    const uint64_t all = data->split[LT_TEST].n, n = all < N_TEST ? all : N_TEST;
    lt_part part = { .split = LT_TEST };
    ltc_status st = LTC_OK;
    for (; part.first < n && !st; part.first += part.n) {
        part.n = n - part.first;
        st = lt_session_eval(s, &part, err);
    }
    *accuracy = (double)part.correct / (double)n;
    return st;
}

static size_t alive_in(const ltc_graph *g, const lt_state *state, uint32_t value)
{
    size_t alive = 0;
    for (uint32_t p = 0; p < g->n_params; p++)
        for (size_t i = 0; ltc_graph_param(g, p)->value == value && i < ltc_graph_param(g, p)->n; i++)
            alive += !state->mask[p] || state->mask[p][i] != LTC_DEAD;
    return alive;
}

/* Does a layer need no gradient of its input, the network's own, perhaps flattened? */
static bool is_first(const ltc_graph *g, const ltc_node *n)
{
    bool flattened = false;
    for (uint32_t i = 0; i < g->n_nodes; i++) {
        const ltc_node *before = ltc_graph_node(g, i);
        flattened = flattened || (before->op == LTC_OP_FLATTEN && before->out == n->in[0] &&
                                  before->in[0] == g->input);
    }
    return flattened || n->in[0] == g->input;
}

/* What a step multiplies and adds, in GF, if it is done one by one, with each weight that is there: forward,
 * for the gradients of weights, and for those of inputs. */
static double work_of(const ltc_graph *g, const lt_state *state, uint32_t batch)
{
    double products = 0;
    for (uint32_t i = 0; i < g->n_nodes; i++) {
        const ltc_node *n = ltc_graph_node(g, i);
        const ltc_value *y = ltc_graph_value(g, n->out);
        if (n->op != LTC_OP_LINEAR && n->op != LTC_OP_CONV2D)
            continue;
        const double places = y->rank == 3 ? (double)(y->dim[1] * y->dim[2]) : 1;
        products += places * (double)alive_in(g, state, n->in[1]) * (is_first(g, n) ? 2 : 3);
    }
    return 2e-9 * products * batch;
}

static ltc_status time_training(lt_device *d, lt_regime *r, const lt_bench_request *q, ltc_error *err)
{
    const lt_program_request program = lt_regime_program(r);
    const lt_training t = lt_regime_training(r, 0);
    const ltc_graph *g = &r->experiment->graph.view;
    lt_session *s = NULL;
    lt_state state = { 0 };
    double *us = calloc(q->spans, sizeof *us), least_us = 0, accuracy = 0;
    ltc_status st =
        us ? lt_session_open(d, &program, &s, err) : ltc_fail(err, LTC_ENOMEM, "no memory for the times");
    if (!st)
        st = lt_state_create(g, &state, err);
    if (!st) {
        lt_init_state(g, r->settings->arch.init, lt_regime_key(r, LT_KEY_INIT, 0, 0), &state);
        st = thin(g, q, &state, err);
    }
    if (!st) {
        lt_session_put(s, &state);
        st = time_spans(s, &t, q, us, &least_us, err);
    }
    if (!st)
        st = accuracy_of(s, t.data, &accuracy, err);
    if (!st) {
        lt_bench_print(us, q->spans);
        printf("%.2f %.4f %.4g %.1f %s\n", least_us, accuracy, work_of(g, &state, program.batch),
               lt_bench_peak(), d->identity);
    }
    lt_session_close(s);
    lt_state_free(&state);
    free(us);
    return st;
}

int main(int argc, char **argv)
{
    return lt_bench_run(argc, argv, "bench_steps CONFIG SPANS STEPS THREADS DENSITY|TICKET [KEY=VALUE...]", 0,
                        time_training);
}
