/* Holdout: the validation samples, taken from the training split once and for good. For data.c alone. */
#ifndef LT_DATA_HOLDOUT_H
#define LT_DATA_HOLDOUT_H

#include "data/data.h"

/* Moves n of the training samples into the validation split, which must be empty: the first n of the
 * permutation by key. Both parts keep the reader's order, and the rows taken are written down in
 * validation_index. n = 0 does nothing. LTC_EOPTION on "validation" if nothing would be left to train on; *d
 * is then as it was. */
ltc_status lt_holdout_take(lt_data *d, uint64_t n, ltc_key key, ltc_error *err);

#endif
