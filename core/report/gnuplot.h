/* Gnuplot: plots as SVG and PNG, drawn by the program of that name as a child process. */
#ifndef LT_REPORT_GNUPLOT_H
#define LT_REPORT_GNUPLOT_H

#include "report/plot.h"

enum { LT_DRAW_SVG = 1, LT_DRAW_PNG = 2 };

/* DIRECTORY/ID.svg and .png of each, whole files, by one process. *there false: no gnuplot is installed, and
 * nothing was drawn. LTC_EIO: it failed, or took longer than a minute. */
ltc_status lt_gnuplot_draw(const lt_plots *p, const char *directory, uint32_t formats, bool *there,
                           ltc_error *err);

/* The script, at which gnuplot says all figures one after the other, each with a line behind it. */
#define LT_FIGURE_ENDS "ltcore: here a figure ends"
void lt_gnuplot_script(const lt_plots *p, uint32_t formats, lt_text *to);

#endif
