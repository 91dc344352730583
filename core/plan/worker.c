/* Owns a worker's device and session. */
#include "plan/worker.h"

#include <string.h>

ltc_status lt_worker_may_compute(const lt_worker *w, ltc_error *err)
{
    return w->look ? ltc_fail(err, LTC_EUNSUPPORTED, "not all of it is stored") : LTC_OK;
}

/* A device has one experiment's data; with another experiment comes another device. */
static ltc_status open_device(lt_worker *w, ltc_error *err)
{
    const lt_experiment *e = w->experiment;
    const lt_plugin_setting *p = &e->settings->backend.plugin;
    if (w->device_of == e)
        return LTC_OK;
    lt_worker_close(w);
    ltc_status st = lt_device_open(p->module, p->options, e->services, &w->device, err);
    if (!st && (st = lt_device_load(&w->device, &e->data, err)))
        lt_device_close(&w->device);
    w->device_of = st ? NULL : e;
    return st;
}

/* Lines that differ in what a program knows nothing of, such as the learning rate or the mask, take turns in one. */
static bool same_program(const lt_regime *a, const lt_regime *b)
{
    return a && a->experiment == b->experiment && a->batch == b->batch &&
           a->settings->dataset.augment == b->settings->dataset.augment &&
           !memcmp(&a->optimizer, &b->optimizer, sizeof a->optimizer);
}

ltc_status lt_worker_session(lt_worker *w, const lt_regime *r, lt_session **s, ltc_error *err)
{
    const lt_session_request request = lt_regime_session(r);
    ltc_status st = lt_worker_may_compute(w, err);
    if (!st)
        st = open_device(w, err);
    if (!st && !same_program(w->session_of, r)) {
        lt_session_close(w->session);
        w->session = NULL;
        w->session_of = NULL;
        st = lt_session_open(&w->device, &request, &w->session, err);
        if (!st)
            w->session_of = r;
    }
    *s = w->session;
    return st;
}

void lt_worker_close(lt_worker *w)
{
    lt_session_close(w->session);
    lt_device_close(&w->device);
    w->session = NULL;
    w->session_of = NULL;
    w->device_of = NULL;
}

static ltc_status lost(const lt_digest *name, const char *what, ltc_error *err)
{
    char hex[65];
    lt_digest_text(name, hex);
    return ltc_fail(err, LTC_EIO, "a %s that was there is gone from the store (%.12s...); start the run again, and it is "
                    "made anew", what, hex);
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
