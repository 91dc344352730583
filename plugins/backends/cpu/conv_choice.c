#include "conv_choice.h"

static const conv_costs shipped[CPU_ISAS] = {
    [CPU_AVX512]   = { { { 1.5, 0.32 }, { 1.5, 0.32 }, { 1.6, 0.33 } } },
    [CPU_AVX2]     = { { { 1.6, 0.33 }, { 1.6, 0.33 }, { 1.8, 0.36 } } },
    [CPU_PORTABLE] = { { { 1.5, 0.31 }, { 1.5, 0.31 }, { 1.7, 0.34 } } },
};

const conv_costs *conv_costs_shipped(cpu_isa isa)
{
    return &shipped[isa];
}

/* Winograd's transforms pay where there are channels to share them, and planes of whole tiles. */
enum { LEAST_CHANNELS = 8, LEAST_SIDE = 4 };

conv_form conv_form_of(const cpu_conv_shape *s)
{
    if (s->kernel_h == 5)
        return CONV_TWO_BY_FIVE;
    return s->h == 2 && s->w == 2 && s->pad == 1 ? CONV_PLANE : CONV_FOUR_BY_THREE;
}

static int64_t tiles(const cpu_conv_shape *s, int64_t rows, int64_t columns)
{
    const int side = conv_sides_of(conv_form_of(s)).tile;
    return (rows + side - 1) / side * ((columns + side - 1) / side);
}

bool conv_is_one_tile(const cpu_conv_shape *s)
{
    return tiles(s, s->out_h, s->out_w) == 1;
}

bool conv_spreads(const cpu_conv_shape *s)
{
    return tiles(s, s->out_h, s->out_w) < tiles(s, s->h, s->w);
}

static bool has_winograd(const cpu_conv_shape *s)
{
    return (s->kernel_h == 3 || s->kernel_h == 5) && s->kernel_w == s->kernel_h && s->stride == 1 &&
           s->dilation == 1 && s->groups == 1 && s->pad < s->kernel_h && s->channels >= LEAST_CHANNELS &&
           s->outputs >= LEAST_CHANNELS &&
           (conv_form_of(s) == CONV_PLANE || (s->out_h >= LEAST_SIDE && s->out_w >= LEAST_SIDE));
}

/* Multiplications for each output and tap, over those of whole tiles of 4 x 4 by a 3 x 3. The data gradient's
 * tiles are those of the smaller plane. */
static double waste(const cpu_conv_shape *s, conv_pass pass)
{
    const bool inputs = pass == CONV_DATA_GRADIENT && s->h * s->w < s->out_h * s->out_w;
    const int64_t rows = inputs ? s->h : s->out_h, columns = inputs ? s->w : s->out_w;
    const conv_sides side = conv_sides_of(conv_form_of(s));
    const int64_t made = tiles(s, rows, columns) * side.points * side.points,
                  direct = rows * columns * side.kernel * side.kernel;
    return 4.0 * (double)made / (double)direct;
}

/* What Winograd's ways cost beside lists, over what they cost beside a direct kernel: 5 x 5 kernels have
 * small planes, which suit lists, but less where those go over the larger plane and the points over the
 * smaller (measured at 20 by 50 channels); planes of 2 x 2 have few outputs for each weight, and the sums of
 * many weights, which come and go with every tile, are in no near cache (512 by 512). */
static double beside_lists(const cpu_conv_shape *s, conv_pass pass)
{
    if (s->kernel_h == 5)
        return pass == CONV_DATA_GRADIENT && conv_spreads(s) ? 0.7 : 1.3;
    if (pass != CONV_WEIGHT_GRADIENT)
        return conv_form_of(s) == CONV_PLANE ? 0.9 : 1;
    return conv_form_of(s) == CONV_PLANE ? 0.5 : conv_is_one_tile(s) ? 0.8 : 1;
}

conv_way conv_choose(const cpu_conv_shape *s, double density, const conv_costs *costs, conv_pass pass)
{
    const conv_cost *c = &costs->pass[pass];
    conv_way best = CONV_BY_WIDE_LISTS;
    double least = 1;
    if (has_winograd(s) && c->winograd * waste(s, pass) < least)
        best = CONV_BY_WINOGRAD, least = c->winograd * waste(s, pass) * beside_lists(s, pass);
    return c->lists * density < least ? CONV_BY_LISTS : best;
}
