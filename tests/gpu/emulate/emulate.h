/* CUDA's words for a C compiler: language.h includes this where nvcc is not. A kernel becomes a function
 * that one thread of one block runs, kernel.c says which, and that tells the size of its argument. */
#ifndef LCU_EMULATE_H
#define LCU_EMULATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef size_t lcu_emulated(const void *argument);         /* NULL: nothing is run */

/* A thread of it runs for the first time: true. */
bool lcu_ran(const char *kernel);

#define LCU_KERNEL(name, type) \
    static void name##_thread(const type *p); \
    static size_t name(const void *argument) \
    { \
        static bool ran; \
        if (!argument) \
            return sizeof(type); \
        ran = ran || lcu_ran(#name); \
        name##_thread((const type *)argument); \
        return sizeof(type); \
    } \
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
