#include "conv_points.h"

#include <string.h>

/* G of F(4x4, 3x3): u = G w G^T. */
static const float g[CONV_SIDE][3] = {
    { 1 / 4.f, 0, 0 },          { -1 / 6.f, -1 / 6.f, -1 / 6.f }, { -1 / 6.f, 1 / 6.f, -1 / 6.f },
    { 1 / 24.f, 1 / 12.f, 1 / 6.f }, { 1 / 24.f, -1 / 12.f, 1 / 6.f }, { 0, 0, 1 },
};

/* The same weight of CONV_WIDE outputs. */
typedef float quad __attribute__((vector_size(4 * CONV_WIDE)));

static void transform(const quad w[9], quad u[CONV_POINTS])
{
    quad t[CONV_SIDE][3];
    for (int i = 0; i < CONV_SIDE; i++)
        for (int j = 0; j < 3; j++)
            t[i][j] = g[i][0] * w[j] + g[i][1] * w[3 + j] + g[i][2] * w[6 + j];
    for (int i = 0; i < CONV_SIDE; i++)
        for (int j = 0; j < CONV_SIDE; j++)
            u[i * CONV_SIDE + j] = t[i][0] * g[j][0] + t[i][1] * g[j][1] + t[i][2] * g[j][2];
}

/* The taps of one input for n outputs, turned around if it is for the way back. */
static void gather(const float *w, int64_t n, int64_t by_output, bool back, quad all[9])
{
    for (int tap = 0; tap < 9; tap++)
        for (int i = 0; i < CONV_WIDE; i++)
            all[tap][i] = i < n ? w[i * by_output + (back ? 8 - tap : tap)] : 0;
}

size_t conv_points_count(int64_t outputs, int64_t inputs)
{
    return (size_t)(CONV_POINTS * conv_point_stride(outputs, inputs));
}

void conv_points_make(const float *w, int64_t outputs, int64_t inputs, int64_t by_output, int64_t by_input,
                      bool back, float *u)
{
    const ptrdiff_t point = conv_point_stride(outputs, inputs);
    for (int64_t o = 0; o < outputs; o += CONV_WIDE)
        for (int64_t i = 0; i < inputs; i++, u += CONV_WIDE) {
            quad taps[9], all[CONV_POINTS];
            gather(w + o * by_output + i * by_input, outputs - o, by_output, back, taps);
            transform(taps, all);
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
