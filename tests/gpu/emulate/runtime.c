/* Owns devices that are none: their memory is the host's, their kernels run here. Devices 0 to 2 run threads
 * and blocks upwards, downwards and in mixed order: bits that differ between them show a race. 3 is too old,
 * 4 breaks at its first kernel, and 5 is small.
 *
 * It does as late and refuses as early as a device may: what is asynchronous happens when its stream is
 * waited for, and not before; no kernel is loaded in a capture; a thread has no device until it sets one.
 * Under AddressSanitizer each tensor has fences around it, and no byte of any is the host's to touch. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "poison.h"

enum { DEVICES = 6, OLD = 3, BREAKING = 4, SMALL = 5, ALIGNMENT = 256, JUNK = 1 << 16 };
enum { MEMORY = 1 << 30, SMALL_MEMORY = 1 << 26 };

/* Memory begins at a multiple of ALIGNMENT. */
typedef struct piece { struct piece *next; void *at, *whole; size_t bytes; } piece;

/* Something to be done on a stream: rows copied, or set to `value` where src is NULL; a kernel; a graph. */
typedef struct step {
    void       *dst;
    const void *src;
    size_t      dst_pitch, src_pitch, width, height;
    int         value;
    lcu_work   *work;
    cudaGraph_t graph;
} step;

typedef struct steps { step *at; size_t n, most; } steps;

/* uses: who holds it, and launches that have not happened. */
struct emulated_graph { steps list; unsigned uses; };

struct emulated_stream {
    cudaStream_t next;
    int          device;
    steps        queue;
    cudaGraph_t  capturing;                   /* NULL: nothing is captured */
    bool         spoilt;                      /* the capture has failed */
};

static struct {
    pthread_mutex_t lock;                     /* one call at a time, and so one kernel */
    struct { piece *memory; size_t used; cudaStream_t stream; cudaError_t broken; } device[DEVICES];
} all = { .lock = PTHREAD_MUTEX_INITIALIZER };

static _Thread_local int current = -1;
static _Thread_local cudaError_t last;

static void begin(void)
{
    pthread_mutex_lock(&all.lock);
}

static cudaError_t end(cudaError_t e)
{
    pthread_mutex_unlock(&all.lock);
    last = e ? e : last;
    return e;
}

static cudaError_t check(const struct emulated_stream *s)
{
    return current < 0 ? cudaErrorInvalidDevice
           : s->device != current ? cudaErrorInvalidResourceHandle : all.device[current].broken;
}

static size_t memory_of(int device)
{
    return device == SMALL ? SMALL_MEMORY : MEMORY;
}

cudaError_t cudaGetDeviceCount(int *n)
{
    *n = DEVICES;
    return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp *p, int device)
{
    *p = (struct cudaDeviceProp){ "emulated", memory_of(device), LCU_MOST_SHARED, device == OLD ? 7 : 9, 0 };
    return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int *version)
{
    *version = 12000;                         /* as old as may be */
    return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int *version)
{
    *version = 12000;
    return cudaSuccess;
}

cudaError_t cudaSetDevice(int device)
{
    const bool there = device >= 0 && device < DEVICES;
    current = there ? device : current;
    last = there ? last : cudaErrorInvalidDevice;
    return there ? cudaSuccess : cudaErrorInvalidDevice;
}

cudaError_t cudaGetLastError(void)
{
    const cudaError_t e = last;
    last = cudaSuccess;
    return e;
}

const char *cudaGetErrorString(cudaError_t e)
{
    return e == cudaErrorIllegalAddress ? "an illegal memory access was encountered" : "an emulated failure";
}

static void open_memory(int device)
{
    for (piece *b = all.device[device].memory; b; b = b->next)
        ASAN_UNPOISON_MEMORY_REGION(b->at, b->bytes);
}

static void close_memory(int device)
{
    for (piece *b = all.device[device].memory; b; b = b->next)
        ASAN_POISON_MEMORY_REGION(b->at, b->bytes);
}

/* False: there is no memory for it. */
static bool add(steps *to, const step *s)
{
    if (to->n == to->most) {
        step *more = realloc(to->at, (to->most + 64) * sizeof *more);
        if (!more)
            return false;
        to->at = more, to->most += 64;
    }
    to->at[to->n++] = *s;
    return true;
}

static void drop_graph(cudaGraph_t g)
{
    if (--g->uses)
        return;
    for (size_t i = 0; i < g->list.n; i++)
        free(g->list.at[i].work);
    free(g->list.at);
    free(g);
}

static cudaError_t do_step(int device, const step *s)
{
    for (size_t row = 0; row < s->height; row++) {
        char *dst = (char *)s->dst + row * s->dst_pitch;
        if (s->src)
            memcpy(dst, (const char *)s->src + row * s->src_pitch, s->width);
        else
            memset(dst, s->value, s->width);
    }
    cudaError_t e = cudaSuccess;
    if (s->work)
        e = device == BREAKING ? cudaErrorIllegalAddress
            : lcu_work_run(s->work, (lcu_order)(device % 3)) ? cudaSuccess : cudaErrorUnknown;
    for (size_t i = 0; s->graph && i < s->graph->list.n && !e; i++)
        e = do_step(device, &s->graph->list.at[i]);
    return e;
}

/* All that waits on the stream; a failure is the device's from then on. */
static cudaError_t perform(cudaStream_t s)
{
    cudaError_t *broken = &all.device[s->device].broken;
    open_memory(s->device);
    for (size_t i = 0; i < s->queue.n; i++) {
        const step *of = &s->queue.at[i];
        *broken = *broken ? *broken : do_step(s->device, of);
        free(of->work);
        if (of->graph)
            drop_graph(of->graph);
    }
    close_memory(s->device);
    s->queue.n = 0;
    return *broken;
}

static cudaError_t enqueue(cudaStream_t s, const step *of)
{
    return add(s->capturing ? &s->capturing->list : &s->queue, of) ? cudaSuccess : cudaErrorUnknown;
}

/* Of the host's memory and the like a capture here knows nothing. */
static cudaError_t spoil(cudaStream_t s)
{
    s->spoilt = true;
    return cudaErrorStreamCaptureUnsupported;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *s, unsigned flags)
{
    (void)flags;
    begin();
    *s = current < 0 ? NULL : calloc(1, sizeof **s);
    if (!*s)
        return end(cudaErrorInvalidDevice);
    (*s)->device = current;
    (*s)->next = all.device[current].stream;
    all.device[current].stream = *s;
    return end(cudaSuccess);
}

cudaError_t cudaStreamDestroy(cudaStream_t s)
{
    begin();
    const cudaError_t e = perform(s);
    cudaStream_t *at = &all.device[s->device].stream;
    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    if (s->capturing)
        drop_graph(s->capturing);
    free(s->queue.at);
    free(s);
    return end(e);
}

cudaError_t cudaStreamSynchronize(cudaStream_t s)
{
    begin();
    const cudaError_t e = check(s);
    return end(e ? e : s->capturing ? spoil(s) : perform(s));
}

cudaError_t cudaMalloc(void **p, size_t bytes)
{
    begin();
    if (current < 0 || all.device[current].broken)
        return end(current < 0 ? cudaErrorInvalidDevice : all.device[current].broken);
    piece *b = bytes <= memory_of(current) - all.device[current].used ? calloc(1, sizeof *b) : NULL;
    void *whole = b ? calloc(1, bytes + ALIGNMENT) : NULL;
    if (!whole) {
        free(b);
        return end(cudaErrorMemoryAllocation);
    }
    void *at = (char *)whole + (ALIGNMENT - (uintptr_t)whole % ALIGNMENT) % ALIGNMENT;
    *b = (piece){ all.device[current].memory, at, whole, bytes };
    all.device[current].memory = b;
    all.device[current].used += bytes;
    memset(at, 0xff, bytes < JUNK ? bytes : JUNK);             /* nobody may count on zeros */
    ASAN_POISON_MEMORY_REGION(at, bytes);
    *p = at;
    return end(cudaSuccess);
}

/* Waits for the whole device. */
cudaError_t cudaFree(void *p)
{
    begin();
    if (current < 0)
        return end(cudaErrorInvalidDevice);
    for (cudaStream_t s = all.device[current].stream; s; s = s->next)
        perform(s);
    for (piece **b = &all.device[current].memory; *b; b = &(*b)->next)
        if ((*b)->at == p) {
            piece *gone = *b;
            *b = gone->next;
            all.device[current].used -= gone->bytes;
            ASAN_UNPOISON_MEMORY_REGION(p, gone->bytes);
            free(gone->whole);
            free(gone);
            return end(all.device[current].broken);
        }
    return end(cudaErrorInvalidValue);
}

cudaError_t cudaMemsetAsync(void *p, int value, size_t bytes, cudaStream_t s)
{
    begin();
    const step of = { .dst = p, .value = value, .width = bytes, .height = 1 };
    const cudaError_t e = check(s);
    return end(e ? e : enqueue(s, &of));
}

cudaError_t cudaMemcpyAsync(void *dst, const void *src, size_t bytes, cudaMemcpyKind kind, cudaStream_t s)
{
    return cudaMemcpy2DAsync(dst, bytes, src, bytes, bytes, 1, kind, s);
}

cudaError_t cudaMemcpy2DAsync(void *dst, size_t dst_pitch, const void *src, size_t src_pitch, size_t width,
                              size_t height, cudaMemcpyKind kind, cudaStream_t s)
{
    (void)kind;
    begin();
    const step of = { .dst = dst, .src = src, .dst_pitch = dst_pitch, .src_pitch = src_pitch, .width = width,
                      .height = height };
    cudaError_t e = check(s);
    if (!e && (width > dst_pitch || width > src_pitch || dst_pitch > INT32_MAX || src_pitch > INT32_MAX))
        e = cudaErrorInvalidValue;
    return end(e ? e : s->capturing ? spoil(s) : enqueue(s, &of));
}

cudaError_t cudaFuncSetAttribute(const void *kernel, cudaFuncAttribute what, int value)
{
    begin();
    lcu_known *of = lcu_known_find(kernel);
    if (!of || what != cudaFuncAttributeMaxDynamicSharedMemorySize || value < 0 || value > LCU_MOST_SHARED)
        return end(of ? cudaErrorInvalidValue : cudaErrorUnknown);
    of->shared = (size_t)value;
    return end(cudaSuccess);
}

cudaError_t cudaLaunchKernel(const void *kernel, dim3 grid, dim3 block, void **arguments, size_t shared,
                             cudaStream_t s)
{
    begin();
    lcu_known *of = lcu_known_find(kernel);
    lcu_work *work = of ? calloc(1, sizeof *work) : NULL;
    cudaError_t e = work ? check(s) : cudaErrorUnknown;
    if (!e)
        e = lcu_work_make(work, kernel, grid, block, arguments, shared, of->shared);
    if (!e && s->capturing && !of->loaded)
        e = spoil(s);
    if (of)
        of->loaded = true;
    if (!e)
        e = enqueue(s, &(step){ .work = work });
    if (e)
        free(work);
    return end(e);
}

cudaError_t cudaStreamBeginCapture(cudaStream_t s, cudaStreamCaptureMode mode)
{
    (void)mode;
    begin();
    cudaError_t e = check(s);
    if (!e && s->capturing)
        e = cudaErrorIllegalState;
    s->capturing = e ? s->capturing : calloc(1, sizeof *s->capturing);
    if (!e && !s->capturing)
        return end(cudaErrorUnknown);
    if (!e)
        s->capturing->uses = 1, s->spoilt = false;
    return end(e);
}

cudaError_t cudaStreamEndCapture(cudaStream_t s, cudaGraph_t *graph)
{
    begin();
    *graph = NULL;
    if (!s->capturing)
        return end(cudaErrorIllegalState);
    if (s->spoilt)
        drop_graph(s->capturing);
    else
        *graph = s->capturing;
    s->capturing = NULL;
    return end(s->spoilt ? cudaErrorStreamCaptureInvalidated : cudaSuccess);
}

/* Here it is the same thing once more. */
cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long flags)
{
    (void)flags;
    begin();
    graph->uses++;
    *exec = graph;
    return end(cudaSuccess);
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph)
{
    begin();
    drop_graph(graph);
    return end(cudaSuccess);
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec)
{
    return cudaGraphDestroy(exec);
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t s)
{
    begin();
    cudaError_t e = check(s);
    if (!e)
        e = s->capturing ? spoil(s) : enqueue(s, &(step){ .graph = exec });
    exec->uses += !e;
    return end(e);
}
