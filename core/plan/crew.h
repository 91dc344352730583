/* Crew: one opened device, and the workers whose trainings ride on it together: as many as a program may have replicas,
 * which on most backends is one. */
#ifndef LT_PLAN_CREW_H
#define LT_PLAN_CREW_H

#include <pthread.h>

#include "plan/experiment.h"

typedef struct lt_crew {
    pthread_mutex_t      lock;                /* over what follows, while it is opened by one of its workers */
    lt_cohort           *cohort;
    lt_device            device;              /* opened when something must be computed */
    const lt_experiment *device_of;           /* what it was opened for */
    const lt_regime     *cohort_of;           /* what the cohort compiles */
} lt_crew;

ltc_status lt_crew_create(lt_crew *c, ltc_error *err);
void lt_crew_destroy(lt_crew *c);             /* safe on a zeroed one */

/* A session for a training of that regime, by a thread that has entered the cohort. All that have one at a time fit
 * together (lt_regime_fits): who does not waits until they are through. */
ltc_status lt_crew_join(lt_crew *c, const lt_regime *r, lt_session **s, ltc_error *err);

#endif
