/* The language of kernels: CUDA's, as far as C has it too. A .cu file includes this first, and is compiled
 * by nvcc, or by a C compiler against tests/gpu/emulate, where its blocks run one after another on the
 * host. */
#ifndef LCU_LANGUAGE_H
#define LCU_LANGUAGE_H

#include <math.h>

#ifdef __CUDACC__
#include <cuda_runtime.h>

/* LCU_KERNEL(name, type) { ... p ... }: a kernel whose argument is a struct, to which p points. Blocks of
 * replicas that it is not for end at once. */
#define LCU_KERNEL(name, type) \
    static __device__ __forceinline__ void name##_thread(const type *p); \
    static __global__ void __launch_bounds__(LCU_MOST_THREADS) \
    name(const __grid_constant__ type argument, const __grid_constant__ lcu_set only) \
    { \
        if (lcu_has(&only, blockIdx.z)) \
            name##_thread(&argument); \
    } \
    static __device__ __forceinline__ void name##_thread(const type *p)

/* The block's memory that its launch asked for. */
extern __shared__ float lcu_block_memory[];
#define LCU_ENTRY(name) ((lcu_entry)name)
#define LCU_DEVICE      static __device__ __forceinline__
#define LCU_UNROLL      _Pragma("unroll")
#else
#include "emulate.h"
#endif

#include "kernels.h"

/* The thread's number among all of its replica, which is blockIdx.z. */
LCU_DEVICE uint32_t lcu_index(void)
{
    return blockIdx.x * blockDim.x + threadIdx.x;
}

/* What a backward kernel does with what it found: sets a gradient or adds to it. */
LCU_DEVICE void lcu_give(float *to, float value, uint32_t add)
{
    *to = add ? *to + value : value;
}

/* The tensor of this block's replica. */
LCU_DEVICE float *lcu_of(lcu_floats t)
{
    return t.at + blockIdx.z * t.stride;
}

#endif
