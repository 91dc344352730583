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

ltc_status lt_worker_state(lt_worker *w, const lt_digest *name, lt_state *s, ltc_error *err)
{
    bool found = false;
    const ltc_status st = lt_snapshot_get(w->store, name, s, &found, err);
    return st ? st : found ? LTC_OK : lt_store_lost(w->store, name, "a state that was there", err);
}

ltc_status lt_worker_masks(lt_worker *w, const lt_digest *name, lt_masks *m, ltc_error *err)
{
    bool found = false;
    const ltc_status st = lt_masks_get(w->store, &w->experiment->graph.view, name, m, &found, err);
    return st ? st : found ? LTC_OK : lt_store_lost(w->store, name, "a mask that was there", err);
}
