/* Owns a device, and the cohort that rides on it. Used by workers; the executor makes it. */
#include "plan/crew.h"

ltc_status lt_crew_create(lt_crew *c, ltc_error *err)
{
    *c = (lt_crew){ .cohort = NULL };
    const ltc_status st = lt_cohort_create(&c->cohort, err);
    if (!st && pthread_mutex_init(&c->lock, NULL)) {
        lt_cohort_destroy(c->cohort);
        c->cohort = NULL;
        return ltc_fail(err, LTC_ENOMEM, "no memory for a lock");
    }
    return st;
}

void lt_crew_destroy(lt_crew *c)
{
    if (!c->cohort)
        return;
    lt_cohort_destroy(c->cohort);
    lt_device_close(&c->device);
    pthread_mutex_destroy(&c->lock);
    c->cohort = NULL;
}

/* A device has one experiment's data; with another experiment comes another device. */
static ltc_status open_device(lt_crew *c, const lt_experiment *e, ltc_error *err)
{
    const lt_plugin_setting *p = &e->settings->backend.plugin;
    if (c->device_of == e)
        return LTC_OK;
    lt_cohort_settle(c->cohort, NULL, NULL, err);
    c->cohort_of = NULL;
    lt_device_close(&c->device);
    ltc_status st = lt_device_open(p->module, p->options, e->services, &c->device, err);
    if (!st && (st = lt_device_load(&c->device, &e->data, err)))
        lt_device_close(&c->device);
    c->device_of = st ? NULL : e;
    return st;
}

static ltc_status settle(lt_crew *c, const lt_regime *r, ltc_error *err)
{
    ltc_status st = open_device(c, r->experiment, err);
    if (st || (c->cohort_of && lt_regime_fits(c->cohort_of, r)))
        return st;
    const lt_program_request request = lt_regime_program(r);
    st = lt_cohort_settle(c->cohort, &c->device, &request, err);
    c->cohort_of = st ? NULL : r;
    return st;
}

ltc_status lt_crew_join(lt_crew *c, const lt_regime *r, lt_session **s, ltc_error *err)
{
    pthread_mutex_lock(&c->lock);
    const ltc_status st = settle(c, r, err);
    pthread_mutex_unlock(&c->lock);
    return st ? st : lt_session_join(c->cohort, s, err);
}
