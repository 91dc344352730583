/* Convolutions for the emulated device, by the definition: each call is one launch of one thread. As the
 * library does, it looks at the shapes, at how large the workspace is, and uses all of it. The library's
 * kernels may be chosen by where tensors begin: here they begin as a device's memory does, or are refused. */
#include "cudnn.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

/* Bytes that every call wants; where memory begins; of the device's memory, which a small one has not. */
enum { SPACE = 1000, ALIGNMENT = 256, HELD = 65 << 20 };

struct emulated_handle { cudaStream_t stream; void *held; };
struct emulated_shape { int n, c, h, w; };
struct emulated_how { int pad, stride, dilation, groups, math; };

typedef struct emulated_shape shape;
typedef enum { FORWARD, DATA, FILTER, BIAS } what;

/* One call: x and y with their shapes, w's, and what is written. */
typedef struct work {
    shape x, w, y;
    struct emulated_how how;
    const float *in, *other;
    float       *out;
    void        *space;
    float        beta;
    uint32_t     what;
} work;

size_t cudnnGetVersion(void)
{
    return CUDNN_VERSION;
}

const char *cudnnGetErrorString(cudnnStatus_t st)
{
    return st ? "an emulated failure" : "success";
}

static cudnnStatus_t create(void *to, size_t bytes)
{
    void *made = calloc(1, bytes);
    memcpy(to, &made, sizeof made);
    return made ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_BAD_PARAM;
}

static cudnnStatus_t destroy(void *it)
{
    free(it);
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnDestroy(cudnnHandle_t h)
{
    if (h->held)
        cudaFree(h->held);
    return destroy(h);
}

cudnnStatus_t cudnnCreate(cudnnHandle_t *h)
{
    const cudnnStatus_t st = create(h, sizeof **h);
    if (st || !cudaMalloc(&(*h)->held, HELD))
        return st;
    cudnnDestroy(*h);
    *h = NULL;
    return CUDNN_STATUS_ALLOC_FAILED;
}

cudnnStatus_t cudnnCreateTensorDescriptor(cudnnTensorDescriptor_t *t) { return create(t, sizeof **t); }
cudnnStatus_t cudnnDestroyTensorDescriptor(cudnnTensorDescriptor_t t) { return destroy(t); }
cudnnStatus_t cudnnCreateFilterDescriptor(cudnnFilterDescriptor_t *f) { return create(f, sizeof **f); }
cudnnStatus_t cudnnDestroyFilterDescriptor(cudnnFilterDescriptor_t f) { return destroy(f); }
cudnnStatus_t cudnnCreateConvolutionDescriptor(cudnnConvolutionDescriptor_t *how)
{
    return create(how, sizeof **how);
}
cudnnStatus_t cudnnDestroyConvolutionDescriptor(cudnnConvolutionDescriptor_t how) { return destroy(how); }

cudnnStatus_t cudnnSetStream(cudnnHandle_t h, cudaStream_t stream)
{
    h->stream = stream;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetTensor4dDescriptor(cudnnTensorDescriptor_t t, cudnnTensorFormat_t format,
                                         cudnnDataType_t type, int n, int c, int h, int w)
{
    (void)format, (void)type;
    *t = (shape){ n, c, h, w };
    return n > 0 && c > 0 && h > 0 && w > 0 ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_BAD_PARAM;
}

cudnnStatus_t cudnnSetFilter4dDescriptor(cudnnFilterDescriptor_t f, cudnnDataType_t type,
                                         cudnnTensorFormat_t format, int k, int c, int h, int w)
{
    return cudnnSetTensor4dDescriptor(f, format, type, k, c, h, w);
}

cudnnStatus_t cudnnSetConvolution2dDescriptor(cudnnConvolutionDescriptor_t how, int pad_h, int pad_w, int u,
                                              int v, int dilation_h, int dilation_w,
                                              cudnnConvolutionMode_t mode, cudnnDataType_t type)
{
    (void)type;
    how->pad = pad_h, how->stride = u, how->dilation = dilation_h, how->groups = 1;
    return pad_h == pad_w && u == v && dilation_h == dilation_w && mode == CUDNN_CROSS_CORRELATION
               ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_NOT_SUPPORTED;
}

cudnnStatus_t cudnnSetConvolutionGroupCount(cudnnConvolutionDescriptor_t how, int groups)
{
    how->groups = groups;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetConvolutionMathType(cudnnConvolutionDescriptor_t how, cudnnMathType_t math)
{
    how->math = (int)math;
    return CUDNN_STATUS_SUCCESS;
}

static int out_of(int in, int kernel, const struct emulated_how *how)
{
    return (in + 2 * how->pad - how->dilation * (kernel - 1) - 1) / how->stride + 1;
}

/* Do the shapes belong together? Else the caller is wrong. Depthwise is a shape that it does not have; what
 * it has for kernels of 7 x 7 was not installed. */
static cudnnStatus_t look(const shape *x, const shape *w, const shape *y, const struct emulated_how *how)
{
    if (x->n != y->n || x->c != w->c * how->groups || y->c != w->n || w->n % how->groups ||
        y->h != out_of(x->h, w->h, how) || y->w != out_of(x->w, w->w, how) || how->math != CUDNN_FMA_MATH)
        return CUDNN_STATUS_BAD_PARAM;
    if (w->h == 7)
        return CUDNN_STATUS_NOT_SUPPORTED_SUBLIBRARY_UNAVAILABLE;
    return how->groups > 1 && w->c == 1 ? CUDNN_STATUS_NOT_SUPPORTED_SHAPE : CUDNN_STATUS_SUCCESS;
}

static cudnnStatus_t tell_space(cudnnStatus_t st, size_t *bytes)
{
    *bytes = st ? 0 : SPACE;
    return st;
}

cudnnStatus_t cudnnGetConvolutionForwardWorkspaceSize(cudnnHandle_t h, cudnnTensorDescriptor_t x,
                                                      cudnnFilterDescriptor_t w,
                                                      cudnnConvolutionDescriptor_t how,
                                                      cudnnTensorDescriptor_t y,
                                                      cudnnConvolutionFwdAlgo_t algorithm, size_t *bytes)
{
    (void)h, (void)algorithm;
    return tell_space(look(x, w, y, how), bytes);
}

cudnnStatus_t cudnnGetConvolutionBackwardDataWorkspaceSize(cudnnHandle_t h, cudnnFilterDescriptor_t w,
                                                           cudnnTensorDescriptor_t dy,
                                                           cudnnConvolutionDescriptor_t how,
                                                           cudnnTensorDescriptor_t dx,
                                                           cudnnConvolutionBwdDataAlgo_t algorithm,
                                                           size_t *bytes)
{
    (void)h, (void)algorithm;
    return tell_space(look(dx, w, dy, how), bytes);
}

cudnnStatus_t cudnnGetConvolutionBackwardFilterWorkspaceSize(cudnnHandle_t h, cudnnTensorDescriptor_t x,
                                                             cudnnTensorDescriptor_t dy,
                                                             cudnnConvolutionDescriptor_t how,
                                                             cudnnFilterDescriptor_t dw,
                                                             cudnnConvolutionBwdFilterAlgo_t algorithm,
                                                             size_t *bytes)
{
    (void)h, (void)algorithm;
    return tell_space(look(x, dw, dy, how), bytes);
}

static size_t at(const shape *s, int n, int c, int y, int x)
{
    return (((size_t)n * (size_t)s->c + (size_t)c) * (size_t)s->h + (size_t)y) * (size_t)s->w + (size_t)x;
}

/* Each product of the convolution, added where it belongs. */
static void add_product(const work *k, int n, int out, int oy, int ox, int c, int ky, int kx)
{
    const int outputs = k->w.n / k->how.groups, channel = out / outputs * k->w.c + c;
    const int y = oy * k->how.stride - k->how.pad + ky * k->how.dilation,
              x = ox * k->how.stride - k->how.pad + kx * k->how.dilation;
    if (y < 0 || y >= k->x.h || x < 0 || x >= k->x.w)
        return;
    const size_t of_x = at(&k->x, n, channel, y, x), of_y = at(&k->y, n, out, oy, ox),
                 of_w = at(&k->w, out, c, ky, kx);
    if (k->what == FORWARD)
        k->out[of_y] += k->in[of_x] * k->other[of_w];
    else if (k->what == DATA)
        k->out[of_x] += k->in[of_y] * k->other[of_w];
    else
        k->out[of_w] += k->in[of_x] * k->other[of_y];
}

static void add_products(const work *k)
{
    for (int n = 0; n < k->y.n; n++)
        for (int out = 0; out < k->y.c; out++)
            for (int oy = 0; oy < k->y.h; oy++)
                for (int ox = 0; ox < k->y.w; ox++)
                    for (int c = 0; c < k->w.c; c++)
                        for (int ky = 0; ky < k->w.h; ky++)
                            for (int kx = 0; kx < k->w.w; kx++)
                                add_product(k, n, out, oy, ox, c, ky, kx);
}

static void add_bias(const work *k)
{
    for (int n = 0; n < k->y.n; n++)
        for (int c = 0; c < k->y.c; c++)
            for (int y = 0; y < k->y.h; y++)
                for (int x = 0; x < k->y.w; x++)
                    k->out[at(&k->y, n, c, y, x)] += k->in[c];
}

/* The kernel: its only thread. With a beta of 0 nothing that was there is read. */
static size_t perform(const void *argument)
{
    const work *k = argument;
    if (!k)
        return sizeof *k;
    const shape *to = k->what == DATA ? &k->x : k->what == FILTER ? &k->w : &k->y;
    if (k->beta <= 0)
        memset(k->out, 0, at(to, to->n, 0, 0, 0) * sizeof *k->out);
    if (k->space)
        memset(k->space, 0xff, SPACE);
    if (k->what == BIAS)
        add_bias(k);
    else
        add_products(k);
    return sizeof *k;
}

static int is_aligned(const work *k)
{
    return !(((uintptr_t)k->in | (uintptr_t)k->other | (uintptr_t)k->out | (uintptr_t)k->space) % ALIGNMENT);
}

/* A launch is for replicas by their numbers; this one is for the caller's tensors. */
static cudnnStatus_t launch(cudnnHandle_t h, const work *k, size_t bytes)
{
    const cudnnStatus_t st = k->what == BIAS ? CUDNN_STATUS_SUCCESS : look(&k->x, &k->w, &k->y, &k->how);
    if (st || (k->what != BIAS && bytes < SPACE) || !is_aligned(k))
        return st ? st : CUDNN_STATUS_BAD_PARAM;
    work argument = *k;
    lcu_set first = { { 1 } };
    const dim3 one = { 1, 1, 1 };
    return cudaLaunchKernel((const void *)(uintptr_t)perform, one, one, (void *[]){ &argument, &first }, 0,
                            h->stream) ? CUDNN_STATUS_BAD_PARAM : CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnConvolutionForward(cudnnHandle_t h, const void *alpha, cudnnTensorDescriptor_t x_shape,
                                      const void *x, cudnnFilterDescriptor_t w_shape, const void *w,
                                      cudnnConvolutionDescriptor_t how, cudnnConvolutionFwdAlgo_t algorithm,
                                      void *space, size_t bytes, const void *beta,
                                      cudnnTensorDescriptor_t y_shape, void *y)
{
    (void)alpha, (void)algorithm;
    const work k = { *x_shape, *w_shape, *y_shape, *how, x, w, y, space, *(const float *)beta, FORWARD };
    return launch(h, &k, bytes);
}

cudnnStatus_t cudnnConvolutionBackwardData(cudnnHandle_t h, const void *alpha,
                                           cudnnFilterDescriptor_t w_shape,
                                           const void *w, cudnnTensorDescriptor_t dy_shape, const void *dy,
                                           cudnnConvolutionDescriptor_t how,
                                           cudnnConvolutionBwdDataAlgo_t algorithm,
                                           void *space, size_t bytes, const void *beta,
                                           cudnnTensorDescriptor_t dx_shape, void *dx)
{
    (void)alpha, (void)algorithm;
    const work k = { *dx_shape, *w_shape, *dy_shape, *how, dy, w, dx, space, *(const float *)beta, DATA };
    return launch(h, &k, bytes);
}

cudnnStatus_t cudnnConvolutionBackwardFilter(cudnnHandle_t h, const void *alpha,
                                             cudnnTensorDescriptor_t x_shape,
                                             const void *x, cudnnTensorDescriptor_t dy_shape, const void *dy,
                                             cudnnConvolutionDescriptor_t how,
                                             cudnnConvolutionBwdFilterAlgo_t algorithm,
                                             void *space, size_t bytes,
                                             const void *beta, cudnnFilterDescriptor_t dw_shape, void *dw)
{
    (void)alpha, (void)algorithm;
    const work k = { *x_shape, *dw_shape, *dy_shape, *how, x, dy, dw, space, *(const float *)beta, FILTER };
    return launch(h, &k, bytes);
}

cudnnStatus_t cudnnAddTensor(cudnnHandle_t h, const void *alpha, cudnnTensorDescriptor_t a_shape,
                             const void *a, const void *beta, cudnnTensorDescriptor_t c_shape, void *c)
{
    (void)alpha, (void)beta;
    const work k = { *c_shape, *a_shape, *c_shape, { 0 }, a, NULL, c, NULL, 1, BIAS };
    return launch(h, &k, 0);
}
