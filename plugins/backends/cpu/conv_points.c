#include "conv_points.h"

#include <string.h>

/* The same weight of CONV_WIDE outputs. */
typedef float quad __attribute__((vector_size(4 * CONV_WIDE)));

enum { MOST_SIDE = 5 };

/* G: a point's powers, scaled so that the inputs' transform has whole numbers; of infinity
 * the highest alone. */
static const float g3[CONV_SIDE][MOST_SIDE] = {
    { 1 / 4.f },                     { -1 / 6.f, -1 / 6.f, -1 / 6.f }, { -1 / 6.f, 1 / 6.f, -1 / 6.f },
    { 1 / 24.f, 1 / 12.f, 1 / 6.f }, { 1 / 24.f, -1 / 12.f, 1 / 6.f }, { 0, 0, 1 },
};
static const float g5[CONV_SIDE][MOST_SIDE] = {
    { 1 / 4.f },
    { -1 / 6.f, -1 / 6.f, -1 / 6.f, -1 / 6.f, -1 / 6.f }, { -1 / 6.f, 1 / 6.f, -1 / 6.f, 1 / 6.f, -1 / 6.f },
    { 1 / 24.f, 1 / 12.f, 1 / 6.f, 1 / 3.f, 2 / 3.f },    { 1 / 24.f, -1 / 12.f, 1 / 6.f, -1 / 3.f, 2 / 3.f },
    { 0, 0, 0, 0, 1 },
};

/* u = G w G^T. */
static inline __attribute__((always_inline)) void transform(const int side,
                                                            const float g[CONV_SIDE][MOST_SIDE],
                                                            const quad *w, quad *u)
{
    quad t[CONV_SIDE][MOST_SIDE];
    for (int i = 0; i < CONV_SIDE; i++)
        for (int j = 0; j < side; j++) {
            t[i][j] = g[i][0] * w[j];
            for (int k = 1; k < side; k++)
                t[i][j] += g[i][k] * w[k * side + j];
        }
    for (int i = 0; i < CONV_SIDE; i++)
        for (int j = 0; j < CONV_SIDE; j++) {
            quad sum = t[i][0] * g[j][0];
            for (int k = 1; k < side; k++)
                sum += t[i][k] * g[j][k];
            u[i * CONV_SIDE + j] = sum;
        }
}

/* The taps of one input for n outputs, turned around if it is for the way back. */
static void gather(const conv_taps *t, const float *w, int64_t n, quad *all)
{
    const int taps = (int)(t->kernel * t->kernel);
    for (int tap = 0; tap < taps; tap++)
        for (int i = 0; i < CONV_WIDE; i++)
            all[tap][i] = i < n ? w[i * t->by_output + (t->back ? taps - 1 - tap : tap)] : 0;
}

size_t conv_points_count(int64_t outputs, int64_t inputs)
{
    return (size_t)(CONV_POINTS * conv_point_stride(outputs, inputs));
}

void conv_points_make(const conv_taps *t, float *u)
{
    const ptrdiff_t point = conv_point_stride(t->outputs, t->inputs);
    for (int64_t o = 0; o < t->outputs; o += CONV_WIDE)
        for (int64_t i = 0; i < t->inputs; i++, u += CONV_WIDE) {
            quad taps[MOST_SIDE * MOST_SIDE], all[CONV_POINTS];
            gather(t, t->w + o * t->by_output + i * t->by_input, t->outputs - o, taps);
            if (t->kernel == 3)
                transform(3, g3, taps, all);
            else
                transform(5, g5, taps, all);
            for (int p = 0; p < CONV_POINTS; p++)
                memcpy(u + p * point, &all[p], sizeof all[p]);
        }
}

size_t conv_winograd_scratch(int64_t inputs)
{
    return (size_t)(CONV_POINTS * (conv_panel_stride(inputs) + conv_panel_stride(CONV_CHUNK)));
}

size_t conv_winograd_slope_scratch(int64_t inputs)
{
    const int64_t columns = conv_slope_inputs(inputs), panel = CONV_PANEL * CPU_LANES;
    return (size_t)(CONV_POINTS * (columns * (panel + CONV_SLOPE_OUTPUTS) + CONV_SLOPE_OUTPUTS * panel +
                                   CONV_SIXTEEN + 3 * 5 * CPU_LANES));
}
