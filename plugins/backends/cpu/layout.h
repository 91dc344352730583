/* Where the elements of a batch lie: batch-innermost, sixteen samples side by side in a vector of vec.h.
 *
 * A value of rank 3 is [blocks][C][H + 2 halo][W + 2 halo][16], one of rank 1 is [C][blocks][16]; a cpu_view
 * says so in strides, and kernels use nothing else. The halo, a frame of zeros around each plane, is as wide
 * as the widest that a neighbouring convolution asked for: kernels read it, and nobody writes it after the
 * program's compilation. The last block of a batch is filled up with samples of zeros, whose lanes hold
 * finite numbers in values, and exact zeros in gradients: so sums over lanes need no mask. Batch norm, the
 * one operation whose gradient mixes samples, clears them again. Called by every file of this folder. */
#ifndef CPU_LAYOUT_H
#define CPU_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

enum { CPU_LANES = 16 };

/* Strides are in floats, and multiples of CPU_LANES: element (c, y, x) of block b's sixteen samples
 * is the vector at + b * block + c * channel + y * row + x * CPU_LANES, aligned to its size. (0, 0)
 * is inside the halo. */
typedef struct cpu_view {
    float *at;                                /* block 0, channel 0, row 0, column 0 */
    ptrdiff_t block, channel, row;
    int64_t blocks, channels, h, w;           /* without the halo; h = w = 1 for a value of rank 1 */
    int64_t halo;
} cpu_view;

static inline float *cpu_at(const cpu_view *v, int64_t block, int64_t channel)
{
    return v->at + block * v->block + channel * v->channel;
}

#endif
