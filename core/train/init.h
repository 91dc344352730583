/* Initial weights: a pure function of graph, initialiser and key; the same bits on every machine. */
#ifndef LT_TRAIN_INIT_H
#define LT_TRAIN_INIT_H

#include <ltcore/rng.h>

#include "train/state.h"

/* how: LT_INIT_*, for weights whose architecture brings no initialiser of its own. Parameter p draws from
 * fold(key, p). Slots and clock become zero; masks stay and are not looked at. */
void lt_init_state(const ltc_graph *g, int64_t how, ltc_key key, lt_state *s);

#endif
