/* Progress: what a person sees on standard error while a run goes on. */
#ifndef LT_RUN_PROGRESS_H
#define LT_RUN_PROGRESS_H

#include "train/trainer.h"

enum { LT_QUIET, LT_NORMAL, LT_VERBOSE };

/* On a terminal one line is redrawn; elsewhere there is a line per finished training. Verbose adds one an evaluation. */
typedef struct lt_progress_line {
    FILE    *to;
    int      level;                           /* LT_QUIET .. */
    bool     terminal;
    uint64_t trial, trials;
    double   validation;                      /* accuracy last seen; NaN: none yet */
    double   drawn_s, rate;                   /* when it was drawn last; steps a second, smoothed */
    uint64_t last_step;
    double   last_s;
    int      width;                           /* columns of the line that is on the screen */
} lt_progress_line;

void lt_progress_begin(lt_progress_line *l, uint64_t trial, uint64_t trials);
void lt_progress_step(lt_progress_line *l, const lt_progress *p);
void lt_progress_evaluation(lt_progress_line *l, const lt_evaluation *e, const lt_progress *p);
void lt_progress_end(lt_progress_line *l, const lt_result *r);

/* Takes the line off the screen, before something else is printed there. */
void lt_progress_clear(lt_progress_line *l);

#endif
