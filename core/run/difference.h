/* Difference: in which settings two resolved configurations differ, as people say it. */
#ifndef LT_RUN_DIFFERENCE_H
#define LT_RUN_DIFFERENCE_H

#include <ltcore/base.h>

#include "util/text.h"

/* Adds "train.epochs (there 2, here 3), ..." to `to`; nothing if both give the same results. Where results
 * lie (run.output, run.store), and where plug-ins are looked for, is no difference. LTC_EINTERNAL: one of
 * them is not a resolved configuration. */
ltc_status lt_difference(const char *there, const char *here, lt_text *to, ltc_error *err);

#endif
