/* Owns cuDNN's handle. */
#include "dnn.h"

#include <stdlib.h>

#include <cudnn.h>

/* Deterministic ones. */
#define FORWARD CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM
#define INPUT   CUDNN_CONVOLUTION_BWD_DATA_ALGO_1
#define WEIGHT  CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1

const bool lcu_has_dnn = true;

struct lcu_dnn {
    lcu_device   *device;
    cudnnHandle_t handle;                     /* NULL: nothing was asked yet */
    char          text[40];
};

/* What a call is about. */
typedef struct shapes {
    cudnnTensorDescriptor_t      x, y, bias;
    cudnnFilterDescriptor_t      w;
    cudnnConvolutionDescriptor_t how;
} shapes;

static cudnnStatus_t make(shapes *s)
{
    *s = (shapes){ .x = NULL };
    cudnnStatus_t st = cudnnCreateTensorDescriptor(&s->x);
    if (!st)
        st = cudnnCreateTensorDescriptor(&s->y);
    if (!st)
        st = cudnnCreateTensorDescriptor(&s->bias);
    if (!st)
        st = cudnnCreateFilterDescriptor(&s->w);
    return st ? st : cudnnCreateConvolutionDescriptor(&s->how);
}

static void unmake(shapes *s)
{
    if (s->x)
        cudnnDestroyTensorDescriptor(s->x);
    if (s->y)
        cudnnDestroyTensorDescriptor(s->y);
    if (s->bias)
        cudnnDestroyTensorDescriptor(s->bias);
    if (s->w)
        cudnnDestroyFilterDescriptor(s->w);
    if (s->how)
        cudnnDestroyConvolutionDescriptor(s->how);
}

static cudnnStatus_t describe_tensor(cudnnTensorDescriptor_t t, uint32_t n, uint32_t c, uint32_t y,
                                     uint32_t x)
{
    return cudnnSetTensor4dDescriptor(t, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, (int)n, (int)c, (int)y, (int)x);
}

/* Products are rounded once, to fp32: no TF32. */
static cudnnStatus_t describe_how(cudnnConvolutionDescriptor_t how, const lcu_convolution *c)
{
    const int pad = (int)c->pad, stride = (int)c->stride, dilation = (int)c->dilation;
    cudnnStatus_t st = cudnnSetConvolution2dDescriptor(how, pad, pad, stride, stride, dilation, dilation,
                                                       CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT);
    if (!st)
        st = cudnnSetConvolutionGroupCount(how, (int)c->groups);
    return st ? st : cudnnSetConvolutionMathType(how, CUDNN_FMA_MATH);
}

/* To be unmade whatever comes out. */
static cudnnStatus_t describe(shapes *s, const lcu_convolution *c)
{
    const uint32_t channels = c->groups * c->channels, outputs = c->groups * c->outputs;
    cudnnStatus_t st = make(s);
    if (!st)
        st = describe_tensor(s->x, c->rows, channels, c->in_y, c->in_x);
    if (!st)
        st = describe_tensor(s->y, c->rows, outputs, c->out_y, c->out_x);
    if (!st)
        st = describe_tensor(s->bias, 1, outputs, 1, 1);
    if (!st)
        st = cudnnSetFilter4dDescriptor(s->w, CUDNN_DATA_FLOAT, CUDNN_TENSOR_NCHW, (int)outputs,
                                        (int)c->channels, (int)c->kernel_y, (int)c->kernel_x);
    return st ? st : describe_how(s->how, c);
}

static ltc_status failed(cudnnStatus_t st, ltc_error *err)
{
    return ltc_fail(err, LTC_EDEVICE, "cuDNN failed: %s; backend.convolution = \"own\" does without it",
                    cudnnGetErrorString(st));
}

ltc_status lcu_dnn_open(lcu_device *d, lcu_dnn **out, ltc_error *err)
{
    lcu_dnn *dnn = calloc(1, sizeof *dnn);
    const size_t version = cudnnGetVersion();
    if (!dnn)
        return ltc_fail(err, LTC_ENOMEM, "no memory for cuDNN");
    dnn->device = d;
    const size_t major = version < 90000 ? 1000 : 10000;         /* 8907, and then 90100 */
    snprintf(dnn->text, sizeof dnn->text, "cudnn-%zu.%zu.%zu", version / major, version % major / 100,
             version % 100);
    *out = dnn;
    return LTC_OK;
}

/* On the thread's device. */
static ltc_status make_handle(lcu_dnn *dnn, ltc_error *err)
{
    cudnnHandle_t h = NULL;
    if (dnn->handle)
        return LTC_OK;
    cudnnStatus_t st = cudnnCreate(&h);
    if (!st)
        st = cudnnSetStream(h, lcu_stream(dnn->device));
    if (!st)
        dnn->handle = h;
    else if (h)
        cudnnDestroy(h);
    return st ? failed(st, err) : LTC_OK;
}

void lcu_dnn_close(lcu_dnn *dnn)
{
    if (dnn && dnn->handle && lcu_enter(dnn->device))
        cudnnDestroy(dnn->handle);
    free(dnn);
}

const char *lcu_dnn_text(const lcu_dnn *dnn)
{
    return dnn->text;
}

/* Of the convolution. From cuDNN 9 on there are kinds of it; that the driver, the runtime or a part of the
 * library is missing is the machine's fault, on which no bits may depend. */
static bool is_refusal(cudnnStatus_t st)
{
#if CUDNN_VERSION >= 90000
    switch ((int)st) {
    case CUDNN_STATUS_NOT_SUPPORTED_INCOMPATIBLE_CUDA_DRIVER:
    case CUDNN_STATUS_NOT_SUPPORTED_INCOMPATIBLE_CUDART:
    case CUDNN_STATUS_NOT_SUPPORTED_RUNTIME_PREREQUISITE_MISSING:
    case CUDNN_STATUS_NOT_SUPPORTED_SUBLIBRARY_UNAVAILABLE: return false;
    default: return CUDNN_STATUS_CATEGORY((int)st) == CUDNN_STATUS_NOT_SUPPORTED;
    }
#else
    return st == CUDNN_STATUS_NOT_SUPPORTED;
#endif
}

/* The most that one of the three wants. */
static cudnnStatus_t ask_space(lcu_dnn *dnn, const shapes *s, uint64_t *bytes)
{
    size_t each[3] = { 0, 0, 0 };
    cudnnStatus_t st =
        cudnnGetConvolutionForwardWorkspaceSize(dnn->handle, s->x, s->w, s->how, s->y, FORWARD, &each[0]);
    if (!st)
        st = cudnnGetConvolutionBackwardDataWorkspaceSize(dnn->handle, s->w, s->y, s->how, s->x, INPUT,
                                                          &each[1]);
    if (!st)
        st = cudnnGetConvolutionBackwardFilterWorkspaceSize(dnn->handle, s->x, s->y, s->how, s->w, WEIGHT,
                                                            &each[2]);
    *bytes = each[0] > each[1] ? each[0] : each[1];
    *bytes = *bytes > each[2] ? *bytes : each[2];
    return st;
}

ltc_status lcu_dnn_ask(lcu_dnn *dnn, const lcu_convolution *c, bool *takes, uint64_t *bytes, ltc_error *err)
{
    shapes s;
    if (!lcu_enter(dnn->device))
        return lcu_finish(dnn->device, err);
    if (make_handle(dnn, err))
        return LTC_EDEVICE;
    cudnnStatus_t st = describe(&s, c);
    if (!st)
        st = ask_space(dnn, &s, bytes);
    unmake(&s);
    *takes = !st;
    return st && !is_refusal(st) ? failed(st, err) : LTC_OK;
}

typedef struct call { cudnnHandle_t by; const lcu_convolution *c; shapes s; lcu_workspace space; } call;

static const float one = 1, zero = 0;

static float *of_replica(lcu_floats t, uint32_t replica)
{
    return t.at + replica * t.stride;
}

static cudnnStatus_t forward(const call *k, uint32_t r)
{
    const float *x = of_replica(k->c->x, r), *w = of_replica(k->c->w, r);
    float *y = of_replica(k->c->y, r);
    const cudnnStatus_t st = cudnnConvolutionForward(k->by, &one, k->s.x, x, k->s.w, w, k->s.how, FORWARD,
                                                     k->space.at, k->space.bytes, &zero, k->s.y, y);
    if (st || !k->c->bias.at)
        return st;
    return cudnnAddTensor(k->by, &one, k->s.bias, of_replica(k->c->bias, r), &one, k->s.y, y);
}

static cudnnStatus_t input(const call *k, uint32_t r)
{
    const float *w = of_replica(k->c->w, r), *g = of_replica(k->c->y, r), *before = k->c->add ? &one : &zero;
    return cudnnConvolutionBackwardData(k->by, &one, k->s.w, w, k->s.y, g, k->s.how, INPUT, k->space.at,
                                        k->space.bytes, before, k->s.x, of_replica(k->c->x, r));
}

static cudnnStatus_t weight(const call *k, uint32_t r)
{
    const float *x = of_replica(k->c->x, r), *g = of_replica(k->c->y, r), *before = k->c->add ? &one : &zero;
    return cudnnConvolutionBackwardFilter(k->by, &one, k->s.x, x, k->s.y, g, k->s.how, WEIGHT, k->space.at,
                                          k->space.bytes, before, k->s.w, of_replica(k->c->w, r));
}

static void each_replica(lcu_dnn *dnn, const lcu_convolution *c, lcu_workspace w, uint32_t replicas,
                         cudnnStatus_t (*fn)(const call *k, uint32_t r))
{
    call k = { .by = dnn->handle, .c = c, .space = w };
    if (!lcu_enter(dnn->device))
        return;
    cudnnStatus_t st = describe(&k.s, c);
    for (uint32_t r = 0; r < replicas && !st; r++)
        if (lcu_has(lcu_whom(dnn->device), r))
            st = fn(&k, r);
    unmake(&k.s);
    if (st)
        lcu_fail(dnn->device, "a convolution by cuDNN", cudnnGetErrorString(st));
}

void lcu_dnn_convolve(lcu_dnn *dnn, const lcu_convolution *c, lcu_workspace w, uint32_t replicas)
{
    each_replica(dnn, c, w, replicas, forward);
}

void lcu_dnn_convolve_input(lcu_dnn *dnn, const lcu_convolution *c, lcu_workspace w, uint32_t replicas)
{
    each_replica(dnn, c, w, replicas, input);
}

void lcu_dnn_convolve_weight(lcu_dnn *dnn, const lcu_convolution *c, lcu_workspace w, uint32_t replicas)
{
    each_replica(dnn, c, w, replicas, weight);
}
