/* Owns a worker's session. */
#include "plan/worker.h"

ltc_status lt_worker_may_compute(const lt_worker *w, ltc_error *err)
{
    return w->look ? ltc_fail(err, LTC_EUNSUPPORTED, "not all of it is stored") : LTC_OK;
}

ltc_status lt_worker_session(lt_worker *w, const lt_regime *r, lt_session **s, ltc_error *err)
{
    ltc_status st = lt_worker_may_compute(w, err);
    if (!st && !w->session)
        st = lt_crew_join(w->crew, r, &w->session, err);
    *s = w->session;
    return st;
}

static ltc_status lost(const lt_digest *name, const char *what, ltc_error *err)
{
    char hex[65];
    lt_digest_text(name, hex);
    return ltc_fail(err, LTC_EIO,
                    "a %s that was there is gone from the store (%.12s...); start the run again, and it is "
                    "made anew",
                    what, hex);
}

ltc_status lt_worker_state(lt_worker *w, const lt_digest *name, lt_state *s, ltc_error *err)
{
    bool found = false;
    const ltc_status st = lt_snapshot_get(w->store, name, s, &found, err);
    return st ? st : found ? LTC_OK : lost(name, "state", err);
}

ltc_status lt_worker_masks(lt_worker *w, const lt_digest *name, lt_masks *m, ltc_error *err)
{
    bool found = false;
    const ltc_status st = lt_masks_get(w->store, &w->experiment->graph.view, name, m, &found, err);
    return st ? st : found ? LTC_OK : lost(name, "mask", err);
}
