/* Owns a device that is none: its memory is the host's, its kernels run here. Takes the place of
 * plugins/backends/cuda/device.c in the plug-in that tests load. Device 0 runs threads and blocks upwards,
 * 1 downwards, 2 in mixed order: bits that differ between them show a race.
 *
 * Under AddressSanitizer each tensor has fences around it, and between launches and copies no byte of any
 * may be touched: as on a device, the host has no business there. */
#include "device.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "emulate.h"
#include "fibre.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#endif
#endif
#ifndef ASAN_POISON_MEMORY_REGION
#define ASAN_POISON_MEMORY_REGION(p, n)   ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

enum { DEVICES = 3, MEMORY = 1 << 30, MOST_ARGUMENT = 1024, MOST_PLANE = 65535, SHARED = 227 << 10 };

/* Memory begins at a multiple of ALIGNMENT, as cudaMalloc promises. */
enum { ALIGNMENT = 256 };
typedef struct block { struct block *next; void *at, *whole; size_t bytes; } block;

/* One recorded launch. */
typedef struct launch {
    lcu_entry kernel;
    lcu_grid grid;
    lcu_set only;
    size_t bytes;
    uint64_t argument[MOST_ARGUMENT / 8];
} launch;

struct lcu_graph {
    launch *step;
    size_t  n, most;
};

struct lcu_device {
    block     *memory;
    size_t     used;
    lcu_order  order;
    int        failed;
    lcu_graph *capturing;
    lcu_set    only;
};

/* A thread's place, as kernels see it. One kernel runs at a time, whichever device launched it. */
lcu_dim threadIdx, blockIdx, blockDim;
float lcu_block_memory[SHARED / sizeof(float)];
static pthread_mutex_t one_kernel = PTHREAD_MUTEX_INITIALIZER;

ltc_status lcu_device_open(int64_t number, lcu_device **device, ltc_error *err)
{
    if (number >= DEVICES)
        return ltc_fail(err, LTC_EDEVICE, "no CUDA device %lld: %d are emulated, numbered from 0",
                        (long long)number, DEVICES);
    lcu_device *d = calloc(1, sizeof *d);
    if (!d)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a device");
    d->order = (lcu_order)number;
    *device = d;
    return LTC_OK;
}

void lcu_device_close(lcu_device *d)
{
    while (d && d->memory)
        lcu_free(d, d->memory->at);
    free(d);
}

bool lcu_enter(lcu_device *d)
{
    return !d->failed;
}

const char *lcu_device_text(const lcu_device *d)
{
    (void)d;
    return "emulated " __VERSION__;
}

uint64_t lcu_device_bytes(const lcu_device *d)
{
    (void)d;
    return MEMORY;
}

uint32_t lcu_device_shared(const lcu_device *d)
{
    (void)d;
    return SHARED;
}

void *lcu_alloc(lcu_device *d, size_t bytes)
{
    block *b = bytes <= MEMORY - d->used ? calloc(1, sizeof *b) : NULL;
    void *whole = b ? calloc(1, bytes + ALIGNMENT) : NULL;
    if (!whole) {
        free(b);
        return NULL;
    }
    void *at = (char *)whole + (ALIGNMENT - (uintptr_t)whole % ALIGNMENT) % ALIGNMENT;
    *b = (block){ d->memory, at, whole, bytes };
    d->memory = b;
    d->used += bytes;
    ASAN_POISON_MEMORY_REGION(at, bytes);
    return at;
}

void lcu_free(lcu_device *d, void *p)
{
    for (block **b = &d->memory; *b; b = &(*b)->next)
        if ((*b)->at == p) {
            block *gone = *b;
            *b = gone->next;
            d->used -= gone->bytes;
            ASAN_UNPOISON_MEMORY_REGION(p, gone->bytes);
            free(gone->whole);
            free(gone);
            return;
        }
}

static void open_memory(lcu_device *d)
{
    for (block *b = d->memory; b; b = b->next)
        ASAN_UNPOISON_MEMORY_REGION(b->at, b->bytes);
}

static void close_memory(lcu_device *d)
{
    for (block *b = d->memory; b; b = b->next)
        ASAN_POISON_MEMORY_REGION(b->at, b->bytes);
}

static void copy(lcu_device *d, void *dst, const void *src, size_t bytes)
{
    if (d->capturing)
        d->failed = 1;                        /* a copy from the host has no place in a graph here */
    if (d->failed || !bytes)
        return;
    open_memory(d);
    memcpy(dst, src, bytes);
    close_memory(d);
}

void lcu_write(lcu_device *d, void *dst, const void *src, size_t bytes)
{
    copy(d, dst, src, bytes);
}

void lcu_write_rows(lcu_device *d, const lcu_rows *r)
{
    for (size_t i = 0; i < r->count; i++)
        copy(d, (char *)r->dst + i * r->dst_stride, (const char *)r->src + i * r->src_stride, r->bytes);
}

void lcu_read(lcu_device *d, void *dst, const void *src, size_t bytes)
{
    copy(d, dst, src, bytes);
}

static void run_thread(uint32_t number, void *argument)
{
    const launch *l = argument;
    threadIdx.x = number;
    ((void (*)(const void *))l->kernel)(l->argument);
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
static int is_launchable(const launch *l)
{
    return l->grid.x && l->grid.y && l->grid.z && l->grid.x <= INT32_MAX && l->grid.y <= MOST_PLANE &&
           l->grid.z <= MOST_PLANE && l->grid.threads && l->grid.threads <= LCU_MOST_FIBRES &&
           l->grid.shared <= SHARED;
}

/* Nobody may count on what a block before left in its memory, nor go beyond what was asked for. */
static void spoil_block_memory(uint32_t shared)
{
    ASAN_UNPOISON_MEMORY_REGION(lcu_block_memory, sizeof lcu_block_memory);
    memset(lcu_block_memory, 0xff, shared);   /* NaN */
    ASAN_POISON_MEMORY_REGION((char *)lcu_block_memory + shared, sizeof lcu_block_memory - shared);
}

static void run_replica(lcu_device *d, launch *l, uint32_t replica)
{
    const lcu_grid g = l->grid;
    for (uint32_t y = 0; y < g.y && !d->failed; y++)
        for (uint32_t x = 0; x < g.x && !d->failed; x++) {
            blockIdx = (lcu_dim){ lcu_order_at(d->order, x, g.x), lcu_order_at(d->order, y, g.y), replica };
            if (g.shared)
                spoil_block_memory(g.shared);
            d->failed = !lcu_fibres_run(run_thread, l, g.threads, d->order);
        }
}

static void run(lcu_device *d, launch *l)
{
    blockDim = (lcu_dim){ l->grid.threads, 1, 1 };
    for (uint32_t z = 0; z < l->grid.z && !d->failed; z++) {
        const uint32_t replica = lcu_order_at(d->order, z, l->grid.z);
        if (lcu_has(&l->only, replica))
            run_replica(d, l, replica);
    }
}

static void perform(lcu_device *d, launch *l)
{
    pthread_mutex_lock(&one_kernel);
    open_memory(d);
    run(d, l);
    close_memory(d);
    pthread_mutex_unlock(&one_kernel);
}

static void record(lcu_device *d, const launch *l)
{
    lcu_graph *g = d->capturing;
    if (g->n == g->most) {
        launch *more = realloc(g->step, (g->most + 64) * sizeof *more);
        d->failed = !more;
        if (!more)
            return;
        g->step = more, g->most += 64;
    }
    g->step[g->n++] = *l;
}

void lcu_only(lcu_device *d, const lcu_set *replicas)
{
    d->only = *replicas;
}

const lcu_set *lcu_whom(const lcu_device *d)
{
    return &d->only;
}

void *lcu_stream(lcu_device *d)
{
    return d;
}

void lcu_fail(lcu_device *d)
{
    d->failed = 1;
}

void lcu_launch(lcu_device *d, lcu_entry kernel, lcu_grid grid, const void *argument, size_t bytes)
{
    launch l = { .kernel = kernel, .grid = grid, .only = d->only, .bytes = bytes };
    if (bytes > sizeof l.argument || !is_launchable(&l))
        d->failed = 1;
    if (d->failed)
        return;
    memcpy(l.argument, argument, bytes);
    if (d->capturing)
        record(d, &l);
    else
        perform(d, &l);
}

void lcu_capture_begin(lcu_device *d)
{
    d->capturing = calloc(1, sizeof *d->capturing);
    d->failed = d->failed || !d->capturing;
}

lcu_graph *lcu_capture_end(lcu_device *d)
{
    lcu_graph *g = d->capturing;
    d->capturing = NULL;
    if (!d->failed)
        return g;
    lcu_graph_free(d, g);
    return NULL;
}

void lcu_replay(lcu_device *d, lcu_graph *g)
{
    for (size_t i = 0; i < g->n && !d->failed; i++)
        perform(d, &g->step[i]);
}

void lcu_graph_free(lcu_device *d, lcu_graph *g)
{
    (void)d;
    if (g)
        free(g->step);
    free(g);
}

ltc_status lcu_finish(lcu_device *d, ltc_error *err)
{
    const int failed = d->failed;
    d->failed = 0;
    return failed ? ltc_fail(err, LTC_EDEVICE, "the emulated device failed in its work") : LTC_OK;
}
