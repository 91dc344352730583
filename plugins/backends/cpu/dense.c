/* Linear layers with all their weights: three products in registers, with what follows on them while a tile is still
 * in the cache. Weights are [out][ldw], as on the host; the gradient of a weight is never in memory. */
#include "shuffle.h"
#include "tile.h"
#include "update.h"

enum { ROWS = 6 };

static void product(const cpu_product *p)
{
    int64_t n = 0;
    for (; n + CPU_FOUR <= p->n; n += CPU_FOUR) {
        int64_t m = 0;
        for (; m + ROWS <= p->m; m += ROWS)
            tile_6x4(p, m, n);
        for (; m < p->m; m++)
            tile_1x4(p, m, n);
    }
    for (; n < p->n; n += CPU_LANES) {
        int64_t m = 0;
        for (; m + ROWS <= p->m; m += ROWS)
            tile_6x1(p, m, n);
        for (; m < p->m; m++)
            tile_1x1(p, m, n);
    }
}

/* y = w x + b: row o of y is the sum over i of w[o][i] x[i]. */
void CPU_NAME(cpu_dense_forward)(const cpu_dense *d, int64_t first, int64_t end)
{
    product(&(cpu_product){ .m = end - first, .n = d->lanes, .k = d->in, .a = d->weights.w + first * d->ldw,
                            .row = d->ldw, .step = 1, .b = d->x, .ldb = d->lanes,
                            .c = d->y + first * d->lanes, .ldc = d->lanes });
    for (int64_t o = first; o < end; o++) {
        const vec bias = vec_all(d->bias ? d->bias[o] : 0.0f);
        float *y = d->y + o * d->lanes;
        for (int64_t l = 0; l < d->lanes; l += CPU_LANES) {
            const vec sum = vec_load(y + l) + bias;
            vec_store(y + l, d->relu ? vec_relu(sum) : sum);
        }
    }
}

/* dx = w' g: row i of dx is the sum over o of w[o][i] g[o]. Up to ROWS rows at a time, so that they can be added. */
void CPU_NAME(cpu_dense_back)(const cpu_dense *d, int64_t first, int64_t end)
{
    for (int64_t i = first; i < end; i += ROWS) {
        const int64_t rows = end - i < ROWS ? end - i : ROWS;
        product(&(cpu_product){ .m = rows, .n = d->lanes, .k = d->out, .a = d->weights.w + i, .row = 1,
                                .step = d->ldw, .b = d->g, .ldb = d->lanes, .c = d->scratch, .ldc = d->lanes });
        float *dx = d->dx + i * d->lanes;
        const float *x = d->x + i * d->lanes;
        for (int64_t l = 0; l < rows * d->lanes; l += CPU_LANES) {
            vec sum = vec_load(d->scratch + l);
            if (d->gate)
                sum = vec_where(vec_load(x + l) > vec_zero(), sum);
            vec_store(dx + l, d->add ? vec_load(dx + l) + sum : sum);
        }
    }
}

/* dw[o][i] = sum over samples r of g[o][r] rows[r][i], and into the optimizer with it. */
void CPU_NAME(cpu_dense_update)(const cpu_dense *d, const cpu_rule *r, int64_t first, int64_t end)
{
    const vec_rule k = vec_rule_of(r);
    for (int64_t o = first; o < end; o += ROWS) {
        const int64_t rows = end - o < ROWS ? end - o : ROWS;
        product(&(cpu_product){ .m = rows, .n = d->ldw, .k = d->batch, .a = d->g + o * d->lanes, .row = d->lanes,
                                .step = 1, .b = d->rows, .ldb = d->ld_rows, .c = d->scratch, .ldc = d->ldw });
        update_run(r, &k, &d->weights, o * d->ldw, d->scratch, rows * d->ldw);
    }
}

void CPU_NAME(cpu_update)(const cpu_rule *r, const cpu_stored *s, const float *g, int64_t n)
{
    const vec_rule k = vec_rule_of(r);
    update_run(r, &k, s, 0, g, n);
}

/* Lane by lane over a row's vectors, then across. */
void CPU_NAME(cpu_row_sums)(const float *g, int64_t rows, int64_t lanes, float *out)
{
    for (int64_t r = 0; r < rows; r++, g += lanes) {
        vec sum = vec_zero();
        for (int64_t l = 0; l < lanes; l += CPU_LANES)
            sum += vec_load(g + l);
        out[r] = vec_sum(sum);
    }
}

/* x [features][lanes] -> rows [lanes][ld_rows]; rows is as long as features rounded up to vectors. */
void CPU_NAME(cpu_transpose)(const float *x, int64_t features, int64_t lanes, float *rows, ptrdiff_t ld_rows)
{
    for (int64_t i = 0; i < features; i += CPU_LANES)
        for (int64_t l = 0; l < lanes; l += CPU_LANES) {
            vec tile[CPU_LANES];
            for (int64_t k = 0; k < CPU_LANES; k++)
                tile[k] = i + k < features ? vec_load(x + (i + k) * lanes + l) : vec_zero();
            transpose_16(tile, rows + l * ld_rows + i, ld_rows);
        }
}
