/* Transposes and sums across lanes. For kernel files. */
#ifndef CPU_SHUFFLE_H
#define CPU_SHUFFLE_H

#include "conv_reg.h"
#include "vec.h"

#define LOW_WORDS(a, b) \
    __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
#define HIGH_WORDS(a, b) \
    __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31)
#define LOW_PAIRS(a, b) \
    __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29)
#define HIGH_PAIRS(a, b) \
    __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)
#define EVEN_QUARTERS(a, b) \
    __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27)
#define ODD_QUARTERS(a, b) \
    __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31)

/* Column i of sixteen rows becomes row i: to[i * ld] for rows x[0..15]. */
VEC_INLINE void transpose_16(const vec *x, float *to, ptrdiff_t ld)
{
    vec t[16], u[16];
    for (int i = 0; i < 8; i++) {
        t[2 * i] = LOW_WORDS(x[2 * i], x[2 * i + 1]);
        t[2 * i + 1] = HIGH_WORDS(x[2 * i], x[2 * i + 1]);
    }
    for (int i = 0; i < 4; i++) {
        u[4 * i] = LOW_PAIRS(t[4 * i], t[4 * i + 2]);
        u[4 * i + 1] = HIGH_PAIRS(t[4 * i], t[4 * i + 2]);
        u[4 * i + 2] = LOW_PAIRS(t[4 * i + 1], t[4 * i + 3]);
        u[4 * i + 3] = HIGH_PAIRS(t[4 * i + 1], t[4 * i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        t[i] = EVEN_QUARTERS(u[i], u[4 + i]);
        t[4 + i] = ODD_QUARTERS(u[i], u[4 + i]);
        t[8 + i] = EVEN_QUARTERS(u[8 + i], u[12 + i]);
        t[12 + i] = ODD_QUARTERS(u[8 + i], u[12 + i]);
    }
    for (int i = 0; i < 4; i++) {
        vec_store_any(to + i * ld, EVEN_QUARTERS(t[i], t[8 + i]));
        vec_store_any(to + (8 + i) * ld, ODD_QUARTERS(t[i], t[8 + i]));
        vec_store_any(to + (4 + i) * ld, EVEN_QUARTERS(t[4 + i], t[12 + i]));
        vec_store_any(to + (12 + i) * ld, ODD_QUARTERS(t[4 + i], t[12 + i]));
    }
}

/* Lane 4k + i is the sum of a quarter of the i-th: neighbours, then pairs. */
VEC_INLINE vec four_sums(vec a, vec b, vec c, vec d)
{
    const vec x = LOW_WORDS(a, b) + HIGH_WORDS(a, b), y = LOW_WORDS(c, d) + HIGH_WORDS(c, d);
    return LOW_PAIRS(x, y) + HIGH_PAIRS(x, y);
}

/* Of four such the sums of all quarters, also pairwise: lane 4k + i is that of the i-th of x[k]. */
VEC_INLINE vec sums_of_fours(const vec *x)
{
    const vec low = EVEN_QUARTERS(x[0], x[1]) + ODD_QUARTERS(x[0], x[1]);
    const vec high = EVEN_QUARTERS(x[2], x[3]) + ODD_QUARTERS(x[2], x[3]);
    return EVEN_QUARTERS(low, high) + ODD_QUARTERS(low, high);
}

/* four_sums of a register, all of whose lanes are there: quarters know nothing of each other. */
#if REG_LANES == 16
#define REG_LOW_WORDS LOW_WORDS
#define REG_HIGH_WORDS HIGH_WORDS
#define REG_LOW_PAIRS LOW_PAIRS
#define REG_HIGH_PAIRS HIGH_PAIRS
#elif REG_LANES == 8
#define REG_LOW_WORDS(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13)
#define REG_HIGH_WORDS(a, b) __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15)
#define REG_LOW_PAIRS(a, b) __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
#define REG_HIGH_PAIRS(a, b) __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)
#else
#define REG_LOW_WORDS(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define REG_HIGH_WORDS(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#define REG_LOW_PAIRS(a, b) __builtin_shufflevector(a, b, 0, 1, 4, 5)
#define REG_HIGH_PAIRS(a, b) __builtin_shufflevector(a, b, 2, 3, 6, 7)
#endif

REG_INLINE reg reg_four_sums(reg a, reg b, reg c, reg d)
{
    const reg x = REG_LOW_WORDS(a, b) + REG_HIGH_WORDS(a, b), y = REG_LOW_WORDS(c, d) + REG_HIGH_WORDS(c, d);
    return REG_LOW_PAIRS(x, y) + REG_HIGH_PAIRS(x, y);
}

#endif
