/* Progress: what a person sees on standard error while a run goes on. */
#ifndef LT_RUN_PROGRESS_H
#define LT_RUN_PROGRESS_H

#include "plan/executor.h"

enum { LT_QUIET, LT_NORMAL, LT_VERBOSE };

/* On a terminal one line is redrawn; elsewhere there is a line per finished training. Verbose adds
 * one an evaluation. */
typedef struct lt_progress_line {
    FILE    *to;
    int      level;                           /* LT_QUIET .. */
    bool     terminal;
    double (*now_s)(void);
    uint64_t jobs, done;                      /* trainings of the plan, and how many are finished */
    uint64_t steps_each, steps_seen;          /* steps trained by this run so far */
    double   begun_s, drawn_s;
    int      columns;                         /* of the terminal; 0: not known */
    int      width;                           /* columns of the line that is on the screen */
} lt_progress_line;

void lt_progress_begin(lt_progress_line *l, const lt_plan *plan);
void lt_progress_begun(lt_progress_line *l, const lt_job *j);          /* no step yet: an
                                                                        * evaluation comes first */
void lt_progress_step(lt_progress_line *l, const lt_job *j, const lt_progress *p, uint64_t steps);
void lt_progress_evaluation(lt_progress_line *l, const lt_job *j, const lt_evaluation *e);
void lt_progress_finished(lt_progress_line *l, const lt_job *j, const lt_level_row *row);

/* Takes the line off the screen, before something else is printed there. */
void lt_progress_clear(lt_progress_line *l);

/* Seconds to the end of the run, by the steps so far; NaN: too few. */
double lt_progress_left(const lt_progress_line *l, const lt_progress *p);

/* 75 as "1:15", 7505 as "2:05:05", a week as "7 days 0 hours". */
const char *lt_clock_text(double seconds, char text[160]);

/* "main, trial 2, level 5" */
const char *lt_job_text(const lt_job *j, char text[160]);

#endif
