/* Keys: which random stream serves which purpose, trial and instance. Pure functions; nothing else draws. */
#ifndef LT_DATA_KEY_H
#define LT_DATA_KEY_H

#include <ltcore/rng.h>

/* Purposes. The numbers are part of every stored result: new ones go behind the last. */
enum { LT_KEY_INIT = 1, LT_KEY_ORDER, LT_KEY_AUGMENT, LT_KEY_DROPOUT, LT_KEY_MASK, LT_KEY_REINIT,
       LT_KEY_SPLIT };

/* fold(fold(fold({seed, 0}, purpose), trial), instance). [any] */
ltc_key lt_key_make(uint64_t seed, uint32_t purpose, uint64_t trial, uint64_t instance);

#endif
