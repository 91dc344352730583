/* Showing: figures and report.html, as a run writes them at its end. */
#ifndef LT_RUN_SHOWING_H
#define LT_RUN_SHOWING_H

#include "config/settings.h"

/* What report.formats asks for, in the run's directory. What goes wrong is told on `say`, and takes nothing
 * from the run: `ltcore report` makes them again. */
void lt_showing_write(const lt_settings *s, const char *directory, FILE *out, FILE *say);

#endif
