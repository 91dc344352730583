/* Owns what a run tells the store of itself. Called by run.c, one call at a time. */
#include "run/registration.h"

#include <string.h>

static const double LATER_S = 5;              /* between two: what is younger than a day is safe without */

static void add_records(const lt_outcome *o, lt_text *to)
{
    char hex[65];
    for (uint32_t k = 0; k < o->n_records; k++) {
        lt_digest_text(&o->record[k], hex);
        lt_text_add(to, "%s\n", hex);
    }
}

static bool was_tried(const lt_job *j)
{
    return j->state == LT_JOB_DONE || j->state == LT_JOB_FAILED || j->state == LT_JOB_STOPPED;
}

ltc_status lt_registration_write(lt_registration *g, ltc_error *err)
{
    lt_text keys = { 0 };
    lt_text_put(&keys, g->before.n ? g->before.s : "", g->before.n);
    for (uint32_t i = 0; i < g->plan->n_jobs; i++)
        if (was_tried(&g->plan->job[i]))
            add_records(&g->plan->job[i].outcome, &keys);
    g->written_s = g->now_s();
    const ltc_status st = keys.failed ? ltc_fail(err, LTC_ENOMEM, "no memory for a run's root")
                                      : lt_root_put(g->store, g->name, keys.s, err);
    lt_text_free(&keys);
    return st;
}

ltc_status lt_registration_write_later(lt_registration *g, ltc_error *err)
{
    return g->now_s() - g->written_s < LATER_S ? LTC_OK : lt_registration_write(g, err);
}

ltc_status lt_registration_open(lt_registration *g, lt_store *store, const lt_plan *plan,
                                const char *directory, double (*now_s)(void), ltc_error *err)
{
    lt_digest digest;
    char name[65];
    *g = (lt_registration){ .store = store, .plan = plan, .now_s = now_s };
    if (!lt_digest_of(directory, strlen(directory), &digest))
        return ltc_fail(err, LTC_EINTERNAL, "libcrypto cannot compute a SHA-256");
    lt_digest_text(&digest, name);
    const ltc_status st = lt_root_get(store, name, &g->before, err);
    if (st)
        return st;
    memcpy(g->name, name, sizeof name);       /* not before: nothing is written over what could not be read */
    return lt_registration_write(g, err);
}

ltc_status lt_registration_begun(lt_registration *g, const lt_job *j, ltc_error *err)
{
    add_records(&j->outcome, &g->before);
    return g->before.failed ? ltc_fail(err, LTC_ENOMEM, "no memory for a run's root")
                            : lt_registration_write(g, err);
}

void lt_registration_forget(lt_registration *g)
{
    lt_text_free(&g->before);
}

void lt_registration_close(lt_registration *g)
{
    lt_registration_forget(g);
    *g = (lt_registration){ .name = "" };
}
