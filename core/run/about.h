/* About: what a run says of itself before anything is trained, kept with its results: settings, plug-ins,
 * machine, data, and what each line has beside its settings. */
#ifndef LT_RUN_ABOUT_H
#define LT_RUN_ABOUT_H

#include "plan/plan.h"
#include "results/results.h"
#include "run/provenance.h"

typedef struct lt_about {
    lt_run_facts  facts;
    lt_provenance provenance;
    lt_line_fact *line;                       /* [n_lines] */
    lt_data_fact *data;                       /* [as many experiments] at most */
    char          machine[256];
} lt_about;

/* facts has version, resolved text, settings and configuration already, and gets all else. Plan and
 * experiments live as long. lt_about_free is safe on what is half filled. */
ltc_status lt_about_fill(lt_about *a, const lt_plan *plan, const lt_experiments *experiments, ltc_error *err);
void lt_about_free(lt_about *a);

#endif
