/* Kernels of emulated devices, and one launch of one. Called by runtime.c, one call at a time. */
#ifndef LCU_EMULATED_KERNEL_H
#define LCU_EMULATED_KERNEL_H

#include <cuda_runtime_api.h>

#include "device.h"
#include "emulate.h"
#include "fibre.h"

/* A block's memory: what the device has, and what a kernel has that did not ask for more. */
enum { LCU_MOST_SHARED = 227 << 10, LCU_USUAL_SHARED = 48 << 10 };

/* shared: the most that a block of it may have; loaded: it has been launched before. */
typedef struct lcu_known { const void *kernel; size_t shared; bool loaded; } lcu_known;

/* What is known of it, by whatever device; NULL: there is no room for one more. */
lcu_known *lcu_known_find(const void *kernel);

/* Its arguments are copied: the kernel's struct, and the replicas that it is for. */
typedef struct lcu_work {
    lcu_emulated *kernel;
    dim3     grid;
    uint32_t threads, shared;
    lcu_set  only;
    uint64_t argument[128];
} lcu_work;

/* Refuses what a device does; most_shared: what the kernel may have. */
cudaError_t lcu_work_make(lcu_work *w, const void *kernel, dim3 grid, dim3 block, void **arguments,
                          size_t shared, size_t most_shared);

/* All blocks, one after another, while no other kernel runs. False: no memory for its threads' stacks. */
bool lcu_work_run(const lcu_work *w, lcu_order order);

#endif
