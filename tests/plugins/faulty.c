/* A backend with one fault, named by the definition FAULT; for tests of `ltcore check`. What is not at fault
 * is libltsdk's. With COHORT it trains several replicas in one program, one after another. */
#include <fenv.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ltcore/ops.h>
#include <ltcore/optable.h>

enum {
    NONE,
    ADJOINT,
    FORWARD,
    OPTIMIZER,
    DEAD_SLOT,
    FROZEN_DRIFT,
    EVAL_STATISTICS,
    CLOCK_RESET,
    DROPOUT_STEP,
    AUGMENT_ROW,
    ABORT,
    CRASH,
    HANG,
    MODE,
    LIE,
    NAMELESS,
    EVAL_CLOCK,
    BAD_STEP,
    BAD_STATE,
    COUNT,
    CUTS,
    WEAK_REQUIRE,
    LOST_SLOT,
    ACCEPTS,
    SILENT,
    NOISE,
    EXPORTS,
    TOGETHER,
    PLACE,
    NEIGHBOURS,
    STRIDE, NO_DEVICE, GUESSES
};

enum { MOST = 8 };
#ifdef COHORT
static const bool in_cohorts = true;
#else
static const bool in_cohorts = false;
#endif

typedef struct program {
    void *inner[MOST];                        /* one a replica */
    const ltc_graph *graph;
    uint32_t n, augment, batch, pad;
} program;

static const ltc_backend_ops *const sdk = &ltc_optable_ops;

#ifdef ANOTHER
__attribute__((visibility("default"))) extern const int another;
const int another = 1;
#endif

static ltc_status device_open(const ltc_host *h, const void *opts, void **dev, ltc_error *err)
{
    return FAULT == NO_DEVICE ? ltc_fail(err, LTC_EDEVICE, "there is no such device")
                              : sdk->open(h, opts, dev, err);
}

static ltc_status identity(void *dev, char *text, size_t n, ltc_error *err)
{
    static int times;
    if (FAULT != NAMELESS)
        return sdk->identity(dev, text, n, err);
    snprintf(text, n, "faulty, looked at %d times", ++times);
    return LTC_OK;
}

static ltc_status plan(void *dev, const ltc_compile_req *r, ltc_plan *p, ltc_error *err)
{
    ltc_compile_req one = *r;
    if (FAULT == WEAK_REQUIRE)
        one.require &= ~(1u << 30);
    if (in_cohorts)
        one.n_replicas = 1, one.require &= ~(uint32_t)LTC_CAP_COHORT;
    const ltc_status st = sdk->plan(dev, &one, p, err);
    if ((FAULT == LIE || in_cohorts) && !st)
        p->caps |= LTC_CAP_COHORT, p->max_replicas = MOST;
    return st;
}

static void release(void *prog)
{
    program *p = prog;
    for (uint32_t i = 0; i < MOST; i++)
        if (p->inner[i])
            sdk->release(p->inner[i]);
    free(p);
}

static ltc_status compile(void *dev, const ltc_compile_req *r, void **prog, ltc_error *err)
{
    ltc_compile_req one = *r;
    ltc_status st = LTC_OK;
    if (FAULT == ABORT)
        for (uint32_t i = 0; i < r->graph->n_nodes; i++)
            if (ltc_graph_node(r->graph, i)->op >= LTC_OP_COUNT)
                abort();
    if (FAULT == WEAK_REQUIRE)
        one.require &= ~(1u << 30);
    if (in_cohorts || (FAULT == LIE && r->n_replicas == 1))
        one.require &= ~(uint32_t)LTC_CAP_COHORT;
    if (FAULT == ACCEPTS && r->loss == 99)
        one.loss = LTC_LOSS_CROSS_ENTROPY;
    if (in_cohorts)
        one.n_replicas = 1;
    program *p = calloc(1, sizeof *p);
    if (!p)
        return ltc_fail(err, LTC_ENOMEM, "no memory");
    *p = (program){
        .graph = r->graph, .n = in_cohorts ? r->n_replicas : 1, .augment = r->augment, .batch = r->batch
    };
    for (uint32_t i = 0; i < p->n && !st; i++)
        st = sdk->compile(dev, &one, &p->inner[i], err);
    if (st && FAULT == SILENT && r->optimizer->kind == 99)
        err->message[0] = '\0';
    if (st)
        release(p);
    else
        *prog = p;
    return st;
}

static ltc_status bind(void *prog, uint32_t split, void *data, ltc_error *err)
{
    const program *p = prog;
    ltc_status st = LTC_OK;
    for (uint32_t i = 0; i < p->n && !st; i++)
        st = sdk->bind(p->inner[i], split, data, err);
    return st;
}

static ltc_status put(void *prog, uint32_t what, uint32_t replica, uint32_t param, const void *src,
                      size_t bytes, ltc_error *err)
{
    const program *p = prog;
    if (FAULT == HANG && what > LTC_STATE_CLOCK)
        for (;;)
            pause();
    if (FAULT == LOST_SLOT && what == LTC_STATE_SLOT_2)
        return LTC_OK;
    return replica < p->n ? sdk->put(p->inner[replica], what, 0, param, src, bytes, err)
                          : ltc_fail(err, LTC_EINVAL, "no replica %u", replica);
}

static ltc_status get(void *prog, uint32_t what, uint32_t replica, uint32_t param, void *dst, size_t bytes,
                      ltc_error *err)
{
    const program *p = prog;
    return replica < p->n ? sdk->get(p->inner[replica], what, 0, param, dst, bytes, err)
                          : ltc_fail(err, LTC_EINVAL, "no replica %u", replica);
}

static ltc_status ready(void *prog, ltc_error *err)
{
    const program *p = prog;
    ltc_status st = LTC_OK;
    for (uint32_t i = 0; i < p->n && !st; i++)
        st = sdk->ready(p->inner[i], err);
    return st;
}

static ltc_status put_clock(void *inner, uint64_t clock, ltc_error *err)
{
    const ltc_status st = sdk->put(inner, LTC_STATE_CLOCK, 0, 0, &clock, sizeof clock, err);
    return st ? st : sdk->ready(inner, err);
}

static ltc_status put_bias(const program *p, float first, ltc_error *err)
{
    float bias[64];
    const size_t bytes = ltc_graph_param(p->graph, 1)->n * sizeof *bias;
    ltc_status st = sdk->get(p->inner[0], LTC_STATE_VALUE, 0, 1, bias, bytes, err);
    bias[0] = first;
    if (!st)
        st = sdk->put(p->inner[0], LTC_STATE_VALUE, 0, 1, bias, bytes, err);
    return st ? st : sdk->ready(p->inner[0], err);
}

static void leave_mode(void)
{
#ifdef __SSE__
    __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8000);
#else
    fesetround(FE_UPWARD);
#endif
}

/* Replica i's part of a span, in a program of its own. */
static ltc_status train_one(const program *p, uint32_t i, const ltc_train_req *r, ltc_train_out *out,
                            ltc_error *err)
{
    const bool from_zero = (FAULT == DROPOUT_STEP && !p->augment) || (FAULT == AUGMENT_ROW && p->augment);
    const uint32_t rates = FAULT == STRIDE ? 0 : i;
    const uint64_t first = from_zero ? 0 : FAULT == PLACE && p->n > 1 ? r->first_step[0] : r->first_step[i];
    ltc_train_req one = *r;
    ltc_train_out part = { .size = sizeof part, .loss = out->loss + (size_t)i * r->n_steps,
                           .correct = out->correct + (size_t)i * r->n_steps, .bad_step = out->bad_step + i };
    one.first_step = &first;
    one.sample += i * r->sample_stride, one.lr += rates * r->lr_stride;
    one.key_augment += i, one.key_dropout += i;
    const ltc_status st = sdk->train(p->inner[i], &one, &part, err);
    if (!st && from_zero && part.bad_step[0] != UINT64_MAX)
        part.bad_step[0] += r->first_step[i];
    return st;
}

static ltc_status train(void *prog, const ltc_train_req *r, ltc_train_out *out, ltc_error *err)
{
    static int calls;
    const program *p = prog;
    ltc_status st = LTC_OK;
    calls++;
    if (FAULT == CRASH && p->batch == 64)
        raise(SIGSEGV);
    if (FAULT == CLOCK_RESET && r->n_steps < 33 && r->n_steps != 3)
        st = put_clock(p->inner[0], 0, err);
    for (uint32_t i = 0; i < p->n && !st; i++) {
        st = train_one(p, i, r, out, err);
        if (FAULT == NEIGHBOURS && i && !st && out->bad_step[i] != UINT64_MAX)
            out->bad_step[0] = out->bad_step[i];
    }
    if (st)
        return st;
    if (FAULT == MODE)
        leave_mode();
    if (FAULT == BAD_STEP && out->bad_step[0] != UINT64_MAX)
        out->bad_step[0]++;
    if (FAULT == COUNT)
        out->correct[0] = p->batch - out->correct[0];
    if (FAULT == BAD_STATE && out->bad_step[0] != UINT64_MAX)
        return put_bias(p, 5, err);
    return FAULT == NOISE && p->augment == 3 && p->batch == 7 ? put_bias(p, (float)calls, err) : LTC_OK;
}

static ltc_status eval(void *prog, const ltc_eval_req *r, ltc_eval_out *out, ltc_error *err)
{
    const program *p = prog;
    uint64_t clock;
    ltc_status st = LTC_OK;
    for (uint32_t i = 0; i < p->n && !st; i++) {
        ltc_eval_out part = { .size = sizeof part, .loss = out->loss + i, .correct = out->correct + i };
        st = sdk->eval(p->inner[i], r, &part, err);
    }
    if (!st && FAULT == CUTS && r->count > 1)
        out->loss[0] *= 1 + 0x1p-50;
    if (st || FAULT != EVAL_CLOCK)
        return st;
    st = sdk->get(p->inner[0], LTC_STATE_CLOCK, 0, 0, &clock, sizeof clock, err);
    return st ? st : put_clock(p->inner[0], clock + 1, err);
}

static ltc_status data_open(void *dev, const ltc_data_desc *d, void **data, ltc_error *err)
{
    return sdk->data_open(dev, d, data, err);
}

static void data_close(void *data)
{
    sdk->data_close(data);
}

static void device_close(void *dev)
{
    sdk->close(dev);
}

/* Batch norm with the batch's statistics, whatever it is asked for. */
static void norm(const ltc_node *node, const ltc_io *io)
{
    const ltc_batch_norm_desc *d = node->desc;
    const size_t channels = (size_t)io->out_shape->dim[0], space = ltc_value_count(io->out_shape) / channels;
    const double n = (double)(io->rows * space);
    for (size_t c = 0; c < channels; c++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < io->rows * space; i++)
            sum += (double)io->in[0][(i / space * channels + c) * space + i % space];
        for (size_t i = 0; i < io->rows * space; i++)
            squares += pow((double)io->in[0][(i / space * channels + c) * space + i % space] - sum / n, 2);
        io->saved[c] = (float)(sum / n), io->saved[channels + c] = (float)(squares / n);
        for (size_t i = 0; i < io->rows * space; i++) {
            const size_t at = (i / space * channels + c) * space + i % space;
            const double x = ((double)io->in[0][at] - sum / n) / sqrt(squares / n + d->eps);
            io->out[at] = (float)(x * (double)io->in[1][c] + (double)io->in[2][c]);
        }
    }
}

static ltc_status forward(void *dev, const ltc_node *node, const ltc_io *io)
{
    (void)dev;
    if (FAULT == EVAL_STATISTICS && node->op == LTC_OP_BATCH_NORM) {
        if (io->rows)
            norm(node, io);
        return LTC_OK;
    }
    if (FAULT != FORWARD || node->op != LTC_OP_GLOBAL_POOL)
        return LTC_EUNSUPPORTED;
    const size_t channels = (size_t)io->out_shape->dim[0],
                 space = ltc_value_count(io->in_shape[0]) / channels;
    for (size_t i = 0; i < io->rows * channels; i++) {            /* the last pixel is forgotten */
        double sum = 0;
        for (size_t k = 0; k + 1 < space; k++)
            sum += (double)io->in[0][i * space + k];
        io->out[i] = (float)(sum / (double)space);
    }
    return LTC_OK;
}

/* No gradient comes back through AVG_POOL. */
static ltc_status backward(void *dev, const ltc_node *node, const ltc_io *io)
{
    (void)dev;
    (void)io;
    return FAULT == ADJOINT && node->op == LTC_OP_AVG_POOL ? LTC_OK : LTC_EUNSUPPORTED;
}

/* Plain SGD, with what is at fault in it. */
static ltc_status update(void *dev, const ltc_optimizer *o, const ltc_update *u)
{
    const bool mine = FAULT == GUESSES || FAULT == OPTIMIZER || FAULT == DEAD_SLOT || FAULT == FROZEN_DRIFT;
    const double decay = u->role & o->decay_roles ? o->weight_decay : 0;
    const double pull = u->role & o->l1_roles && FAULT != OPTIMIZER ? o->l1 : 0;
    (void)dev;
    if (!mine || o->kind != LTC_SGD || o->nesterov)
        return LTC_EUNSUPPORTED;
    for (size_t i = 0; i < u->n; i++) {
        const bool guessed = FAULT == GUESSES && u->mask && !(u->w[i] < 0) && !(u->w[i] > 0);
        const uint8_t mask = guessed ? LTC_DEAD : u->mask ? u->mask[i] : LTC_ALIVE;
        const double w = (double)u->w[i], g = (double)u->grad[i] + decay * w + pull * ((w > 0) - (w < 0));
        const double m = o->momentum * (double)u->slot1[i] + g;
        u->slot1[i] = mask == LTC_ALIVE ? (float)m : 0;
        u->w[i] = mask == LTC_ALIVE ? (float)(w - u->lr * m) : u->w[i];
        if (FAULT == DEAD_SLOT && mask == LTC_DEAD)
            u->slot1[i] = (float)g;
        if (FAULT == FROZEN_DRIFT && mask == LTC_FROZEN && u->lr > 0)
            u->w[i] *= 1 + 0x1p-22f;
    }
    return LTC_OK;
}

const ltc_optable ltc_optable_table = {
    .flags = LTC_OT_HOST, .forward = forward, .backward = backward, .update = update,
};
static const ltc_backend_ops ops = {
    LTC_BACKEND_OPS, .open = device_open, .close = device_close, .identity = identity, .plan = plan,
    .data_open = data_open, .data_close = data_close, .compile = compile, .release = release, .bind = bind,
    .put = put, .get = get, .ready = ready, .train = train, .eval = eval,
};
static const ltc_module faulty = {
    LTC_MODULE(LTC_BACKEND, ops), .name = "faulty", .version = "1.0", .summary = "a backend with one fault",
};
LTC_PLUGIN(&faulty);
