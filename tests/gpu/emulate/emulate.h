/* CUDA's words for a C compiler: language.h includes this where nvcc is not. A kernel becomes a function
 * that one thread of one block runs; device.c says which. */
#ifndef LCU_EMULATE_H
#define LCU_EMULATE_H

#include <stdint.h>

#define LCU_KERNEL(name, type) \
    static void name##_thread(const type *p); \
    static void name(const void *argument) { name##_thread((const type *)argument); } \
    static void name##_thread(const type *p)
#define LCU_ENTRY(name) ((lcu_entry)(name))
#define LCU_DEVICE      static inline
#define LCU_UNROLL
#define __shared__      static                /* blocks run one after another */

typedef struct lcu_dim { uint32_t x, y, z; } lcu_dim;
extern lcu_dim threadIdx, blockIdx, blockDim;
extern float lcu_block_memory[];

/* Every thread of the block comes here before any goes on. */
void __syncthreads(void);

#endif
