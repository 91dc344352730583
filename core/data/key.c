/* Owns nothing: derives keys. Called by whoever draws: initialisation, order, masks, the validation split. */
#include "data/key.h"

ltc_key lt_key_make(uint64_t seed, uint32_t purpose, uint64_t trial, uint64_t instance)
{
    const ltc_key root = { seed, 0 };
    return ltc_key_fold(ltc_key_fold(ltc_key_fold(root, purpose), trial), instance);
}
