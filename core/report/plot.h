/* Plots: the figures of a report as numbers: what each shows, series by series. How they are drawn is for
 * gnuplot.c and html.c; a CSV of each is what both draw. */
#ifndef LT_REPORT_PLOT_H
#define LT_REPORT_PLOT_H

#include "report/model.h"
#include "util/text.h"

/* A mean over n trials; half: of its 95 % interval, NaN at n = 1. Fractions where the plot says percent. */
typedef struct lt_dot { double x; lt_spread y; } lt_dot;

/* style: colour, mark and dashes, the same for a variant in every figure, or for a point of a sweep. */
typedef struct lt_series {
    const char *name;
    uint32_t    style;
    bool        line_only;                    /* no marks: a curve of many points, or a histogram */
    bool        dots_only;                    /* marks that no line joins */
    lt_dot     *dot;
    size_t      n_dots;
} lt_series;

typedef struct lt_plot {
    const char *id, *title, *caption, *x, *y; /* id: name of its files; x, y: labels */
    bool        reversed;                     /* x is logarithmic and falls to the right */
    bool        x_percent, y_percent, y_log;
    bool        matrix;                       /* a series is a row, at the x of the dot of
                                               * its number; y: shade */
    double      reference;                    /* a line across; NaN: none */
    const char *reference_name;               /* NULL: it is the dense network's */
    double      y_from, y_to;                 /* what the axis shows; set when all series are there */
    lt_series  *series;
    size_t      n_series;
} lt_plot;

typedef struct lt_plots {
    lt_arena arena;
    lt_plot *v;
    size_t   n;
    const char **label;                       /* [n_runs] what runs are called in legends;
                                               * "" of a single one */
} lt_plots;

enum { LT_STYLES = 8, LT_LEVEL_STYLE = 1 << 20 };     /* LT_LEVEL_STYLE + i: of levels, dark to light */
/* Colours of Okabe & Ito 2008, which remain distinct to the colour-blind; gnuplot's and Chart.js's marks. */
typedef struct lt_style { const char *colour, *mark; int point, dash; } lt_style;
extern const lt_style lt_styles[LT_STYLES];
lt_style lt_style_of(uint32_t style);         /* beyond the last: again, with other dashes */

/* Of as many runs as are compared. A figure for which nothing was measured is left out. tickets: of a
 * single run also those that need the files of its tickets/. Zeroed on failure. */
ltc_status lt_plots_make(const lt_seen_run *run, size_t n_runs, bool tickets, lt_plots *p, ltc_error *err);
void lt_plots_free(lt_plots *p);

/* series,x,mean,min,max,low,high,n */
void lt_plot_csv(const lt_plot *p, lt_text *to);

/* For builders in other files. NULL, false: no memory. */
lt_plot *lt_plots_add(lt_plots *p, const lt_plot *as);
lt_series *lt_plot_series(lt_plots *p, lt_plot *plot, const char *name, uint32_t style);
bool lt_series_dot(lt_plots *p, lt_series *s, double x, lt_spread y);
void lt_plot_frame(lt_plot *plot);            /* sets y_from and y_to */
void lt_plots_drop_if_empty(lt_plots *p);     /* the last one, and series without dots; frames it */
#endif
