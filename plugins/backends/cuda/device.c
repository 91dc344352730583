/* Owns a CUDA device: its stream, and its first failure. Everything that calls CUDA's runtime is here. */
#include "device.h"

#include <stdlib.h>

#include <cuda_runtime_api.h>

#include "kernels.h"

struct lcu_device {
    int          number, pad;
    cudaStream_t stream;
    cudaError_t  error;                       /* the first since lcu_finish; in what, and its words */
    const char  *during, *why;
    uint64_t     bytes;
    uint32_t     shared, reserved;
    lcu_set      only;
    char         text[160];
};

struct lcu_graph {
    cudaGraphExec_t exec;
};

/* What came of a call: of those that fail the first is kept. */
static void note(lcu_device *d, cudaError_t e, const char *during)
{
    if (e && !d->error)
        d->error = e, d->during = during, d->why = cudaGetErrorString(e);
}

bool lcu_enter(lcu_device *d)
{
    if (!d->error)
        note(d, cudaSetDevice(d->number), "being chosen");
    return !d->error;
}

/* The runtime may read pageable memory of the host after a copy from it has returned, and write it likewise.
 * A fault of a kernel comes to light here too. */
static void wait_for(lcu_device *d)
{
    if (!d->error)
        note(d, cudaStreamSynchronize(d->stream), "its work");
}

static ltc_status failed(cudaError_t e, const char *during, const char *why, ltc_error *err)
{
    return ltc_fail(err, e == cudaErrorMemoryAllocation ? LTC_ENOMEM : LTC_EDEVICE,
                    "the CUDA device failed in %s: %s", during, why);
}

/* Code for other architectures than those of the build is translated by the driver, whose version then
 * counts. */
static ltc_status describe(lcu_device *d, ltc_error *err)
{
    struct cudaDeviceProp prop;
    int driver = 0, runtime = 0;
    cudaError_t e = cudaGetDeviceProperties(&prop, d->number);
    if (!e)
        e = cudaDriverGetVersion(&driver);
    if (!e)
        e = cudaRuntimeGetVersion(&runtime);
    if (e)
        return failed(e, "saying what it is", cudaGetErrorString(e), err);
    if (prop.major < 8)
        return ltc_fail(err, LTC_EUNSUPPORTED, "CUDA device %d (%s) has compute capability %d.%d, and this "
                        "backend needs 8.0: choose another device or another backend", d->number, prop.name,
                        prop.major, prop.minor);
    d->bytes = prop.totalGlobalMem;
    d->shared = (uint32_t)prop.sharedMemPerBlockOptin;
    const int n = snprintf(d->text, sizeof d->text, "cc-%d.%d shared-%u nvcc-%s runtime-%d.%d", prop.major,
                           prop.minor, d->shared, lcu_compiler(), runtime / 1000, runtime % 1000 / 10);
    if (prop.major > 9 && n > 0 && (size_t)n < sizeof d->text)
        snprintf(d->text + n, sizeof d->text - (size_t)n, " driver-%d.%d", driver / 1000, driver % 1000 / 10);
    return LTC_OK;
}

static ltc_status find(int64_t number, ltc_error *err)
{
    int n = 0;
    const cudaError_t e = cudaGetDeviceCount(&n);
    if (e || !n)
        return ltc_fail(err, LTC_EDEVICE, "no CUDA device: %s; choose another backend, such as cpu-blas",
                        e ? cudaGetErrorString(e) : "there is none in this machine");
    if (number >= n)
        return ltc_fail(err, LTC_EDEVICE, "no CUDA device %lld: this machine has %d, numbered from 0",
                        (long long)number, n);
    return LTC_OK;
}

ltc_status lcu_device_open(int64_t number, lcu_device **device, ltc_error *err)
{
    ltc_status st = find(number, err);
    if (st)
        return st;
    lcu_device *d = (lcu_device *)calloc(1, sizeof *d);
    if (!d)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a device");
    d->number = (int)number;
    st = describe(d, err);
    if (!st && lcu_enter(d))
        note(d, cudaStreamCreateWithFlags(&d->stream, cudaStreamNonBlocking), "making a stream");
    if (!st && d->error)
        st = failed(d->error, d->during, d->why, err);
    if (st)
        free(d);
    else
        *device = d;
    return st;
}

void lcu_device_close(lcu_device *d)
{
    if (!d)
        return;
    cudaSetDevice(d->number);
    cudaStreamDestroy(d->stream);
    free(d);
}

const char *lcu_device_text(const lcu_device *d)
{
    return d->text;
}

uint64_t lcu_device_bytes(const lcu_device *d)
{
    return d->bytes;
}

uint32_t lcu_device_shared(const lcu_device *d)
{
    return d->shared;
}

/* Too little memory is an answer, and no failure of the device. */
void *lcu_alloc(lcu_device *d, size_t bytes)
{
    void *p = NULL;
    if (!lcu_enter(d))
        return NULL;
    const cudaError_t e = cudaMalloc(&p, bytes ? bytes : 1);
    if (e == cudaErrorMemoryAllocation)
        cudaGetLastError();
    else
        note(d, e, "an allocation");
    if (!e)
        note(d, cudaMemsetAsync(p, 0, bytes, d->stream), "clearing its memory");
    return p;
}

void lcu_free(lcu_device *d, void *p)
{
    if (!p)
        return;
    cudaSetDevice(d->number);
    cudaFree(p);                              /* waits for what uses it */
}

void lcu_set_bytes(lcu_device *d, void *dst, uint8_t value, size_t bytes)
{
    if (lcu_enter(d))
        note(d, cudaMemsetAsync(dst, value, bytes, d->stream), "setting its memory");
}

/* Rows are one copy, however many replicas there are: each call has its price. A row by itself may be longer
 * than rows may lie apart. */
static cudaError_t send(lcu_device *d, const lcu_rows *r)
{
    if (r->count == 0)
        return cudaSuccess;
    if (r->count == 1)
        return cudaMemcpyAsync(r->dst, r->src, r->bytes, cudaMemcpyHostToDevice, d->stream);
    return cudaMemcpy2DAsync(r->dst, r->dst_stride, r->src, r->src_stride, r->bytes, r->count,
                             cudaMemcpyHostToDevice, d->stream);
}

/* Waits after a failure too: what was sent before it may still be read. */
void lcu_write_all(lcu_device *d, const lcu_rows *each, size_t n)
{
    if (!lcu_enter(d))
        return;
    for (size_t i = 0; i < n && !d->error; i++)
        note(d, send(d, &each[i]), "a copy to it");
    note(d, cudaStreamSynchronize(d->stream), "its work");
}

void lcu_write(lcu_device *d, void *dst, const void *src, size_t bytes)
{
    const lcu_rows one = { .dst = dst, .src = src, .bytes = bytes, .count = 1 };
    lcu_write_all(d, &one, 1);
}

void lcu_read(lcu_device *d, void *dst, const void *src, size_t bytes)
{
    if (lcu_enter(d))
        note(d, cudaMemcpyAsync(dst, src, bytes, cudaMemcpyDeviceToHost, d->stream), "a copy from it");
    wait_for(d);
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
    return d->stream;
}

void lcu_fail(lcu_device *d, const char *during, const char *why)
{
    if (!d->error)
        d->error = cudaErrorUnknown, d->during = during, d->why = why;
}

/* A block has 48 KiB unless its kernel was told that it may have more. */
static void allow(lcu_device *d, const void *kernel, uint32_t shared)
{
    if (shared > 48 << 10)
        note(d, cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, (int)shared),
             "giving a block memory");
}

void lcu_launch(lcu_device *d, lcu_entry kernel, lcu_grid grid, const void *argument, size_t bytes)
{
    (void)bytes;
    const void *entry = (const void *)(uintptr_t)kernel;
    const dim3 blocks = { grid.x, grid.y, grid.z }, threads = { grid.threads, 1, 1 };
    void *arguments[2] = { (void *)(uintptr_t)argument, &d->only };
    if (lcu_enter(d))
        allow(d, entry, grid.shared);
    if (!d->error)
        note(d, cudaLaunchKernel(entry, blocks, threads, arguments, grid.shared, d->stream),
             "launching a kernel");
}

/* Relaxed, since a library may allocate; lcu_rehearse has loaded what there is. */
void lcu_capture_begin(lcu_device *d)
{
    if (lcu_enter(d))
        note(d, cudaStreamBeginCapture(d->stream, cudaStreamCaptureModeRelaxed), "beginning a graph");
}

lcu_graph *lcu_capture_end(lcu_device *d)
{
    lcu_graph *g = (lcu_graph *)calloc(1, sizeof *g);
    cudaGraph_t graph = NULL;
    cudaSetDevice(d->number);
    note(d, cudaStreamEndCapture(d->stream, &graph), "capturing a graph");     /* even after a failure */
    if (g && !d->error)
        note(d, cudaGraphInstantiate(&g->exec, graph, 0), "making a graph");
    if (graph)
        cudaGraphDestroy(graph);
    if (!d->error)
        return g;
    free(g);
    return NULL;
}

void lcu_replay(lcu_device *d, lcu_graph *g)
{
    if (lcu_enter(d))
        note(d, cudaGraphLaunch(g->exec, d->stream), "launching a graph");
}

void lcu_graph_free(lcu_device *d, lcu_graph *g)
{
    if (!g)
        return;
    cudaSetDevice(d->number);
    cudaGraphExecDestroy(g->exec);
    free(g);
}

ltc_status lcu_finish(lcu_device *d, ltc_error *err)
{
    if (lcu_enter(d))
        wait_for(d);
    const cudaError_t e = d->error;
    d->error = cudaSuccess;
    cudaGetLastError();                       /* of calls that a library may make */
    return e ? failed(e, d->during, d->why, err) : LTC_OK;
}
