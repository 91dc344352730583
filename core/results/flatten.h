/* The resolved configuration as pairs of a whole key and its value. */
#ifndef LT_RESULTS_FLATTEN_H
#define LT_RESULTS_FLATTEN_H

#include <ltcore/base.h>

#include "util/text.h"

/* key: "train.optimizer.lr", "variants.0.name"; value: as written in the text, n bytes, quotes and
 * brackets included. */
typedef ltc_status lt_flatten_fn(void *arg, const char *key, const char *value, size_t n, ltc_error *err);

/* Calls fn for each, in the order of the text; stops at the first failure. LTC_EINTERNAL: text is no
 * configuration. */
ltc_status lt_flatten(const char *text, lt_flatten_fn *fn, void *arg, ltc_error *err);

#endif
