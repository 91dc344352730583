/* Owns which kernels there are, and how one runs on the host: block by block, the threads of each as
 * fibres. Each that has run is told, by its name, in the file that LCU_RAN names. */
#include "kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "poison.h"

enum { MOST_PLANE = 65535, MOST_KERNELS = 64 };

/* A thread's place, as kernels see it. */
lcu_dim threadIdx, blockIdx, blockDim;
float lcu_block_memory[LCU_MOST_SHARED / sizeof(float)];

static struct { lcu_known kernel[MOST_KERNELS]; size_t n; } known;

lcu_known *lcu_known_find(const void *kernel)
{
    size_t i = 0;
    while (i < known.n && known.kernel[i].kernel != kernel)
        i++;
    if (i == MOST_KERNELS)
        return NULL;
    if (i == known.n)
        known.kernel[known.n++] = (lcu_known){ kernel, LCU_USUAL_SHARED, false };
    return &known.kernel[i];
}

/* A name that is not written is missed by who reads the file. */
bool lcu_ran(const char *kernel)
{
    const char *path = getenv("LCU_RAN");
    FILE *file = path ? fopen(path, "a") : NULL;
    if (file && (fprintf(file, "%s\n", kernel) < 0 || fclose(file)))
        fprintf(stderr, "kernel %s: '%s' cannot be written\n", kernel, path);
    return true;
}

static void run_thread(uint32_t number, void *argument)
{
    const lcu_work *w = argument;
    threadIdx.x = number;
    w->kernel(w->argument);
}

static void resumed(uint32_t number)
{
    threadIdx.x = number;
}

void __syncthreads(void)
{
    lcu_fibres_wait(resumed);
}

/* Limits are the real ones: blocks of a launch, threads as the kernels are built for, 65535 along y and z. */
static bool fits(dim3 grid, dim3 block)
{
    return grid.x && grid.y && grid.z && grid.x <= INT32_MAX && grid.y <= MOST_PLANE &&
           grid.z <= MOST_PLANE && block.x && block.x <= LCU_MOST_FIBRES && block.y == 1 && block.z == 1;
}

cudaError_t lcu_work_make(lcu_work *w, const void *kernel, dim3 grid, dim3 block, void **arguments,
                          size_t shared, size_t most_shared)
{
    lcu_emulated *run = (lcu_emulated *)(uintptr_t)kernel;
    const size_t bytes = run(NULL);
    if (!fits(grid, block))
        return cudaErrorInvalidConfiguration;
    if (shared > most_shared || bytes > sizeof w->argument)
        return cudaErrorInvalidValue;
    *w = (lcu_work){ .kernel = run, .grid = grid, .threads = block.x, .shared = (uint32_t)shared };
    memcpy(w->argument, arguments[0], bytes);
    memcpy(&w->only, arguments[1], sizeof w->only);
    return cudaSuccess;
}

/* Nobody may count on what a block before left in its memory, nor go beyond what was asked for. */
static void spoil_block_memory(uint32_t shared)
{
    ASAN_UNPOISON_MEMORY_REGION(lcu_block_memory, sizeof lcu_block_memory);
    memset(lcu_block_memory, 0xff, shared);   /* NaN */
    ASAN_POISON_MEMORY_REGION((char *)lcu_block_memory + shared, sizeof lcu_block_memory - shared);
}

static bool run_replica(lcu_work *w, uint32_t replica, lcu_order order)
{
    bool ran = true;
    for (uint32_t y = 0; y < w->grid.y && ran; y++)
        for (uint32_t x = 0; x < w->grid.x && ran; x++) {
            blockIdx = (lcu_dim){ lcu_order_at(order, x, w->grid.x), lcu_order_at(order, y, w->grid.y),
                                  replica };
            if (w->shared)
                spoil_block_memory(w->shared);
            ran = lcu_fibres_run(run_thread, w, w->threads, order);
        }
    return ran;
}

bool lcu_work_run(const lcu_work *work, lcu_order order)
{
    lcu_work w = *work;
    bool ran = true;
    blockDim = (lcu_dim){ w.threads, 1, 1 };
    for (uint32_t z = 0; z < w.grid.z && ran; z++) {
        const uint32_t replica = lcu_order_at(order, z, w.grid.z);
        if (lcu_has(&w.only, replica))
            ran = run_replica(&w, replica, order);
    }
    return ran;
}
