/* Owns a training's place in a cohort. Used by trainers and whoever evaluates; knows nothing of schedules. */
#include "train/session.h"

#include <stdlib.h>

#include "train/ride.h"
#include "util/memory.h"

ltc_status lt_session_join(lt_cohort *c, lt_session **out, ltc_error *err)
{
    lt_session *s = lt_array(1, sizeof *s);
    if (!s)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a training session");
    s->cohort = c;
    s->seat = LT_NO_SEAT;
    lt_cohort_hold(c);
    s->next = c->first;
    c->first = s;
    lt_cohort_let_go(c);
    *out = s;
    return LTC_OK;
}

ltc_status lt_session_open(lt_device *d, const lt_program_request *r, lt_session **s, ltc_error *err)
{
    lt_cohort *c = NULL;
    ltc_status st = lt_cohort_create(&c, err);
    if (!st)
        st = lt_cohort_settle(c, d, r, err);
    if (!st)
        st = lt_session_join(c, s, err);
    if (st) {
        lt_cohort_destroy(c);
        return st;
    }
    (*s)->alone = true;
    lt_cohort_enter(c);
    return LTC_OK;
}

void lt_session_close(lt_session *s)
{
    if (!s)
        return;
    lt_cohort *c = s->cohort;
    lt_cohort_hold(c);
    lt_session **at = &c->first;
    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    lt_cohort_let_go(c);
    if (s->alone) {
        lt_cohort_leave(c);
        lt_cohort_destroy(c);
    }
    lt_state_free(&s->parked);
    free(s);
}

void lt_session_put(lt_session *s, const lt_state *state)
{
    s->held = state;
}

ltc_status lt_session_get(lt_session *s, lt_state *state, ltc_error *err)
{
    if (s->held) {
        if (s->held != state)
            lt_state_copy(s->held, state);
        return LTC_OK;
    }
    if (s->seat == LT_NO_SEAT)
        return ltc_fail(err, LTC_EINTERNAL, "a session is asked for a state, and has none");
    lt_cohort_hold(s->cohort);
    const ltc_status st = lt_program_get(s->cohort->program, s->seat, state, err);
    lt_cohort_let_go(s->cohort);
    return st;
}

/* One round. */
static ltc_status ask(lt_session *s, uint32_t want, ltc_error *err)
{
    if (!s->held && s->seat == LT_NO_SEAT)
        return ltc_fail(err, LTC_EINTERNAL, "a session is to compute, and has no state");
    s->want = want;
    s->called = false;
    s->status = LTC_OK;
    s->error.message[0] = s->error.option[0] = '\0';
    lt_cohort_wait(s->cohort);
    s->want = LT_WANT_NOTHING;
    if (s->status)
        *err = s->error;
    return s->status;
}

ltc_status lt_session_train(lt_session *s, lt_span *span, bool going, ltc_error *err)
{
    s->span = span;
    s->going = going;
    span->bad_step = UINT64_MAX;
    const ltc_status st = ask(s, LT_WANT_SPAN, err);
    if (st || !s->called)
        span->n_steps = 0;
    return st;
}

ltc_status lt_session_eval(lt_session *s, lt_part *part, ltc_error *err)
{
    s->part = part;
    const ltc_status st = ask(s, LT_WANT_PART, err);
    if (st || !s->called)
        part->n = 0;
    return st;
}
