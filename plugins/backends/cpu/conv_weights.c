/* Weights at the points of conv_points.h: u = G w G^T. Compiled once for each instruction set; called through
 * conv_kernels when weights have changed, and by conv_winograd.c for planes of one tile.
 *
 * A register holds a weight of CONV_WIDE outputs for some inputs, as u has them. */
#include "conv_kernels.h"
#include "conv_reg.h"

enum {
    INPUTS = REG_LANES / CONV_WIDE,           /* in a register */
    STRIP = 64,                               /* inputs whose taps are sorted at once */
    LINE = STRIP * CONV_WIDE, MOST_TAPS = 25
};

/* G of one row or column of taps; of F's a point's powers, scaled so that the inputs' transform has whole
 * numbers. */
REG_INLINE void points_of_taps(const conv_form form, const reg *w, reg *u, const int step)
{
    static const float power[] = { 1 / 24.f, 1 / 12.f, 1 / 6.f, 1 / 3.f, 2 / 3.f };
    if (form == CONV_PLANE) {
        u[0] = w[1], u[step] = w[2] - w[1], u[2 * step] = w[0] - w[1];
        return;
    }
    const reg sixth = reg_all(1 / 6.f);
    reg one = -(sixth * w[0]), minus_one = one, two = reg_all(power[0]) * w[0], minus_two = two;
    REG_UNROLL for (int k = 1; k < conv_sides_of(form).kernel; k++) {
        const reg a = sixth * w[k], b = reg_all(power[k]) * w[k];
        one -= a, two += b;
        minus_one = k % 2 ? minus_one + a : minus_one - a, minus_two = k % 2 ? minus_two - b : minus_two + b;
    }
    u[0] = reg_all(1 / 4.f) * w[0];
    u[step] = one, u[2 * step] = minus_one, u[3 * step] = two, u[4 * step] = minus_two;
    u[5 * step] = w[conv_sides_of(form).kernel - 1];
}

/* One register of inputs and outputs: its taps lie LINE apart, its points go to u, so far apart. */
REG_INLINE void transform(const conv_form form, const float *taps, float *u, ptrdiff_t point)
{
    const conv_sides s = conv_sides_of(form);
    reg half[CONV_SIDE * 5], all[CONV_SIDE];
    REG_UNROLL for (int j = 0; j < s.kernel; j++) {
        reg w[5];
        REG_UNROLL for (int i = 0; i < s.kernel; i++)
            w[i] = reg_load(taps + (i * s.kernel + j) * LINE);
        points_of_taps(form, w, half + j, s.kernel);
    }
    REG_UNROLL for (int i = 0; i < s.points; i++) {
        points_of_taps(form, half + i * s.kernel, all, 1);
        REG_UNROLL for (int j = 0; j < s.points; j++)
            reg_store(u + (i * s.points + j) * point, all[j]);
    }
}

/* Taps of CONV_WIDE outputs for n inputs, sorted: [tap][input][output]. */
static inline __attribute__((always_inline)) void gather_taps(const conv_taps *t, const int taps,
                                                              const bool back, const float *w,
                                                              int64_t outputs, int64_t n, float *to)
{
    for (int64_t c = 0; c < n; c++, w += t->by_input, to += CONV_WIDE)
        for (int64_t o = 0; o < CONV_WIDE; o++) {
            const float *from = w + (o < outputs ? o * t->by_output : 0);
            for (int tap = 0; tap < taps; tap++)
                to[tap * LINE + o] = o < outputs ? from[back ? taps - 1 - tap : tap] : 0;
        }
}

/* Inputs from c on, for CONV_WIDE outputs from o on. */
static inline __attribute__((always_inline)) void strip(const conv_form form, const conv_taps *t, int64_t o,
                                                        int64_t c, float *u, ptrdiff_t point)
{
    const int taps = conv_sides_of(form).kernel * conv_sides_of(form).kernel;
    const int64_t n = t->inputs - c < STRIP ? t->inputs - c : STRIP;
    const float *w = t->w + o * t->by_output + c * t->by_input;
    float sorted[MOST_TAPS * LINE] __attribute__((aligned(64)));
    if (n < STRIP)
        memset(sorted, 0, (size_t)(taps * LINE) * sizeof *sorted);
    if (t->back)
        gather_taps(t, taps, true, w, t->outputs - o, n, sorted);
    else
        gather_taps(t, taps, false, w, t->outputs - o, n, sorted);
    for (int64_t i = 0; i < n; i += INPUTS)
        transform(form, sorted + i * CONV_WIDE, u + i * CONV_WIDE, point);
}

void CPU_NAME(conv_weights)(const conv_taps *t, int64_t first, int64_t end, ptrdiff_t point, float *u);

void CPU_NAME(conv_weights)(const conv_taps *t, int64_t first, int64_t end, ptrdiff_t point, float *u)
{
    for (int64_t c = 0; c < t->inputs; c += STRIP)
        for (int64_t o = first; o < end; o += CONV_WIDE) {
            float *to = u + (o - first) / CONV_WIDE * conv_group_stride(t->inputs) + c * CONV_WIDE;
            switch (t->form) {
            case CONV_FOUR_BY_THREE: strip(CONV_FOUR_BY_THREE, t, o, c, to, point); break;
            case CONV_TWO_BY_FIVE:   strip(CONV_TWO_BY_FIVE, t, o, c, to, point); break;
            case CONV_PLANE:         strip(CONV_PLANE, t, o, c, to, point); break;
            }
        }
}
