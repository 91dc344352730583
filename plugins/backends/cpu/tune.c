/* Measures this machine's own table of costs: two small networks, each compiled once for every way of
 * computing its layer, which a table forces in which all other ways cost the most. Called by cpu.c
 * for `ltcore tune`. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <ltcore/ops.h>

#include "cpu.h"
#include "tune.h"

/* A batch as the choice assumes it; it has a lane free, as lists of bytes want it. */
enum { BATCH = 60, SIDE = 28, INPUTS = SIDE * SIDE, OUTPUTS = 304, CHANNELS = 64, PLANE = 16, LAYER = 1,
       ROUNDS = 9, ENOUGH_NS = 300000000, VECTORS = (BATCH + CPU_LANES - 1) / CPU_LANES };
#define DENSITY 0.1                           /* of lists */
#define FILLED 0.2                            /* of the strips' input */

/* A network whose node LAYER is measured, and its data. */
typedef struct subject {
    ltc_value value[7]; ltc_param param[2]; ltc_node node[3]; uint32_t in[3][3];
    ltc_graph graph;
    ltc_input input;
    ltc_data_desc desc;
    float   table[CHANNELS * 256];
    int32_t label[BATCH];
    uint8_t *x;
} subject;

static const ltc_conv2d_desc conv_desc = { .stride = 1, .pad = 1, .dilation = 1, .groups = 1 };

static void add_param(subject *s, const char *name, uint32_t value)
{
    s->param[s->graph.n_params++] = (ltc_param){ .name = name, .value = value, .role = LTC_ROLE_WEIGHT,
                                                 .trained = 1, .n = ltc_value_count(&s->value[value]) };
}

static void add_node(subject *s, uint32_t op, uint32_t n_in, uint32_t x, uint32_t w, uint32_t out)
{
    const uint32_t i = s->graph.n_nodes++;
    s->in[i][0] = x, s->in[i][1] = w;
    s->node[i] = (ltc_node){ .op = op, .n_in = n_in, .out = out, .in = s->in[i] };
    if (op == LTC_OP_CONV2D)
        s->node[i].desc = &conv_desc, s->node[i].desc_size = sizeof conv_desc;
}

#define SAMPLES(r, ...) { .kind = LTC_SAMPLE, .rank = r, .dim = { __VA_ARGS__ } }
#define WEIGHTS(r, ...) { .kind = LTC_PARAM, .rank = r, .dim = { __VA_ARGS__ } }

static void describe_linear(subject *s)
{
    const ltc_value value[] = { { 0 }, SAMPLES(3, 1, SIDE, SIDE, 1), SAMPLES(1, INPUTS, 1, 1, 1),
                                WEIGHTS(2, OUTPUTS, INPUTS, 1, 1), SAMPLES(1, OUTPUTS, 1, 1, 1) };
    memcpy(s->value, value, sizeof value);
    s->graph.n_values = 5, s->graph.logits = 4;
    add_param(s, "weight", 3);
    add_node(s, LTC_OP_FLATTEN, 1, 1, 0, 2);
    add_node(s, LTC_OP_LINEAR, 3, 2, 3, 4);
}

/* The first convolution is there so that the second has a gradient to give. */
static void describe_conv(subject *s)
{
    const ltc_value image = SAMPLES(3, CHANNELS, PLANE, PLANE, 1),
                    weights = WEIGHTS(4, CHANNELS, CHANNELS, 3, 3);
    const ltc_value value[] = { { 0 }, image, weights, image, weights, image, SAMPLES(1, CHANNELS, 1, 1, 1) };
    memcpy(s->value, value, sizeof value);
    s->graph.n_values = 7, s->graph.logits = 6;
    add_param(s, "before", 2), add_param(s, "weight", 4);
    add_node(s, LTC_OP_CONV2D, 3, 1, 2, 3);
    add_node(s, LTC_OP_CONV2D, 3, 3, 4, 5);
    add_node(s, LTC_OP_GLOBAL_POOL, 1, 5, 0, 6);
}

static uint32_t next(uint32_t *seed)
{
    *seed ^= *seed << 13, *seed ^= *seed >> 17, *seed ^= *seed << 5;
    return *seed;
}

static double unit(uint32_t *seed)
{
    return (double)(next(seed) >> 8) / 16777216.0;
}

static ltc_status open_subject(subject *s, void (*describe)(subject *), ltc_error *err)
{
    *s = (subject){ .graph = { .size = sizeof(ltc_graph), .node_size = sizeof(ltc_node),
                               .param_size = sizeof(ltc_param), .value_size = sizeof(ltc_value), .input = 1,
                               .node = s->node, .param = s->param, .value = s->value },
                    .input = { .size = sizeof(ltc_input), .sample_type = LTC_U8, .table = s->table } };
    describe(s);
    const size_t n = BATCH * ltc_value_count(&s->value[1]);
    uint32_t seed = 2463534242u;
    s->x = malloc(n);
    if (!s->x)
        return ltc_fail(err, LTC_ENOMEM, "no memory for data to measure with");
    for (size_t i = 0; i < n; i++)
        s->x[i] = unit(&seed) < FILLED ? (uint8_t)(next(&seed) % 255 + 1) : 0;
    for (size_t i = 0; i < CHANNELS * 256; i++)
        s->table[i] = (float)(i % 256) / 255.0f;
    s->desc = (ltc_data_desc){ .size = sizeof s->desc, .sample_type = LTC_U8, .rank = 3,
                               .dim = s->value[1].dim, .n = BATCH, .x = s->x, .label = s->label };
    return LTC_OK;
}

static ltc_status put_weights(cpu_program *p, const subject *s, uint32_t i, double density, ltc_error *err)
{
    const size_t n = s->param[i].n;
    uint32_t seed = 88675123u;
    float *w = calloc(n, sizeof *w);
    uint8_t *mask = calloc(n, 1);
    ltc_status st = w && mask ? LTC_OK : ltc_fail(err, LTC_ENOMEM, "no memory for weights to measure with");
    for (size_t k = 0; k < n && !st; k++)
        if (unit(&seed) < density)
            mask[k] = LTC_ALIVE, w[k] = (float)(unit(&seed) - 0.5) * 0.1f;
    if (!st)
        st = cpu_program_put(p, LTC_STATE_VALUE, 0, i, w, n * sizeof *w, err);
    if (!st)
        st = cpu_program_put(p, LTC_STATE_MASK, 0, i, mask, n, err);
    free(w), free(mask);
    return st;
}

/* Afterwards every value and gradient is there. */
static ltc_status train_once(cpu_program *p, ltc_error *err)
{
    uint32_t sample[BATCH], correct;
    const uint64_t first = 0;
    const float lr = 0;
    float loss;
    uint64_t bad;
    for (uint32_t i = 0; i < BATCH; i++)
        sample[i] = i;
    const ltc_train_req r = {
        .size = sizeof r, .n_steps = 1, .first_step = &first, .sample = sample, .lr = &lr
    };
    ltc_train_out out = { .size = sizeof out, .loss = &loss, .correct = &correct, .bad_step = &bad };
    return cpu_program_train(p, &r, &out, err);
}

static ltc_status open_program(cpu_device *d, const subject *s, void *data, double density, cpu_program **p,
                               ltc_error *err)
{
    static const ltc_optimizer adam = {
        .size = sizeof adam, .kind = LTC_ADAM, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8
    };
    const ltc_compile_req r = { .size = sizeof r, .batch = BATCH, .n_replicas = 1,
                                .loss = LTC_LOSS_CROSS_ENTROPY, .graph = &s->graph, .optimizer = &adam,
                                .input = &s->input };
    void *made = NULL;
    ltc_status st = cpu_program_compile(d, &r, &made, err);
    if (!st)
        st = cpu_program_bind(made, 0, data, err);
    for (uint32_t i = 0; i < s->graph.n_params && !st; i++)
        st = put_weights(made, s, i, i + 1 == s->graph.n_params ? density : 1, err);
    if (!st)
        st = cpu_program_ready(made, err);
    if (!st)
        st = train_once(made, err);
    if (st)
        cpu_program_release(made);
    else
        *p = made;
    return st;
}

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

/* The least of many rounds, of which the first warms up: what else runs on the machine only ever adds. */
typedef void work(cpu_program *p, cpu_node *n, const void *arg);
static double least_ns(cpu_program *p, work *what, const void *arg)
{
    double least = 1e18, spent = 0;
    for (int r = 0; r < ROUNDS || spent < ENOUGH_NS; r++) {
        const double start = now_ns();
        what(p, &p->node[LAYER], arg);
        const double took = now_ns() - start;
        least = took < least ? took : least;
        spent += took;
    }
    return least;
}

static void go_forward(cpu_program *p, cpu_node *n, const void *arg)
{
    (void)arg;
    cpu_linear_forward(p, n);
}

static void list_input(cpu_program *p, cpu_node *n, const void *arg)
{
    (void)n, (void)arg;
    cpu_input_gather(p, &p->split[0], BATCH, false);
}

static void update_layer(cpu_program *p, cpu_node *n, const void *rule)
{
    cpu_linear_update(p, n, rule);
}

/* The weights stand for their gradients. */
static void update_weights(cpu_program *p, cpu_node *n, const void *rule)
{
    const cpu_kept *k = &cpu_param_of(p, n, 1)->kept;
    p->device->kernels->update(rule, &k->all, k->all.w, (int64_t)k->n);
}

/* Rates are 0, so that what is measured again is the same. */
static const cpu_rule sgd = { .kind = LTC_SGD, .mu = 0.5f }, adam = {
    .kind = LTC_ADAM, .b1 = 0.9f, .b2 = 0.999f, .one_b1 = 0.1f, .one_b2 = 0.001f, .eps = 1e-8f, .root = 1 };

static void measure_dense(cpu_program *p, cpu_costs *to)
{
    const double n = (double)p->param[0].n, plain = least_ns(p, update_weights, &sgd);
    to->dense = least_ns(p, go_forward, NULL) / (n * VECTORS);
    to->weight = plain / n;
    to->adam = (least_ns(p, update_weights, &adam) - plain) / n;
    to->adam = to->adam > 0 ? to->adam : 0;
}

/* After measure_dense. */
static void measure_lists(cpu_program *p, cpu_costs *to)
{
    const double alive = (double)p->param[0].alive;
    to->list = least_ns(p, go_forward, NULL) / (alive * VECTORS);
    to->entry = least_ns(p, update_layer, &adam) / alive - VECTORS * to->list - to->weight - to->adam;
    to->entry = to->entry > 0 ? to->entry : 0;
}

/* Half of what it takes to list the input falls to each of two passes. */
static void measure_strips(cpu_program *p, cpu_costs *to)
{
    const double pass = least_ns(p, go_forward, NULL) + least_ns(p, list_input, NULL) / 2;
    to->strip = pass / ((double)p->param[0].n * p->split[0].filled * VECTORS);
}

/* By which one form of LINEAR and one way of CONV2D cost nothing, and the others the most. */
static cpu_costs forced(cpu_form form, conv_way way)
{
    const double most = 1e6;
    cpu_costs c = { .dense = most, .list = most, .strip = most };
    *(form == CPU_FORM_DENSE ? &c.dense : form == CPU_FORM_LISTS ? &c.list : &c.strip) = 0;
    for (conv_pass pass = 0; pass < CONV_PASSES; pass++)
        c.conv.pass[pass] = (conv_cost){ .lists = way == CONV_BY_LISTS ? 0 : most,
                                         .winograd = way == CONV_BY_WINOGRAD ? 0 : most };
    return c;
}

static ltc_status tune_linear(cpu_device *d, const subject *s, void *data, cpu_costs *to, ltc_error *err)
{
    static const struct {
        cpu_form form; double density;
        void (*measure)(cpu_program *, cpu_costs *);
    } way[] = {
        { CPU_FORM_DENSE, 1, measure_dense }, { CPU_FORM_LISTS, DENSITY, measure_lists },
        { CPU_FORM_STRIPS, 1, measure_strips },
    };
    ltc_status st = LTC_OK;
    for (size_t i = 0; i < sizeof way / sizeof *way && !st; i++) {
        cpu_program *p;
        d->costs = forced(way[i].form, CONV_BY_WIDE_LISTS);
        st = open_program(d, s, data, way[i].density, &p, err);
        if (st)
            break;
        p->node[LAYER].heavy = false;         /* one thread */
        way[i].measure(p, to);
        cpu_program_release(p);
    }
    return st;
}

static void run_pass(cpu_program *p, cpu_node *n, const void *arg)
{
    switch (*(const conv_pass *)arg) {
    case CONV_FORWARD:
        cpu_operations[LTC_OP_CONV2D].forward(p, n, p->scratch, 0, p->blocks, NULL);
        break;
    case CONV_DATA_GRADIENT:   cpu_conv_data(p, n, p->scratch, 0, p->blocks, NULL); break;
    case CONV_WEIGHT_GRADIENT: cpu_conv_weights(p, n, p->scratch, 0, n->conv_shape.outputs, NULL); break;
    case CONV_PASSES:          break;
    }
}

/* Of one way, in nanoseconds a stored weight. */
static ltc_status time_passes(cpu_device *d, const subject *s, void *data, conv_way way,
                              double ns[CONV_PASSES], ltc_error *err)
{
    cpu_program *p;
    d->costs = forced(CPU_FORM_DENSE, way);
    const ltc_status st = open_program(d, s, data, way == CONV_BY_LISTS ? DENSITY : 1, &p, err);
    if (st)
        return st;
    for (conv_pass pass = 0; pass < CONV_PASSES; pass++)
        ns[pass] = least_ns(p, run_pass, &pass) / (double)p->param[LAYER].alive;
    cpu_program_release(p);
    return LTC_OK;
}

static ltc_status tune_conv(cpu_device *d, const subject *s, void *data, cpu_costs *to, ltc_error *err)
{
    double ns[CONV_WAYS][CONV_PASSES];
    for (conv_way way = 0; way < CONV_WAYS; way++) {
        const ltc_status st = time_passes(d, s, data, way, ns[way], err);
        if (st)
            return st;
    }
    for (conv_pass pass = 0; pass < CONV_PASSES; pass++)
        to->conv.pass[pass] = (conv_cost){ .lists = ns[CONV_BY_LISTS][pass] / ns[CONV_BY_WIDE_LISTS][pass],
                                           .winograd = ns[CONV_BY_WINOGRAD][pass] /
                                                       ns[CONV_BY_WIDE_LISTS][pass] };
    return LTC_OK;
}

typedef ltc_status tune_fn(cpu_device *d, const subject *s, void *data, cpu_costs *to, ltc_error *err);

static ltc_status tune_with(cpu_device *d, void (*describe)(subject *), tune_fn *tune, cpu_costs *to,
                            ltc_error *err)
{
    subject *s = malloc(sizeof *s);
    void *data = NULL;
    if (!s)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a network to measure with");
    ltc_status st = open_subject(s, describe, err);
    if (!st)
        st = cpu_data_open(d, &s->desc, &data, err);
    if (!st)
        st = tune(d, s, data, to, err);
    if (data)
        cpu_data_close(data);
    free(s->x), free(s);
    return st;
}

ltc_status cpu_tune(const cpu_device *d, cpu_costs *to, ltc_error *err)
{
    cpu_device own = *d;
    const ltc_status st = tune_with(&own, describe_linear, tune_linear, to, err);
    return st ? st : tune_with(&own, describe_conv, tune_conv, to, err);
}
