/* Registration: under a run's name in the store, which records it rests on: what no run names, `store gc` may
 * remove. */
#ifndef LT_RUN_REGISTRATION_H
#define LT_RUN_REGISTRATION_H

#include "plan/plan.h"
#include "util/text.h"

typedef struct lt_registration {
    lt_store      *store;
    const lt_plan *plan;
    double       (*now_s)(void);
    double         written_s;
    lt_text        before;                    /* what an earlier process registered, and what
                                               * this one has begun */
    char           name[65];                  /* "": not open */
} lt_registration;

/* Before anything is made. What an earlier process of the run in that directory registered stays registered.
 * All arguments live as long. */
ltc_status lt_registration_open(lt_registration *g, lt_store *store, const lt_plan *plan,
                                const char *directory, double (*now_s)(void), ltc_error *err);

/* A training may take days: what it rests on is this run's from its beginning. */
ltc_status lt_registration_begun(lt_registration *g, const lt_job *j, ltc_error *err);

/* As far as records are known now; later: unless it was written moments ago. */
ltc_status lt_registration_write(lt_registration *g, ltc_error *err);
ltc_status lt_registration_write_later(lt_registration *g, ltc_error *err);

/* All that the run rests on is known: what an earlier process needed is not needed any more. */
void lt_registration_forget(lt_registration *g);
void lt_registration_close(lt_registration *g);

#endif
