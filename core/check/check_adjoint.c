/* Tests of operations: value and gradients of one operation after another against the interpreter in
 * double. */
#include <math.h>
#include <string.h>

#include <ltcore/ops.h>

#include "check/adjoint_cases.h"
#include "check/check_backend.h"
#include "check/oracle.h"

/* From zero slots the first slot is the gradient after one step; a rate of 0 leaves the weights. */
static const ltc_optimizer probe = { .size = sizeof probe, .kind = LTC_SGD, .momentum = 0.5 };

/* One step, then an evaluation with the statistics that it left. */
static void compare(lt_stand *s, lt_oracle *o, lt_verdict *v)
{
    enum { ROWS = 23 };
    const double bound = lt_oracle_bound(s->scene, s->play.batch);
    const char *name = s->scene->recipe.name;
    uint32_t hits = 0;
    uint64_t right = 0;
    lt_stand_train(s, 0, 0, 1);
    lt_stand_eval(s, 0, 0, ROWS);
    if (s->st)
        return;
    const double mean = lt_oracle_step(o, 0, &hits), sum = lt_oracle_eval(o, 0, ROWS, &right);
    lt_verdict_measure(v, fabs((double)s->loss[0] - mean) / fmax(mean, 1), bound, "the loss of network '%s'",
                       name);
    lt_verdict_measure(v, fabs(s->eval_loss[0] - sum) / fmax(sum, ROWS), bound,
                       "the evaluated loss of network '%s'", name);
    lt_oracle_measure(o, s, 0, LTC_STATE_SLOT_1, bound, v);
}

/* What lt_adjoint_cases has for one network; false: the backend refuses it in words. */
static bool try_case(const lt_subject *subject, const lt_adjoint_case *c, lt_verdict *v, ltc_error *refusal)
{
    const lt_play play = { .optimizer = &probe, .batch = c->recipe.batch };
    lt_scene scene = { .seed = 0 };
    lt_stand stand = { .subject = NULL };
    lt_oracle oracle = { .net = NULL };
    ltc_error err = { .message = "" };
    bool refused = false;
    ltc_status st = lt_scene_open(&c->recipe, subject->seed, &scene, &err);
    if (!st)
        st = lt_oracle_open(&scene, &play, 0, &oracle, &err);
    if (st) {
        lt_verdict_fail(v, "a network for the test", "%s: %s", c->recipe.name, err.message);
    } else {
        lt_stand_open(subject, &scene, &stand);
        lt_stand_compile(&stand, &play);
        refused = lt_stand_refused(&stand);
        *refusal = refused ? stand.err : *refusal;
        lt_stand_start(&stand);
        compare(&stand, &oracle, v);
        if (!refused)
            lt_stand_judge(&stand, v);
    }
    lt_stand_close(&stand);
    lt_oracle_close(&oracle);
    lt_scene_close(&scene);
    return !refused;
}

void lt_check_adjoint(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    ltc_error refusal = { .message = "" };
    size_t n = 0, tried = 0;
    for (const lt_adjoint_case *c = lt_adjoint_cases; c->op; c++)
        if (c->op == t->number)
            n++, tried += try_case(s, c, v, &refusal);
    if (!n)
        lt_verdict_fail(v, "a network in core/check/adjoint_cases.c", "this ltcore has none that tries %s",
                        t->name);
    else if (!tried)
        lt_verdict_skip(v, "refused: %s", refusal.message);
    else if (tried < n)
        lt_verdict_remark(v, "%zu of %zu networks, the others are refused: %s", tried, n, refusal.message);
    else
        lt_verdict_remark(v, "%zu networks", n);
}
