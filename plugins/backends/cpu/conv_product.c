/* The products of an algorithm by points, point by point: weights times a panel of tiles. Compiled once for
 * each instruction set. */
#include "conv_product.h"

#if REG_LANES == 16
enum { ACROSS = 4 };                          /* registers of a panel that are multiplied at once */
#else
enum { ACROSS = 2 };
#endif

/* m[CONV_WIDE outputs][a part of the panel] = u v at one point. */
static __attribute__((noinline)) void tile_product(const float *u, const float *v, int64_t inputs, float *m)
{
    reg a[CONV_WIDE * ACROSS];
    REG_UNROLL for (int i = 0; i < CONV_WIDE * ACROSS; i++)
        a[i] = (reg){ 0 };
    for (int64_t c = 0; c < inputs; c++, u += CONV_WIDE, v += CONV_PANEL * CPU_LANES) {
        reg x[ACROSS];
        REG_UNROLL for (int j = 0; j < ACROSS; j++)
            x[j] = reg_load(v + j * REG_LANES);
        REG_UNROLL for (int i = 0; i < CONV_WIDE; i++)
            REG_UNROLL for (int j = 0; j < ACROSS; j++)
                a[i * ACROSS + j] = reg_fma(reg_all(u[i]), x[j], a[i * ACROSS + j]);
    }
    REG_UNROLL for (int i = 0; i < CONV_WIDE; i++)
        REG_UNROLL for (int j = 0; j < ACROSS; j++)
            reg_store(m + i * CONV_PANEL * CPU_LANES + j * REG_LANES, a[i * ACROSS + j]);
}

void CPU_NAME(conv_weights)(const conv_taps *t, int64_t first, int64_t end, ptrdiff_t point, float *u);

/* Weights at points: of the first of some outputs, and from one point to the next. */
typedef struct factors { const float *u; ptrdiff_t point; } factors;

/* Of outputs [first, end), which own is room for. */
static factors factors_of(const conv_winograd *k, int64_t first, int64_t end, float *own)
{
    const ptrdiff_t group = conv_group_stride(k->inputs);
    if (k->u)
        return (factors){ k->u + first / CONV_WIDE * group, conv_point_stride(k->outputs, k->inputs) };
    const factors f = { own, conv_point_stride(CONV_CHUNK, k->inputs) };
    CPU_NAME(conv_weights)(k->taps, first, end, f.point, own);
    return f;
}

/* Of outputs [first, end), one chunk, at all points. */
static void multiply(const conv_winograd *k, int64_t first, int64_t end, const float *v, float *m, float *own)
{
    const factors f = factors_of(k, first, end, own);
    const int side = conv_sides_of(k->form).points;
    const float *u = f.u;
    for (int p = 0; p < side * side; p++) {
        for (int64_t o = 0; o < end - first; o += CONV_WIDE)
            for (int part = 0; part < CONV_PANEL * CPU_LANES; part += ACROSS * REG_LANES)
                tile_product(u + o / CONV_WIDE * conv_group_stride(k->inputs), v + part, k->inputs,
                             m + o * CONV_PANEL * CPU_LANES + part);
        u += f.point, v += conv_panel_stride(k->inputs), m += conv_panel_stride(CONV_CHUNK);
    }
}

void CPU_NAME(conv_products)(const conv_winograd *k, const tile *t, int64_t tiles, const float *v,
                             float *rest, conv_product_fn *fn)
{
    float *m = rest, *own = m + CONV_POINTS * conv_panel_stride(CONV_CHUNK);
    for (int64_t first = 0, end; first < k->outputs; first = end) {
        end = k->outputs - first < CONV_CHUNK ? k->outputs : first + CONV_CHUNK;
        multiply(k, first, end, v, m, own);
        for (int64_t i = 0; i < tiles; i++)
            fn(k, &t[i], first, end, m + i * CPU_LANES);
    }
}
