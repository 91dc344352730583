/* Owns the option `signs` and the order that it makes of scores. */
#include "signs.h"

#include <math.h>
#include <string.h>

/* Bits of 2^-60 and 2^60, and how many places there are for sizes: 0 and everything between these two. Twice
 * as many for the signs, and twice again for the condition, are still fewer than there are finite floats. */
enum { LOWEST = 67 << 23, HIGHEST = 187 << 23, PLACES = HIGHEST - LOWEST + 1 };

static const char *const words[] = { "any", "same", "different", NULL };
static const ltc_opt table[] = {
    LTC_ENUM(signs_options, signs, SIGNS_ANY, words,
             "prefers weights whose sign is the same after training, or different: others rank below them"),
};
const ltc_schema signs_schema = LTC_SCHEMA(signs_options, table);

uint32_t signs_needs(const signs_options *o, uint32_t needs)
{
    return o->signs == SIGNS_ANY ? needs : needs | LTC_NEED_INIT | LTC_NEED_FINAL;
}

static int sign(float w)
{
    return (w > 0) - (w < 0);
}

bool signs_meet(int64_t signs, float w_init, float w_final)
{
    return signs == SIGNS_ANY || (sign(w_init) == sign(w_final)) == (signs == SIGNS_SAME);
}

/* Which place a finite score has among the scores: 0 for 0, -PLACES ... PLACES, in the order of the
 * floats. */
static int32_t place_of(float score)
{
    uint32_t bits;
    memcpy(&bits, &score, sizeof bits);
    const int32_t size = (int32_t)(bits & 0x7fffffffu);
    const int32_t place = size < LOWEST ? 0 : size > HIGHEST ? PLACES : size - LOWEST + 1;
    return bits >> 31 ? -place : place;
}

/* The float with that place among all: its size has the place's bits. */
static float float_at(int32_t place)
{
    const uint32_t bits = place < 0 ? 0x80000000u | (uint32_t)-place : (uint32_t)place;
    float score;
    memcpy(&score, &bits, sizeof score);
    return score;
}

void signs_rank(const signs_options *o, const ltc_mask_tensor *t, float *score)
{
    for (size_t i = 0; i < t->n && o->signs != SIGNS_ANY; i++) {
        const int32_t above = PLACES + 1, place = place_of(score[i]);
        if (isfinite(score[i]))
            score[i] = float_at(signs_meet(o->signs, t->w_init[i], t->w_final[i]) ? place + above
                                                                                   : place - above);
    }
}
