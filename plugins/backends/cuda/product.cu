/* Products of matrices as they lie in memory: LINEAR, forward and back. */
#include "tile.cuh"

enum { LEAST_LENGTH = 256, MOST_SUMS = 1 << 20 };
static const uint64_t MOST_PARTS = 64;

LCU_DEVICE place find_a(const void *argument, uint32_t i)
{
    const lcu_product_of *p = (const lcu_product_of *)argument;
    const place where = { (size_t)i * p->a_m, 0, 0 };
    return where;
}

LCU_DEVICE float load_a(const void *argument, const float *a, place where, uint32_t k)
{
    const lcu_product_of *p = (const lcu_product_of *)argument;
    return a[where.at + (size_t)k * p->a_k];
}

LCU_DEVICE place find_b(const void *argument, uint32_t j)
{
    const lcu_product_of *p = (const lcu_product_of *)argument;
    const place where = { (size_t)j * p->b_n, 0, 0 };
    return where;
}

LCU_DEVICE float load_b(const void *argument, const float *b, place where, uint32_t k)
{
    const lcu_product_of *p = (const lcu_product_of *)argument;
    return b[where.at + (size_t)k * p->b_k];
}

LCU_KERNEL(matrices, lcu_product_of)
{
    const size_t part = blockIdx.x % p->parts.n;
    const operand a = { lcu_of(p->a), find_a, load_a, p->m, p->a_k == 1 };
    const operand b = { lcu_of(p->b), find_b, load_b, p->n, p->b_k == 1 };
    const extent e = extent_of(blockIdx.y, p->parts, p->k);
    float sum[EACH][EACH];
    multiply(p, a, b, e, sum);
    const float *bias = p->bias.at ? lcu_of(p->bias) : NULL;
    float *c = p->parts.n > 1 ? lcu_of(p->parts.sums) + part * p->m * p->n : lcu_of(p->c);
    for (uint32_t i = 0; i < EACH; i++)
        for (uint32_t j = 0; j < EACH; j++) {
            const uint32_t row = e.row + tile_row(i), column = e.column + tile_column(j);
            if (row < p->m && column < p->n)
                lcu_give(c + (size_t)row * p->n + column, bias ? bias[column] + sum[i][j] : sum[i][j],
                         p->parts.n > 1 ? 0 : p->add);
        }
}

typedef struct lcu_part_sums { lcu_floats to; lcu_parts parts; uint32_t n, add; } lcu_part_sums;

/* to <- part 0 + part 1 + ... */
LCU_KERNEL(add_parts, lcu_part_sums)
{
    const uint32_t i = lcu_index();
    if (i >= p->n)
        return;
    const float *part = lcu_of(p->parts.sums) + i;
    float sum = 0;
    for (uint32_t s = 0; s < p->parts.n; s++)
        sum += part[(size_t)s * p->n];
    lcu_give(lcu_of(p->to) + i, sum, p->add);
}

void lcu_add_parts(lcu_device *d, lcu_floats to, lcu_parts parts, uint32_t n, uint32_t add, uint32_t replicas)
{
    const lcu_part_sums s = { to, parts, n, add };
    lcu_launch(d, LCU_ENTRY(add_parts), lcu_cover(n, replicas), &s, sizeof s);
}

lcu_parts lcu_parts_of(uint32_t m, uint32_t n, uint32_t k)
{
    const uint64_t room = MOST_SUMS / ((uint64_t)m * n);
    uint64_t most = k / LEAST_LENGTH;
    most = most < MOST_PARTS ? most : MOST_PARTS;
    most = most < room ? most : room;
    lcu_parts parts = { 1, k, { NULL, 0 } };
    if (most < 2)
        return parts;
    parts.length = (uint32_t)((k + most - 1) / most);
    parts.length += (DEPTH - parts.length % DEPTH) % DEPTH;
    parts.n = k / parts.length + (k % parts.length != 0);
    return parts;
}

void lcu_matrices(lcu_device *d, const lcu_product_of *p, uint32_t replicas)
{
    const lcu_grid grid = { tiles_of(p->n) * p->parts.n, tiles_of(p->m), replicas, THREADS, 0 };
    lcu_launch(d, LCU_ENTRY(matrices), grid, p, sizeof *p);
    if (p->parts.n > 1)
        lcu_add_parts(d, p->c, p->parts, p->m * p->n, p->add, replicas);
}
