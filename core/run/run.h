/* Run: the trainings of an experiment, one after another, and what is written of them. */
#ifndef LT_RUN_RUN_H
#define LT_RUN_RUN_H

#include "run/experiment.h"
#include "run/output.h"
#include "run/progress.h"

typedef struct lt_run {
    lt_experiment    *experiment;
    lt_output        *output;
    lt_progress_line *progress;
    const lt_services *services;              /* whose `cancelled` is asked between spans */
    double          (*now_s)(void);
} lt_run;

/* Trains every trial; result [run.trials]. LTC_ECANCELLED when interrupted. */
ltc_status lt_run_trials(const lt_run *run, lt_result *result, ltc_error *err);

/* The table for standard output: a row a trial, and their mean. */
void lt_run_table(const lt_experiment *e, const lt_result *result, FILE *to);

#endif
