/* Overlay: values that somebody published, beside what a run measured. Read from a CSV file: quantity,
 * density,value,tolerance,variant,source; the quantity is a column of `summary` or of a figure. */
#ifndef LT_REPORT_OVERLAY_H
#define LT_REPORT_OVERLAY_H

#include "report/model.h"
#include "report/plot.h"
#include "util/text.h"

/* Fractions, and steps. value and tolerance are in the unit of the quantity. at_least: written ">=0.003", as
 * where a paper says "by more than", and anything above is as good. */
typedef struct lt_published {
    const char *quantity, *variant, *source;
    double      density, value, tolerance;
    bool        at_least;
} lt_published;

/* What the run has at the nearest density; NaN: none within a tenth of it. */
typedef struct lt_measured { double density, value; uint64_t n; } lt_measured;

typedef struct lt_overlay {
    lt_arena      arena;                      /* owns the list and its texts */
    const char   *path;
    lt_published *v;
    size_t        n;
} lt_overlay;

/* LTC_EINVAL names file and line. *o is to be freed in any case. */
ltc_status lt_overlay_read(const char *path, lt_overlay *o, ltc_error *err);
void lt_overlay_free(lt_overlay *o);

/* Is it near enough? */
bool lt_published_holds(const lt_published *p, const lt_measured *m);

lt_measured lt_overlay_measured(const lt_published *p, const lt_seen_run *r);

/* A series beside those of the run in each figure that shows its quantity, tolerances as bars.
 * False: no memory. */
bool lt_overlay_draw(const lt_overlay *o, const lt_seen_run *r, lt_plots *p);
#endif
