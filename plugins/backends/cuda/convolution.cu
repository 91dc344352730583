/* CONV2D as three products, none of which copies an image: each thread finds its operands' elements where
 * they lie. The grid's y counts tiles of rows within groups, its x, for a weight's gradient, parts within
 * tiles of columns. */
#include "tile.cuh"

/* An image's row, then its channel, in x and in y: those of the block's group. */
LCU_DEVICE uint32_t group_of(const lcu_convolution *p, uint32_t rows)
{
    return blockIdx.y / ((rows + TILE - 1) / TILE) % p->groups;
}

LCU_DEVICE uint32_t taps(const lcu_convolution *p)
{
    return p->kernel_y * p->kernel_x;
}

LCU_DEVICE uint32_t in_plane(const lcu_convolution *p)
{
    return p->in_y * p->in_x;
}

LCU_DEVICE uint32_t out_plane(const lcu_convolution *p)
{
    return p->out_y * p->out_x;
}

/* Elements of all channels, of x and of y, of one row. */
LCU_DEVICE size_t in_row(const lcu_convolution *p)
{
    return (size_t)p->groups * p->channels * in_plane(p);
}

LCU_DEVICE size_t out_row(const lcu_convolution *p)
{
    return (size_t)p->groups * p->outputs * out_plane(p);
}

/* w[output][channel, tap]: a matrix of the group. */
LCU_DEVICE place find_output(const void *argument, uint32_t output)
{
    const lcu_convolution *p = (const lcu_convolution *)argument;
    const place where = { (size_t)output * p->channels * taps(p), 0, 0 };
    return where;
}

LCU_DEVICE float load_weight(const void *argument, const float *w, place where, uint32_t k)
{
    (void)argument;
    return w[where.at + k];
}

/* What output pixel n of all rows sees through (channel, tap) k. */
LCU_DEVICE place find_out_pixel(const void *argument, uint32_t n)
{
    const lcu_convolution *p = (const lcu_convolution *)argument;
    const uint32_t row = n / out_plane(p), pixel = n % out_plane(p);
    const place where = { row * in_row(p), (int32_t)(pixel / p->out_x * p->stride) - (int32_t)p->pad,
                          (int32_t)(pixel % p->out_x * p->stride) - (int32_t)p->pad };
    return where;
}

LCU_DEVICE float load_pixel(const lcu_convolution *p, const float *plane, int32_t y, int32_t x)
{
    const bool inside = y >= 0 && y < (int32_t)p->in_y && x >= 0 && x < (int32_t)p->in_x;
    return inside ? plane[(uint32_t)y * p->in_x + (uint32_t)x] : 0;
}

LCU_DEVICE float load_seen(const void *argument, const float *x, place where, uint32_t k)
{
    const lcu_convolution *p = (const lcu_convolution *)argument;
    const uint32_t channel = k / taps(p), tap = k % taps(p);
    return load_pixel(p, x + where.at + (size_t)channel * in_plane(p),
                      where.y + (int32_t)(tap / p->kernel_x * p->dilation),
                      where.x + (int32_t)(tap % p->kernel_x * p->dilation));
}

/* Where element (row, pixel) of output m of a group lies in y; likewise x. */
LCU_DEVICE size_t in_y_of_pixel(const lcu_convolution *p, uint32_t m, uint32_t n)
{
    return n / out_plane(p) * out_row(p) + (size_t)m * out_plane(p) + n % out_plane(p);
}

LCU_DEVICE size_t in_x_of_pixel(const lcu_convolution *p, uint32_t m, uint32_t n)
{
    return n / in_plane(p) * in_row(p) + (size_t)m * in_plane(p) + n % in_plane(p);
}

/* y[output][row, pixel] = bias + sum over (channel, tap) of w x */
LCU_KERNEL(convolve, lcu_convolution)
{
    const uint32_t group = group_of(p, p->outputs), depth = p->channels * taps(p);
    const operand a = { lcu_of(p->w) + (size_t)group * p->outputs * depth, find_output, load_weight,
                        p->outputs, true };
    const operand b = { lcu_of(p->x) + (size_t)group * p->channels * in_plane(p), find_out_pixel, load_seen,
                        p->rows * out_plane(p), false };
    const extent e = { (blockIdx.y - group * ((p->outputs + TILE - 1) / TILE)) * TILE, blockIdx.x * TILE, 0,
                       depth };
    float *y = lcu_of(p->y) + (size_t)group * p->outputs * out_plane(p), sum[EACH][EACH];
    const float *bias = p->bias.at ? lcu_of(p->bias) + group * p->outputs : NULL;
    multiply(p, a, b, e, sum);
    for (uint32_t i = 0; i < EACH; i++)
        for (uint32_t j = 0; j < EACH; j++) {
            const uint32_t m = e.row + tile_row(i), n = e.column + tile_column(j);
            if (m < a.n && n < b.n)
                y[in_y_of_pixel(p, m, n)] = bias ? bias[m] + sum[i][j] : sum[i][j];
        }
}

/* w[output, tap][channel] for the way back: k is (output, tap). */
LCU_DEVICE place find_channel(const void *argument, uint32_t channel)
{
    const lcu_convolution *p = (const lcu_convolution *)argument;
    const place where = { (size_t)channel * taps(p), 0, 0 };
    return where;
}

LCU_DEVICE float load_turned(const void *argument, const float *w, place where, uint32_t k)
{
    const lcu_convolution *p = (const lcu_convolution *)argument;
    return w[(size_t)(k / taps(p)) * p->channels * taps(p) + where.at + k % taps(p)];
}

/* The gradients that input pixel n of all rows gets through (output, tap) k. */
LCU_DEVICE place find_in_pixel(const void *argument, uint32_t n)
{
    const lcu_convolution *p = (const lcu_convolution *)argument;
    const uint32_t row = n / in_plane(p), pixel = n % in_plane(p);
    const place where = { row * out_row(p), (int32_t)(pixel / p->in_x + p->pad),
                          (int32_t)(pixel % p->in_x + p->pad) };
    return where;
}

LCU_DEVICE float load_given(const void *argument, const float *g, place where, uint32_t k)
{
    const lcu_convolution *p = (const lcu_convolution *)argument;
    const uint32_t output = k / taps(p), tap = k % taps(p);
    const int32_t y = where.y - (int32_t)(tap / p->kernel_x * p->dilation),
                  x = where.x - (int32_t)(tap % p->kernel_x * p->dilation);
    if (y < 0 || x < 0)
        return 0;
    const uint32_t out_y = (uint32_t)y / p->stride, out_x = (uint32_t)x / p->stride;
    const bool seen = out_y * p->stride == (uint32_t)y && out_x * p->stride == (uint32_t)x &&
                      out_y < p->out_y && out_x < p->out_x;
    return seen ? g[where.at + (size_t)output * out_plane(p) + out_y * p->out_x + out_x] : 0;
}

/* x[channel][row, pixel] <- sum over (output, tap) of w y, x and y being gradients */
LCU_KERNEL(convolve_input, lcu_convolution)
{
    const uint32_t group = group_of(p, p->channels), depth = p->outputs * taps(p);
    const operand a = { lcu_of(p->w) + (size_t)group * p->channels * depth, find_channel, load_turned,
                        p->channels, false };
    const operand b = { lcu_of(p->y) + (size_t)group * p->outputs * out_plane(p), find_in_pixel, load_given,
                        p->rows * in_plane(p), false };
    const extent e = { (blockIdx.y - group * ((p->channels + TILE - 1) / TILE)) * TILE, blockIdx.x * TILE, 0,
                       depth };
    float *x = lcu_of(p->x) + (size_t)group * p->channels * in_plane(p), sum[EACH][EACH];
    multiply(p, a, b, e, sum);
    for (uint32_t i = 0; i < EACH; i++)
        for (uint32_t j = 0; j < EACH; j++) {
            const uint32_t m = e.row + tile_row(i), n = e.column + tile_column(j);
            if (m < a.n && n < b.n)
                lcu_give(x + in_x_of_pixel(p, m, n), sum[i][j], p->add);
        }
}

/* The gradients of an output: k is (row, pixel). */
LCU_DEVICE place find_output_plane(const void *argument, uint32_t output)
{
    const lcu_convolution *p = (const lcu_convolution *)argument;
    const place where = { (size_t)output * out_plane(p), 0, 0 };
    return where;
}

LCU_DEVICE float load_gradient(const void *argument, const float *g, place where, uint32_t k)
{
    const lcu_convolution *p = (const lcu_convolution *)argument;
    return g[k / out_plane(p) * out_row(p) + where.at + k % out_plane(p)];
}

/* What (channel, tap) n sees from output pixel k of all rows. */
LCU_DEVICE place find_tap(const void *argument, uint32_t n)
{
    const lcu_convolution *p = (const lcu_convolution *)argument;
    const uint32_t channel = n / taps(p), tap = n % taps(p);
    const place where = { (size_t)channel * in_plane(p),
                          (int32_t)(tap / p->kernel_x * p->dilation) - (int32_t)p->pad,
                          (int32_t)(tap % p->kernel_x * p->dilation) - (int32_t)p->pad };
    return where;
}

LCU_DEVICE float load_through(const void *argument, const float *x, place where, uint32_t k)
{
    const lcu_convolution *p = (const lcu_convolution *)argument;
    const uint32_t row = k / out_plane(p), pixel = k % out_plane(p);
    return load_pixel(p, x + row * in_row(p) + where.at, where.y + (int32_t)(pixel / p->out_x * p->stride),
                      where.x + (int32_t)(pixel % p->out_x * p->stride));
}

/* w[output][channel, tap] <- sum over (row, pixel) of y x, w and y being gradients */
LCU_KERNEL(convolve_weight, lcu_convolution)
{
    const size_t part = blockIdx.x % p->parts.n;
    const uint32_t group = group_of(p, p->outputs), columns = p->channels * taps(p);
    const size_t size = (size_t)p->outputs * columns;
    const operand a = { lcu_of(p->y) + (size_t)group * p->outputs * out_plane(p),
                        find_output_plane, load_gradient, p->outputs, true };
    const operand b = { lcu_of(p->x) + (size_t)group * p->channels * in_plane(p), find_tap,
                        load_through, columns, true };
    const extent e = extent_of(blockIdx.y - group * ((p->outputs + TILE - 1) / TILE), p->parts,
                               p->rows * out_plane(p));
    float *w = p->parts.n > 1 ? lcu_of(p->parts.sums) + (part * p->groups + group) * size
                              : lcu_of(p->w) + group * size,
          sum[EACH][EACH];
    multiply(p, a, b, e, sum);
    for (uint32_t i = 0; i < EACH; i++)
        for (uint32_t j = 0; j < EACH; j++) {
            const uint32_t m = e.row + tile_row(i), n = e.column + tile_column(j);
            if (m < a.n && n < b.n)
                lcu_give(w + (size_t)m * columns + n, sum[i][j], p->parts.n > 1 ? 0 : p->add);
        }
}

void lcu_convolve(lcu_device *d, const lcu_convolution *c, uint32_t replicas)
{
    const lcu_grid grid = { tiles_of(c->rows * c->out_y * c->out_x), tiles_of(c->outputs) * c->groups,
                            replicas, THREADS, 0 };
    lcu_launch(d, LCU_ENTRY(convolve), grid, c, sizeof *c);
}

void lcu_convolve_input(lcu_device *d, const lcu_convolution *c, uint32_t replicas)
{
    const lcu_grid grid = { tiles_of(c->rows * c->in_y * c->in_x), tiles_of(c->channels) * c->groups,
                            replicas, THREADS, 0 };
    lcu_launch(d, LCU_ENTRY(convolve_input), grid, c, sizeof *c);
}

void lcu_convolve_weight(lcu_device *d, const lcu_convolution *c, uint32_t replicas)
{
    const uint32_t columns = c->channels * c->kernel_y * c->kernel_x;
    const lcu_grid grid = { tiles_of(columns) * c->parts.n, tiles_of(c->outputs) * c->groups, replicas,
                            THREADS, 0 };
    lcu_launch(d, LCU_ENTRY(convolve_weight), grid, c, sizeof *c);
    if (c->parts.n > 1)
        lcu_add_parts(d, c->w, c->parts, c->groups * c->outputs * columns, c->add, replicas);
}
