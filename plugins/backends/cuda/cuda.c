/* cuda: whole experiments on one GPU, replicas by the cohort. The plug-in's module; a device, and the
 * splits on it. */
#include <stdlib.h>
#include <string.h>

#include "program.h"

typedef struct options { int64_t device; double sparse; int64_t convolution; } options;

enum { AUTO, OWN, CUDNN };
static const char *const convolutions[] = { "auto", "own", "cudnn", NULL };

/* Where lists cost what products do, on paper, of a step of 64 replicas of LeNet-300-100 on an H100.
 * Products are spread over the device: a weight moves 33 bytes (it, both slots, mask and gradient) at 3 TB/s,
 * 11 ps, and takes 240 to 360 floating-point operations of a batch of 60 at 20 TF/s, 12 to 18 ps; times 64
 * replicas 1.5 to 1.9 ns. Lists have one multiprocessor a replica: a link takes some 50 instructions of a
 * warp, 4 a cycle of 1.7 GHz at best, so 7 ns, and twice that while it waits for the caches. So a quarter to
 * an eighth of the weights; more replicas would move it up and fewer down, but bits may not depend on their
 * number. */
#define SPARSE 0.125

static const ltc_opt option[] = {
    LTC_INT(options, device, 0, 0, 63, "which CUDA device, as nvidia-smi numbers them",
            .flags = LTC_OPT_NEUTRAL),
    LTC_REAL(options, sparse, SPARSE, 0, 1,
             "share of its weights up to which a perceptron is trained and evaluated by lists of those that "
             "are left"),
    LTC_ENUM(options, convolution, AUTO, convolutions,
             "what computes the convolutions of a training step: kernels for all replicas at once, or "
             "NVIDIA's library, whose version is then part of the identity, of perceptrons too; auto: the "
             "library, if the build found it"),
};
static const ltc_schema schema = LTC_SCHEMA(options, option);

static bool wants_dnn(const options *o)
{
    return o->convolution == CUDNN || (o->convolution == AUTO && lcu_has_dnn);
}

static void device_close(void *dev)
{
    lcu_backend *b = dev;
    if (!b)
        return;
    lcu_dnn_close(b->dnn);
    lcu_device_close(b->device);
    free(b);
}

static ltc_status device_open(const ltc_host *h, const void *opts, void **dev, ltc_error *err)
{
    const options *o = opts;
    lcu_backend *b = calloc(1, sizeof *b);
    (void)h;
    if (!b)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a device");
    b->sparse = o->sparse;
    ltc_status st = lcu_device_open(o->device, &b->device, err);
    if (!st && wants_dnn(o))
        st = lcu_dnn_open(b->device, &b->dnn, err);
    if (st)
        device_close(b);
    else
        *dev = b;
    return st;
}

/* The number is raised by hand when a kernel changes its bits. A device is asked before it has a network: so
 * cuDNN is named for one without convolutions too. */
static ltc_status identity(void *dev, char *text, size_t n, ltc_error *err)
{
    const lcu_backend *b = dev;
    const int used = snprintf(text, n, "cuda/2 %s%s%s", lcu_device_text(b->device), b->dnn ? " " : "",
                              b->dnn ? lcu_dnn_text(b->dnn) : "");
    if (used < 0 || (size_t)used >= n)
        return ltc_fail(err, LTC_EINTERNAL, "no room for the backend's identity in %zu bytes", n);
    return LTC_OK;
}

/* Of all samples. */
static ltc_status count_bytes(const ltc_data_desc *desc, size_t *bytes, ltc_error *err)
{
    if (desc->sample_type != LTC_U8 && desc->sample_type != LTC_F32)
        return ltc_fail(err, LTC_EUNSUPPORTED, "samples of type %u are not supported: only bytes and floats",
                        desc->sample_type);
    bool fits = !__builtin_mul_overflow(desc->sample_type == LTC_U8 ? 1 : sizeof(float), (size_t)desc->n,
                                        bytes);
    for (uint32_t i = 0; i < desc->rank && fits; i++)
        fits = desc->dim[i] > 0 && !__builtin_mul_overflow(*bytes, (size_t)desc->dim[i], bytes);
    return fits ? LTC_OK : ltc_fail(err, LTC_EINVAL, "the samples' shape has no usable size");
}

static void data_close(void *data)
{
    lcu_data *d = data;
    if (!d)
        return;
    lcu_free(d->device, d->x);
    lcu_free(d->device, d->label);
    free(d);
}

static ltc_status copy_to_device(lcu_data *d, size_t bytes, ltc_error *err)
{
    const size_t labels = (size_t)d->desc.n * sizeof *d->label;
    d->x = lcu_alloc(d->device, bytes);
    d->label = lcu_alloc(d->device, labels);
    if (!d->x || !d->label) {
        const ltc_status st = lcu_finish(d->device, err);
        return st ? st
                  : ltc_fail(err, LTC_ENOMEM, "a split of %zu bytes does not fit into the device", bytes);
    }
    lcu_write(d->device, d->x, d->desc.x, bytes);
    lcu_write(d->device, d->label, d->desc.label, labels);
    return lcu_finish(d->device, err);
}

static ltc_status data_open(void *dev, const ltc_data_desc *desc, void **data, ltc_error *err)
{
    size_t bytes = 0;
    lcu_data *d = calloc(1, sizeof *d);
    if (!d)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a split");
    d->device = ((const lcu_backend *)dev)->device;
    ltc_status st = lts_request_data(desc, &d->desc, d->dim, err);
    if (!st)
        st = count_bytes(&d->desc, &bytes, err);
    if (!st)
        st = copy_to_device(d, bytes, err);
    if (st)
        data_close(d);
    else
        *data = d;
    return st;
}

static const ltc_backend_ops ops = {
    LTC_BACKEND_OPS,
    .open = device_open,
    .close = device_close,
    .identity = identity,
    .plan = lcu_plan,
    .data_open = data_open,
    .data_close = data_close,
    .compile = lcu_compile,
    .release = lcu_release,
    .bind = lcu_bind,
    .put = lcu_put,
    .get = lcu_get,
    .ready = lcu_ready,
    .train = lcu_train,
    .eval = lcu_eval,
};

static const ltc_module cuda = {
    LTC_MODULE(LTC_BACKEND, ops), .name = "cuda", .version = "1.0", .schema = &schema,
    .summary = "one GPU by CUDA, many trainings at once",
};
LTC_PLUGIN(&cuda);
