/* Where a sliding window touches its image: the arithmetic that convolution, pooling and im2col share. */
#ifndef LTS_WINDOW_H
#define LTS_WINDOW_H

#include <ltcore/ops.h>

/* One axis: output o looks at inputs o * stride + k * dilation - pad. */
typedef struct lts_axis { int64_t in, out, stride, dilation, pad; } lts_axis;

typedef struct lts_span { int64_t first, end; } lts_span;

static inline int64_t lts_clamp(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

/* The outputs whose tap k lies inside the image. */
static inline lts_span lts_axis_inside(const lts_axis *a, int64_t k)
{
    const int64_t shift = k * a->dilation - a->pad;           /* input = o * stride + shift */
    const int64_t below = shift < 0 ? (-shift + a->stride - 1) / a->stride : 0;
    const int64_t past  = shift < a->in ? (a->in - shift + a->stride - 1) / a->stride : 0;
    const lts_span s = { lts_clamp(below, 0, a->out), lts_clamp(past, 0, a->out) };
    return s.end > s.first ? s : (lts_span){ 0, 0 };
}

/* The inputs that window o of `size` taps covers, dilation 1. */
static inline lts_span lts_axis_window(const lts_axis *a, int64_t o, int64_t size)
{
    const int64_t first = o * a->stride - a->pad;
    const lts_span s = { lts_clamp(first, 0, a->in), lts_clamp(first + size, 0, a->in) };
    return s;
}

/* The numbers of one CONV2D; channels and outputs are those of one group. */
typedef struct lts_conv {
    lts_axis y, x;
    int64_t groups, channels, outputs, kernel_y, kernel_x;
} lts_conv;

static inline lts_conv lts_conv_of(const ltc_conv2d_desc *d, const ltc_value *in, const ltc_value *w,
                                   const ltc_value *out)
{
    const lts_conv c = {
        .y = { in->dim[1], out->dim[1], d->stride, d->dilation, d->pad },
        .x = { in->dim[2], out->dim[2], d->stride, d->dilation, d->pad },
        .groups = d->groups, .channels = in->dim[0] / d->groups, .outputs = out->dim[0] / d->groups,
        .kernel_y = w->dim[2], .kernel_x = w->dim[3],
    };
    return c;
}

#endif
