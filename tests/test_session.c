/* Claims about devices and sessions: what is lent to a backend, what it may answer, and what it leaves
 * behind. The backend is the test's own and does what it is told. */
#include "train/session.h"

#include <fenv.h>
#include <string.h>

#include "suite.h"

enum { BATCH = 2, STEPS = 3, FIRST = 5 };

enum { OPEN, IDENTITY, DATA_OPEN, PLAN, COMPILE, BIND, PUT, GET, READY, TRAIN, EVAL, N_CALLS,
       NONE = N_CALLS };

static struct fake {
    int      fails;                           /* the call that returns LTC_EDEVICE without a word */
    bool     rounds_up;                       /* every call changes the rounding mode */
    uint64_t bad_step;
} the;

static ltc_status did(int call)
{
    if (the.rounds_up)
        fesetround(FE_UPWARD);
    return the.fails == call ? LTC_EDEVICE : LTC_OK;
}

static ltc_status fake_open(const ltc_host *h, const void *opts, void **dev, ltc_error *err)
{
    (void)h, (void)opts, (void)err;
    *dev = &the;
    return did(OPEN);
}
static void fake_close(void *p)
{
    (void)p;
    did(NONE);
}
static ltc_status fake_identity(void *dev, char *text, size_t n, ltc_error *err)
{
    (void)dev, (void)err;
    snprintf(text, n, "fake/1");
    return did(IDENTITY);
}
static ltc_status fake_plan(void *dev, const ltc_compile_req *r, ltc_plan *plan, ltc_error *err)
{
    (void)dev, (void)r, (void)plan, (void)err;
    return did(PLAN);
}
static ltc_status fake_data_open(void *dev, const ltc_data_desc *d, void **data, ltc_error *err)
{
    (void)d, (void)err;
    *data = dev;
    return did(DATA_OPEN);
}
static ltc_status fake_compile(void *dev, const ltc_compile_req *r, void **prog, ltc_error *err)
{
    (void)r, (void)err;
    *prog = dev;
    return did(COMPILE);
}
static ltc_status fake_bind(void *prog, uint32_t split, void *data, ltc_error *err)
{
    (void)prog, (void)split, (void)data, (void)err;
    return did(BIND);
}
static ltc_status fake_put(void *prog, uint32_t what, uint32_t r, uint32_t p, const void *src, size_t bytes,
                           ltc_error *err)
{
    (void)prog, (void)what, (void)r, (void)p, (void)src, (void)bytes, (void)err;
    return did(PUT);
}
static ltc_status fake_get(void *prog, uint32_t what, uint32_t r, uint32_t p, void *dst, size_t bytes,
                           ltc_error *err)
{
    (void)prog, (void)what, (void)r, (void)p, (void)err;
    memset(dst, 0, bytes);
    return did(GET);
}
static ltc_status fake_ready(void *prog, ltc_error *err)
{
    (void)prog, (void)err;
    return did(READY);
}
static ltc_status fake_train(void *prog, const ltc_train_req *r, ltc_train_out *out, ltc_error *err)
{
    (void)prog, (void)r, (void)err;
    *out->bad_step = the.bad_step;
    return did(TRAIN);
}
static ltc_status fake_eval(void *prog, const ltc_eval_req *r, ltc_eval_out *out, ltc_error *err)
{
    (void)prog, (void)r, (void)err;
    *out->loss += 1, *out->correct += 1;
    return did(EVAL);
}

static lt_module fake_module(void)
{
    lt_module m = { .info = { .kind = LTC_BACKEND, .name = "fake" } };
    m.ops.backend = (ltc_backend_ops){
        LTC_BACKEND_OPS, .open = fake_open, .close = fake_close, .identity = fake_identity, .plan = fake_plan,
        .data_open = fake_data_open, .data_close = fake_close, .compile = fake_compile, .release = fake_close,
        .bind = fake_bind, .put = fake_put, .get = fake_get, .ready = fake_ready, .train = fake_train,
        .eval = fake_eval,
    };
    return m;
}

static ltc_value value[3] = { { 0 }, { LTC_SAMPLE, 1, { 1, 1, 1, 1 }, NULL },
                              { LTC_PARAM, 1, { 1, 1, 1, 1 }, NULL } };
static ltc_param param = { "w", 2, LTC_ROLE_WEIGHT, 1, 0, { 0, 0, 0, 0 }, 1 };
static const lt_graph graph = { .view = {
    .size = sizeof(ltc_graph), .node_size = sizeof(ltc_node), .param_size = sizeof param,
    .value_size = sizeof value[0], .n_params = 1, .n_values = 3, .input = 1, .logits = 1, .param = &param,
    .value = value,
} };

/* Everything that a session does, once. mode_kept: after each step the rounding mode was what it had been. */
typedef struct life {
    lt_device   device;
    lt_session *session;
    lt_state    state;
    lt_span     span;
    uint32_t    row[STEPS * BATCH], correct[STEPS];
    float       lr[STEPS], loss[STEPS];
    int         mode;
    bool        mode_kept;
    ltc_error   err;
} life;

static ltc_status look(life *l, ltc_status st)
{
    l->mode_kept &= fegetround() == l->mode;
    fesetround(l->mode);
    return st;
}

static ltc_status begin(life *l, const lt_module *m)
{
    static uint8_t x[4];
    static int32_t label[4];
    static const lt_services none;
    const lt_data data = {
        .sample_type = LTC_U8, .rank = 1, .n_classes = 2, .dim = { 1, 1, 1, 1 },
        .split[LT_TRAIN] = { 4, x, label },
    };
    const ltc_status st = look(l, lt_device_open(m, NULL, &none, &l->device, &l->err));
    return st ? st : look(l, lt_device_load(&l->device, &data, &l->err));
}

static ltc_status work(life *l)
{
    const ltc_optimizer o = { .size = sizeof o, .kind = LTC_SGD };
    const ltc_input in = { .size = sizeof in, .sample_type = LTC_U8 };
    const lt_program_request r = { .graph = &graph, .optimizer = &o, .input = &in, .batch = BATCH,
                                   .augment = 1 };
    ltc_plan plan;
    lt_part part = { .split = LT_TRAIN, .n = 4 };
    l->span = (lt_span){ .first_step = FIRST, .n_steps = STEPS, .row = l->row, .lr = l->lr, .loss = l->loss,
                         .correct = l->correct };
    ltc_status st = look(l, lt_program_plan(&l->device, &r, &plan, &l->err));
    if (!st)
        st = look(l, lt_session_open(&l->device, &r, &l->session, &l->err));
    if (!st)
        lt_session_put(l->session, &l->state);
    if (!st)
        st = look(l, lt_session_train(l->session, &l->span, false, &l->err));
    if (!st)
        st = look(l, lt_session_eval(l->session, &part, &l->err));
    return st ? st : look(l, lt_session_get(l->session, &l->state, &l->err));
}

static ltc_status live(life *l, const lt_module *m)
{
    *l = (life){ .mode = fegetround(), .mode_kept = true };
    CU_ASSERT_FATAL(lt_state_create(&graph.view, &l->state, &l->err) == LTC_OK);
    ltc_status st = begin(l, m);
    if (!st)
        st = work(l);
    lt_session_close(l->session);
    look(l, LTC_OK);
    lt_device_close(&l->device);
    look(l, LTC_OK);
    lt_state_free(&l->state);
    return st;
}

static void reset(void)
{
    the = (struct fake){ .fails = NONE, .bad_step = UINT64_MAX };
}

static void no_call_leaves_a_floating_point_mode_behind(void)
{
    const lt_module m = fake_module();
    life l;
    reset();
    the.rounds_up = true;
    CU_ASSERT_EQUAL(live(&l, &m), LTC_OK);
    CU_ASSERT(l.mode_kept);
}

static void a_failure_without_a_word_names_the_backend_and_what_it_did(void)
{
    static const char *const doing[N_CALLS] = {
        [OPEN] = "opening", [IDENTITY] = "saying what it is", [DATA_OPEN] = "taking the data",
        [PLAN] = "planning", [COMPILE] = "compiling", [BIND] = "binding the data", [PUT] = "taking a state",
        [GET] = "giving its state", [READY] = "getting ready", [TRAIN] = "training", [EVAL] = "evaluating",
    };
    const lt_module m = fake_module();
    for (int call = 0; call < N_CALLS; call++) {
        char says[128];
        life l;
        reset();
        the.fails = call;
        snprintf(says, sizeof says, "backend 'fake': %s failed", doing[call]);
        CU_ASSERT_EQUAL(live(&l, &m), LTC_EDEVICE);
        if (strncmp(l.err.message, says, strlen(says)))
            printf("\n  expected '%s', got '%s'", says, l.err.message);
        CU_ASSERT(!strncmp(l.err.message, says, strlen(says)));
    }
}

static void a_bad_step_lies_in_its_span(void)
{
    static const struct { uint64_t step; ltc_status st; } answer[] = {
        { FIRST - 1, LTC_EINTERNAL }, { FIRST, LTC_OK }, { FIRST + STEPS - 1, LTC_OK },
        { FIRST + STEPS, LTC_EINTERNAL }, { 0, LTC_EINTERNAL }, { UINT64_MAX, LTC_OK },
    };
    const lt_module m = fake_module();
    for (size_t i = 0; i < sizeof answer / sizeof answer[0]; i++) {
        life l;
        reset();
        the.bad_step = answer[i].step;
        CU_ASSERT_EQUAL(live(&l, &m), answer[i].st);
        CU_ASSERT(!answer[i].st || strstr(l.err.message, "backend 'fake' says"));
    }
}

/* Each struct once in the size of a build that had not yet the last member that this core fills in. */
static void what_a_backend_is_too_old_to_read_is_refused(void)
{
    const struct { size_t published; uint32_t size; const char *says; } old[] = {
        { offsetof(ltc_backend_ops, compile_req_size), offsetof(ltc_compile_req, input), "programs" },
        { offsetof(ltc_backend_ops, input_size), offsetof(ltc_input, sample_type), "inputs" },
        { offsetof(ltc_backend_ops, data_desc_size), offsetof(ltc_data_desc, label), "data" },
        { offsetof(ltc_backend_ops, train_req_size), offsetof(ltc_train_req, key_dropout), "training calls" },
        { offsetof(ltc_backend_ops, train_out_size), offsetof(ltc_train_out, bad_step), "training results" },
        { offsetof(ltc_backend_ops, eval_req_size), offsetof(ltc_eval_req, count), "evaluations" },
        { offsetof(ltc_backend_ops, eval_out_size), offsetof(ltc_eval_out, correct), "evaluation results" },
    };
    for (size_t i = 0; i < sizeof old / sizeof old[0]; i++) {
        lt_module m = fake_module();
        life l;
        reset();
        memcpy((char *)&m.ops.backend + old[i].published, &old[i].size, sizeof old[i].size);
        CU_ASSERT_EQUAL(live(&l, &m), LTC_EUNSUPPORTED);
        CU_ASSERT_PTR_NOT_NULL(strstr(l.err.message, "backend 'fake' was built before this core's "));
        CU_ASSERT_PTR_NOT_NULL(strstr(l.err.message, old[i].says));
    }
}

/* The rows of today's requests that are always empty may be missing. */
static void what_is_not_said_need_not_be_read(void)
{
    lt_module m = fake_module();
    life l;
    reset();
    m.ops.backend.train_req_size = offsetof(ltc_train_req, x);
    CU_ASSERT_EQUAL(live(&l, &m), LTC_OK);
}

static void only_a_backend_that_promises_all_of_it_trains_in_cohorts(void)
{
    const uint32_t all = LTC_CAP_COHORT | LTC_CAP_REPEATABLE | LTC_CAP_REPLICA_FREE | LTC_CAP_SPAN_FREE;
    const struct { uint32_t caps, max, most; } table[] = {
        { all, 40, 40 }, { all, 0, 1 }, { all, 1, 1 }, { all & ~(uint32_t)LTC_CAP_COHORT, 40, 1 },
        { all & ~(uint32_t)LTC_CAP_REPLICA_FREE, 40, 1 }, { all & ~(uint32_t)LTC_CAP_SPAN_FREE, 40, 1 },
        { all | LTC_CAP_OWN_MEMORY, 7, 7 },
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const ltc_plan plan = { .size = sizeof plan, .caps = table[i].caps, .max_replicas = table[i].max };
        CU_ASSERT_EQUAL(lt_program_most(&plan), table[i].most);
    }
}

int main(void)
{
    static const lt_test claims[] = {
        { "no call leaves a floating-point mode behind", no_call_leaves_a_floating_point_mode_behind },
        { "a failure without a word names the backend and what it did",
          a_failure_without_a_word_names_the_backend_and_what_it_did },
        { "a bad step lies in its span", a_bad_step_lies_in_its_span },
        { "what a backend is too old to read is refused", what_a_backend_is_too_old_to_read_is_refused },
        { "what is not said need not be read", what_is_not_said_need_not_be_read },
        { "only a backend that promises all of it trains in cohorts",
          only_a_backend_that_promises_all_of_it_trains_in_cohorts },
    };
    return lt_suite_run("session", claims, sizeof claims / sizeof claims[0]);
}
