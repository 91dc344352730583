/* One plug-in of each kind that does as it should but for one call; for tests/faults/run. It is told by its
 * environment:
 *
 *   LT_MOOD=FUNCTION,K,HOW         the K-th call of a function goes wrong in this way; K = 0: none
 *   LT_MOOD_SEEN=FILE              gets a byte for each call of it, and so says how many there were
 *
 * HOW is one of those below. What gives other numbers calls itself by another identity, as it must. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ltcore/dataset.h>
#include <ltcore/mask.h>
#include <ltcore/ops.h>
#include <ltcore/optable.h>

enum { WELL, ERROR, SILENT, CANCELLED, NAN_LOSS, N_HOW };
static const char *const hows[N_HOW] = { "well", "error", "silent", "cancelled", "nan" };

static atomic_long calls;

/* How this call of the function goes. */
static int mood_of(const char *function)
{
    const char *told = getenv("LT_MOOD"), *seen = getenv("LT_MOOD_SEEN");
    const size_t n = strlen(function);
    char how[16];
    long k;
    if (!told || strncmp(told, function, n) || sscanf(told + n, ",%ld,%15s", &k, how) != 2)
        return WELL;
    const int fd = seen ? open(seen, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666) : -1;
    if (fd >= 0 && (write(fd, ".", 1) != 1 || close(fd)))
        abort();
    int which = WELL;
    while (which < N_HOW && strcmp(hows[which], how))
        which++;
    return atomic_fetch_add(&calls, 1) + 1 == k ? which : WELL;
}

static ltc_status go_wrong(int how, ltc_error *err)
{
    switch (how) {
    case ERROR: return ltc_fail(err, LTC_EDEVICE, "it is Monday");
    case SILENT: return LTC_EIO;
    case CANCELLED: return LTC_ECANCELLED;
    default: return LTC_OK;
    }
}

static ltc_status mood(const char *function, ltc_error *err)
{
    return go_wrong(mood_of(function), err);
}

/* The backend: libltsdk's. After a training call that fails its state is not what it was, as is allowed. */
const ltc_optable ltc_optable_table = { .flags = LTC_OT_HOST };
static const ltc_backend_ops *const sdk = &ltc_optable_ops;

static ltc_status device_open(const ltc_host *h, const void *opts, void **dev, ltc_error *err)
{
    const ltc_status st = mood("open", err);
    return st ? st : sdk->open(h, opts, dev, err);
}

static ltc_status identity(void *dev, char *text, size_t n, ltc_error *err)
{
    const char *told = getenv("LT_MOOD");
    const ltc_status st = mood("identity", err);
    (void)dev;
    snprintf(text, n, "moody/1%s", told && strstr(told, ",nan") ? ", with a bug" : "");
    return st;
}

static ltc_status plan(void *dev, const ltc_compile_req *r, ltc_plan *p, ltc_error *err)
{
    const ltc_status st = mood("plan", err);
    return st ? st : sdk->plan(dev, r, p, err);
}

static ltc_status data_open(void *dev, const ltc_data_desc *d, void **data, ltc_error *err)
{
    const ltc_status st = mood("data", err);
    return st ? st : sdk->data_open(dev, d, data, err);
}

static ltc_status compile(void *dev, const ltc_compile_req *r, void **prog, ltc_error *err)
{
    const ltc_status st = mood("compile", err);
    return st ? st : sdk->compile(dev, r, prog, err);
}

static ltc_status bind(void *prog, uint32_t split, void *data, ltc_error *err)
{
    const ltc_status st = mood("bind", err);
    return st ? st : sdk->bind(prog, split, data, err);
}

static ltc_status put(void *prog, uint32_t what, uint32_t replica, uint32_t param, const void *src,
                      size_t bytes, ltc_error *err)
{
    const ltc_status st = mood("put", err);
    return st ? st : sdk->put(prog, what, replica, param, src, bytes, err);
}

static ltc_status get(void *prog, uint32_t what, uint32_t replica, uint32_t param, void *dst, size_t bytes,
                      ltc_error *err)
{
    const ltc_status st = mood("get", err);
    return st ? st : sdk->get(prog, what, replica, param, dst, bytes, err);
}

static ltc_status ready(void *prog, ltc_error *err)
{
    const ltc_status st = mood("ready", err);
    return st ? st : sdk->ready(prog, err);
}

static ltc_status train(void *prog, const ltc_train_req *r, ltc_train_out *out, ltc_error *err)
{
    const int how = mood_of("train");
    ltc_status st = sdk->train(prog, r, out, err);
    if (!st && how == NAN_LOSS)
        out->loss[0] = NAN, out->bad_step[0] = r->first_step[0];
    return st ? st : go_wrong(how, err);
}

static ltc_status eval(void *prog, const ltc_eval_req *r, ltc_eval_out *out, ltc_error *err)
{
    const int how = mood_of("eval");
    ltc_status st = sdk->eval(prog, r, out, err);
    if (how == NAN_LOSS)
        out->loss[0] = NAN;
    return st ? st : go_wrong(how, err);
}

static void device_close(void *dev)
{
    sdk->close(dev);
}

static void data_close(void *data)
{
    sdk->data_close(data);
}

static void release(void *prog)
{
    sdk->release(prog);
}

static const ltc_backend_ops backend_ops = {
    LTC_BACKEND_OPS, .open = device_open, .close = device_close, .identity = identity, .plan = plan,
    .data_open = data_open, .data_close = data_close, .compile = compile, .release = release, .bind = bind,
    .put = put, .get = get, .ready = ready, .train = train, .eval = eval,
};

/* The criterion: magnitude. */
static ltc_status score(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *t, float *to,
                        ltc_error *err)
{
    const int how = mood_of("score");
    (void)self, (void)env;
    for (size_t i = 0; i < t->n; i++)
        to[i] = fabsf(t->w_final[i]);
    if (how == NAN_LOSS)
        to[t->n / 2] = NAN;
    return go_wrong(how, err);
}

static const ltc_mask_ops mask_ops = { LTC_MASK_OPS, .flags = LTC_NEED_FINAL, .score = score };

/* The data set: three classes, each sample a bright row of its own. */
enum { SIDE = 6, CLASSES = 3, TRAIN = 90, TEST = 30 };

static ltc_status dataset_open(const ltc_host *h, const void *opts, void **self, ltc_error *err)
{
    static char there;
    (void)h, (void)opts;
    *self = &there;
    return mood("dataset", err);
}

static ltc_status info(const void *self, ltc_dataset_info *d, ltc_error *err)
{
    static const int64_t dim[] = { 1, SIDE, SIDE };
    static const ltc_split split[] = { { "train", TRAIN }, { "test", TEST } };
    static const float mean = 0, std = 1;
    (void)self;
    d->sample_type = LTC_F32, d->rank = 3, d->dim = dim, d->n_classes = CLASSES;
    d->n_splits = 2, d->split = split, d->mean = &mean, d->std = &std;
    return mood("info", err);
}

static ltc_status read_samples(const void *self, uint32_t split, uint64_t first, uint64_t n, void *x,
                               int32_t *label, ltc_error *err)
{
    const int how = mood_of("read");
    float *to = x;
    (void)self;
    for (uint64_t i = 0; i < n; i++) {
        label[i] = (int32_t)((first + i) % CLASSES);
        for (int k = 0; k < SIDE * SIDE; k++)
            to[i * SIDE * SIDE + (uint64_t)k] = ltc_rand_normal((ltc_key){ split, first + i }, (uint64_t)k) +
                                                (k / SIDE == 2 * label[i] ? 2 : 0);
    }
    if (how == NAN_LOSS)
        to[SIDE] = NAN;
    return go_wrong(how, err);
}

static const ltc_dataset_ops dataset_ops = { LTC_DATASET_OPS, .open = dataset_open, .info = info,
                                             .read = read_samples };

/* The architecture: one hidden layer. */
static ltc_status build(const void *opts, ltc_builder *b, ltc_val *logits, ltc_error *err)
{
    (void)opts;
    ltc_val x = ltc_relu(b, ltc_linear(b, ltc_flatten(b, b->input), "fc1", (ltc_linear_args){ .out = 8 }));
    *logits = ltc_linear(b, x, "fc2", (ltc_linear_args){ .out = b->n_classes });
    return mood("build", err);
}

static const ltc_arch_ops arch_ops = { LTC_ARCH_OPS, .build = build };

#define MOODY .name = "moody", .version = "1.0", .summary = "goes wrong once, when told to"
static const ltc_module backend = { LTC_MODULE(LTC_BACKEND, backend_ops), MOODY },
                        mask = { LTC_MODULE(LTC_MASK, mask_ops), MOODY },
                        dataset = { LTC_MODULE(LTC_DATASET, dataset_ops), MOODY },
                        arch = { LTC_MODULE(LTC_ARCH, arch_ops), MOODY };
LTC_PLUGIN(&backend, &mask, &dataset, &arch);
