/* One block's part of a matrix product: a tile of 64 x 64, 256 threads, 16 sums each. Included by
 * product.cu and convolution.cu, which say where the operands' elements are.
 *
 * Each sum runs over k in order, so that an element's bits depend on its own row and column alone. */
#ifndef LCU_TILE_H
#define LCU_TILE_H

#include "language.h"

enum { TILE = 64, DEPTH = 16, EACH = 4, SPREAD = TILE / EACH, THREADS = SPREAD * SPREAD, PITCH = TILE + 4 };

/* What there is to know of a row of a, or a column of b, before k is: found once, used for every k. */
typedef struct place { size_t at; int32_t y, x; } place;

/* Where an operand's elements come from. along_k: neighbours in k are neighbours in memory, so threads
 * load them side by side; else neighbours in the other direction are. */
typedef struct operand {
    const float *at;
    place (*find)(const void *p, uint32_t i);
    float (*load)(const void *p, const float *at, place where, uint32_t k);
    uint32_t n;                               /* rows of a, columns of b */
    bool along_k;
} operand;

/* Rows and columns of the tile, and its part of k. */
typedef struct extent { uint32_t row, column, begin, end; } extent;

/* Which element of an operand's tile a thread loads, of its four. */
LCU_DEVICE uint32_t loaded_index(bool along_k, uint32_t slot)
{
    const uint32_t e = threadIdx.x + slot * THREADS;
    return along_k ? e / DEPTH : e % TILE;
}

LCU_DEVICE uint32_t loaded_depth(bool along_k, uint32_t slot)
{
    const uint32_t e = threadIdx.x + slot * THREADS;
    return along_k ? e % DEPTH : e / TILE;
}

LCU_DEVICE void find_places(const void *p, operand o, uint32_t first, place where[EACH])
{
    LCU_UNROLL
    for (uint32_t s = 0; s < EACH; s++) {
        const uint32_t i = first + loaded_index(o.along_k, s);
        where[s] = o.find(p, i < o.n ? i : 0);
    }
}

/* Elements beyond the operand or the part of k are zeros. */
LCU_DEVICE void load_tile(const void *p, operand o, uint32_t first, const place where[EACH], uint32_t k0,
                          uint32_t end, float tile[DEPTH][PITCH])
{
    LCU_UNROLL
    for (uint32_t s = 0; s < EACH; s++) {
        const uint32_t i = loaded_index(o.along_k, s), k = loaded_depth(o.along_k, s);
        const bool there = first + i < o.n && k0 + k < end;
        tile[k][i] = there ? o.load(p, o.at, where[s], k0 + k) : 0;
    }
}

/* This thread's rows are tile_row(0) to (3), its columns tile_column(0) to (3). */
LCU_DEVICE uint32_t tile_row(uint32_t i)
{
    return threadIdx.x / SPREAD * EACH + i;
}

LCU_DEVICE uint32_t tile_column(uint32_t j)
{
    return threadIdx.x % SPREAD + SPREAD * j;
}

LCU_DEVICE void multiply_tiles(float left[DEPTH][PITCH], float right[DEPTH][PITCH], float sum[EACH][EACH])
{
    for (uint32_t k = 0; k < DEPTH; k++) {
        float a[EACH], b[EACH];
        LCU_UNROLL
        for (uint32_t i = 0; i < EACH; i++)
            a[i] = left[k][tile_row(i)], b[i] = right[k][tile_column(i)];
        LCU_UNROLL
        for (uint32_t i = 0; i < EACH; i++)
            LCU_UNROLL
            for (uint32_t j = 0; j < EACH; j++)
                sum[i][j] += a[i] * b[j];
    }
}

/* sum[i][j] = sum over k in [begin, end) of a(row + tile_row(i), k) b(k, column + tile_column(j)). */
LCU_DEVICE void multiply(const void *p, operand a, operand b, extent e, float sum[EACH][EACH])
{
    __shared__ float left[DEPTH][PITCH], right[DEPTH][PITCH];
    place of_a[EACH], of_b[EACH];
    find_places(p, a, e.row, of_a);
    find_places(p, b, e.column, of_b);
    const bool works = e.row + tile_row(0) < a.n && e.column + tile_column(0) < b.n; /* else it only loads */
    LCU_UNROLL
    for (uint32_t i = 0; i < EACH; i++)
        LCU_UNROLL
        for (uint32_t j = 0; j < EACH; j++)
            sum[i][j] = 0;
    for (uint32_t k = e.begin; k < e.end; k += DEPTH) {
        load_tile(p, a, e.row, of_a, k, e.end, left);
        load_tile(p, b, e.column, of_b, k, e.end, right);
        __syncthreads();
        if (works)
            multiply_tiles(left, right, sum);
        __syncthreads();
    }
}

/* The tile of this block: part number blockIdx.x % parts of k. */
LCU_DEVICE extent extent_of(uint32_t tile_y, lcu_parts parts, uint32_t k)
{
    const uint32_t part = blockIdx.x % parts.n, begin = part * parts.length;
    extent e = { tile_y * TILE, blockIdx.x / parts.n * TILE, begin, k };
    if (parts.n > 1 && k - begin > parts.length)
        e.end = begin + parts.length;
    return e;
}

static inline uint32_t tiles_of(uint32_t n)
{
    return n / TILE + (n % TILE != 0);
}

/* Adds up the parts of a product of n elements; see product.cu. */
void lcu_add_parts(lcu_device *d, lcu_floats to, lcu_parts parts, uint32_t n, uint32_t add,
                   uint32_t replicas);

#endif
