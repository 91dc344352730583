#include "conv_choice.h"
#include "conv_points.h"

static const conv_costs shipped[CPU_ISAS] = {
    [CPU_AVX512]   = { { { 1.5, 0.32 }, { 1.5, 0.32 }, { 1.6, 0.33 } } },
    [CPU_AVX2]     = { { { 1.6, 0.65 }, { 1.6, 0.65 }, { 1.8, 0.7 } } },
    [CPU_PORTABLE] = { { { 1.5, 0.65 }, { 1.5, 0.65 }, { 1.7, 0.7 } } },
};

const conv_costs *conv_costs_shipped(cpu_isa isa)
{
    return &shipped[isa];
}

/* Winograd's transforms pay where there are channels to share them, and planes of whole tiles. */
enum { LEAST_CHANNELS = 8, LEAST_SIDE = 4 };

static bool has_winograd(const cpu_conv_shape *s)
{
    return (s->kernel_h == 3 || s->kernel_h == 5) && s->kernel_w == s->kernel_h && s->stride == 1 &&
           s->dilation == 1 && s->groups == 1 && s->pad < s->kernel_h && s->channels >= LEAST_CHANNELS &&
           s->outputs >= LEAST_CHANNELS && s->out_h >= LEAST_SIDE && s->out_w >= LEAST_SIDE;
}

/* Outputs of whole tiles over the outputs there are, and points for each multiplication over
 * those of a 3 x 3. */
static double waste(const cpu_conv_shape *s)
{
    const int64_t side = conv_tile_side(s->kernel_h), taps = s->kernel_h * s->kernel_h;
    const int64_t h = (s->out_h + side - 1) / side * side, w = (s->out_w + side - 1) / side * side;
    return (double)(h * w) / (double)(s->out_h * s->out_w) * (4.0 * 4 * 9) / (double)(side * side * taps);
}

/* What Winograd's ways cost beside lists, over what they cost beside a direct kernel: 5 x 5 kernels have
 * small planes, which suit lists. Measured at 20 by 50 channels. */
static double beside_lists(const cpu_conv_shape *s)
{
    return s->kernel_h == 5 ? 1.3 : 1;
}

conv_way conv_choose(const cpu_conv_shape *s, double density, const conv_costs *costs, conv_pass pass)
{
    const conv_cost *c = &costs->pass[pass];
    conv_way best = CONV_BY_WIDE_LISTS;
    double least = 1;
    if (has_winograd(s) && c->winograd * waste(s) < least)
        best = CONV_BY_WINOGRAD, least = c->winograd * waste(s) * beside_lists(s);
    return c->lists * density < least ? CONV_BY_LISTS : best;
}
