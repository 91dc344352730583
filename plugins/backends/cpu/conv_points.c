#include "conv_points.h"

#include <string.h>

/* G of F(4x4, 3x3): u = G w G^T. */
static const float g[CONV_SIDE][3] = {
    { 1 / 4.f, 0, 0 },          { -1 / 6.f, -1 / 6.f, -1 / 6.f }, { -1 / 6.f, 1 / 6.f, -1 / 6.f },
    { 1 / 24.f, 1 / 12.f, 1 / 6.f }, { 1 / 24.f, -1 / 12.f, 1 / 6.f }, { 0, 0, 1 },
};

static void transform(const float *w, bool back, float u[CONV_POINTS])
{
    float t[CONV_SIDE][3];
    for (int i = 0; i < CONV_SIDE; i++)
        for (int j = 0; j < 3; j++) {
            const float a = w[back ? 8 - j : j], b = w[back ? 5 - j : 3 + j], c = w[back ? 2 - j : 6 + j];
            t[i][j] = g[i][0] * a + g[i][1] * b + g[i][2] * c;
        }
    for (int i = 0; i < CONV_SIDE; i++)
        for (int j = 0; j < CONV_SIDE; j++)
            u[i * CONV_SIDE + j] = t[i][0] * g[j][0] + t[i][1] * g[j][1] + t[i][2] * g[j][2];
}

static int64_t groups_of(int64_t outputs)
{
    return (outputs + CONV_WIDE - 1) / CONV_WIDE;
}

size_t conv_points_count(int64_t outputs, int64_t inputs)
{
    return (size_t)(CONV_POINTS * groups_of(outputs) * CONV_WIDE * inputs);
}

void conv_points_make(const float *w, int64_t outputs, int64_t inputs, int64_t by_output, int64_t by_input, bool back,
                      float *u)
{
    const int64_t groups = groups_of(outputs), point = groups * inputs * CONV_WIDE;
    for (int64_t o = 0; o < groups * CONV_WIDE; o++)
        for (int64_t i = 0; i < inputs; i++) {
            float all[CONV_POINTS] = { 0 };
            if (o < outputs)
                transform(w + o * by_output + i * by_input, back, all);
            float *to = u + (o / CONV_WIDE * inputs + i) * CONV_WIDE + o % CONV_WIDE;
            for (int p = 0; p < CONV_POINTS; p++)
                to[p * point] = all[p];
        }
}

size_t conv_winograd_scratch(int64_t inputs)
{
    return (size_t)(CONV_POINTS * (conv_panel_stride(inputs) + conv_panel_stride(CONV_CHUNK)));
}
