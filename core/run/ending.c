/* Counts what failed, and says what a run that failed ends with. Called by run.c when all else is done. */
#include "run/ending.h"

#include "util/text.h"

typedef struct tally { uint32_t failed, bad, blocked; } tally;         /* bad: of the failed, those that
                                                                        * always will */

static tally count(const lt_plan *p)
{
    tally n = { 0 };
    for (uint32_t i = 0; i < p->n_jobs; i++) {
        const lt_job *j = &p->job[i];
        n.failed += j->state == LT_JOB_FAILED;
        n.bad += j->state == LT_JOB_FAILED && j->outcome.bad;
        n.blocked += j->state == LT_JOB_BLOCKED;
    }
    return n;
}

static const char *plural(uint32_t n)
{
    return n == 1 ? "" : "s";
}

static void say(const tally n, ltc_error *err)
{
    lt_text text = { 0 };
    lt_text_add(&text, "%u level%s failed", n.failed, plural(n.failed));
    if (n.blocked)
        lt_text_add(&text, ", and %u %s not begun because of that", n.blocked,
                    n.blocked == 1 ? "was" : "were");
    if (n.bad < n.failed)
        lt_text_add(&text, "; the same command tries %s again",
                    n.bad ? "the rest" : n.failed + n.blocked == 1 ? "it" : "them");
    if (n.bad)
        lt_text_add(&text, "; where a loss is not finite (%u) only other settings help", n.bad);
    if (!text.failed)
        snprintf(err->message, sizeof err->message, "%s", text.s);
    lt_text_free(&text);
}

ltc_status lt_ending_settle(const lt_plan *p, ltc_status st, ltc_error *err)
{
    const tally n = count(p);
    if (!st || st == LTC_ECANCELLED || !n.failed)
        return st;
    if (!err->option[0])
        say(n, err);
    return st == LTC_EOPTION || st == LTC_EINVAL ? LTC_EUNSUPPORTED : st;
}

static bool is_lost(const lt_plan *p, uint32_t job)
{
    return job != LT_NO_JOB && p->job[job].outcome.bad;
}

/* Needs stand before what needs them; "bad" passes on. */
uint64_t lt_ending_lost(lt_plan *p)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < p->n_jobs; i++) {
        lt_job *j = &p->job[i];
        j->outcome.bad = j->outcome.bad || is_lost(p, j->dense) || is_lost(p, j->before) ||
                         is_lost(p, j->main);
        n += j->outcome.bad && j->trains;
    }
    return n;
}
