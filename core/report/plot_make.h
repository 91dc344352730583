/* The builders of plots, one file a kind. Called by plot.c. False: no memory. */
#ifndef LT_REPORT_PLOT_MAKE_H
#define LT_REPORT_PLOT_MAKE_H

#include "report/plot.h"

bool lt_plots_of_levels(const lt_seen_run *run, size_t n_runs, lt_plots *p);    /* a quantity over density */
bool lt_plots_of_curves(const lt_seen_run *run, lt_plots *p);                   /* over steps of training */
bool lt_plots_of_masks(const lt_seen_run *run, lt_plots *p);                    /* along the dense training */
bool lt_plots_of_layers(const lt_seen_run *run, lt_plots *p);                   /* of main's layers */
bool lt_plots_of_tickets(const lt_seen_run *run, lt_plots *p);                  /* what the files hold */

/* "accuracy" of variant 0 .. of one run: where styles of the run begin. */
uint32_t lt_first_style(const lt_seen_run *run, size_t i);
#endif
