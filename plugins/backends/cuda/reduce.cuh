/* Sums over what a block's threads hold, in a fixed order. Included by norm.cu. */
#ifndef LCU_REDUCE_H
#define LCU_REDUCE_H

#include "language.h"

enum { REDUCE_THREADS = 256, REDUCE_PARTS = 16 };

/* Of one value from each of the 256 threads, which every thread gets: part j is the sum of threads j, j +
 * 16, ...; then the parts are added, 0 to 15. */
LCU_DEVICE double block_sum(double value)
{
    __shared__ double of_thread[REDUCE_THREADS], of_part[REDUCE_PARTS];
    double sum = 0;
    of_thread[threadIdx.x] = value;
    __syncthreads();                          /* also: the parts of the sum before have been read */
    if (threadIdx.x < REDUCE_PARTS) {
        for (uint32_t t = threadIdx.x; t < REDUCE_THREADS; t += REDUCE_PARTS)
            sum += of_thread[t];
        of_part[threadIdx.x] = sum;
    }
    __syncthreads();
    sum = 0;
    for (uint32_t j = 0; j < REDUCE_PARTS; j++)
        sum += of_part[j];
    return sum;
}

#endif
