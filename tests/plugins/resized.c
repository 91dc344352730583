/* One module of each kind, compiled against three sets of headers: this core's, larger ones (GROWN) and
 * smaller ones. Each function reads the whole of every struct that it is lent, in the size that its build
 * knows, and fills the whole of those that it answers with; what only a larger build knows must be zero. */
#include <stdlib.h>
#include <string.h>
#include <ltcore/arch.h>
#include <ltcore/backend.h>
#include <ltcore/dataset.h>
#include <ltcore/mask.h>

#ifndef GROWN
#define GROWN 0 /* bytes at the end of each struct that this core does not have */
#endif
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"          /* of the bytes that were added */

#define CHECK(p) do { if (!is_readable(p, sizeof *(p)) || !is_zero((const char *)((p) + 1) - GROWN, GROWN)) \
        return ltc_fail(err, LTC_EINTERNAL, "%s: %s", __func__, #p); } while (0)

static bool is_zero(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i])
            return false;
    return true;
}

/* A sanitizer looks on. */
static bool is_readable(const void *p, size_t n)
{
    const volatile unsigned char *byte = p;
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += byte[i];
    return sum != 0;
}

typedef struct options { int64_t first; double second; } options;
static const ltc_opt table[] = {
    LTC_INT(options, first, 1, 0, 9, "found at the stride of this build"),
    LTC_REAL(options, second, 0.5, 0.0, 1.0, "found there too", .flags = LTC_OPT_BELOW),
};
static const ltc_schema schema = LTC_SCHEMA(options, table);

/* Mask: an instance of one byte, so that a lost one is a leak. */
static ltc_status mask_create(const ltc_host *h, const void *opts, void **self, ltc_error *err)
{
    (void)opts;
    CHECK(h);
    h->log(h, LTC_LOG_INFO, "created\n");
    *self = malloc(1);
    return *self ? LTC_OK : ltc_fail(err, LTC_ENOMEM, "no memory");
}

static void mask_destroy(void *self)
{
    free(self);
}

static ltc_status mask_score(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *t,
                             float *score, ltc_error *err)
{
    (void)self;
    CHECK(env);
    CHECK(t);
    for (size_t i = 0; i < t->n; i++)
        score[i] = t->w_final[i];
    return LTC_OK;
}

static ltc_status mask_score_group(const void *self, const ltc_mask_env *env, const ltc_mask_group *g,
                                   const ltc_mask_tensor *const *t, float *score, ltc_error *err)
{
    (void)self;
    CHECK(env);
    CHECK(g);
    CHECK(t[0]);
    for (size_t i = 0; i < g->n_channels; i++)
        score[i] = 1;
    return LTC_OK;
}

static const ltc_mask_ops mask_ops = {
    LTC_MASK_OPS, .create = mask_create, .destroy = mask_destroy,
    .score = mask_score, .score_group = mask_score_group,
};
static const ltc_module mask = {
    LTC_MODULE(LTC_MASK, mask_ops), .name = "resized", .version = "1.0", .schema = &schema,
    .summary = "a mask",
};

/* Architecture: one linear layer. */
static ltc_status arch_build(const void *opts, ltc_builder *b, ltc_val *logits, ltc_error *err)
{
    enum { LINEAR = 3 };
    (void)opts;
    CHECK(b);
    const ltc_value *x = b->shape(b, b->input);
    CHECK(x);
    const int64_t dim[2] = { b->n_classes, x->dim[0] };
    const ltc_val in[2] = { b->input, b->param(b, "weight", LTC_ROLE_WEIGHT, 2, dim, NULL) };
    *logits = b->emit(b, LINEAR, "fc", in, 2, NULL, 0);
    return LTC_OK;
}

static const ltc_arch_ops arch_ops = { LTC_ARCH_OPS, .build = arch_build };
static const ltc_module arch = {
    LTC_MODULE(LTC_ARCH, arch_ops), .name = "resized", .version = "1.0", .summary = "an architecture",
};

/* Dataset: nothing but its description. */
static ltc_status data_open(const ltc_host *h, const void *opts, void **self, ltc_error *err)
{
    (void)opts;
    CHECK(h);
    *self = NULL;
    return LTC_OK;
}

static ltc_status data_info(const void *self, ltc_dataset_info *info, ltc_error *err)
{
    static const int64_t dim[] = { 1, 2, 3 };
    static const ltc_split split[] = { { "train", 5 }, { "test", 2 } };
    (void)self, (void)err;
    memset(info, 0, sizeof *info);
    info->sample_type = LTC_U8;
    info->rank = 3, info->dim = dim;
    info->n_classes = 2;
    info->n_splits = 2, info->split = split;
    return LTC_OK;
}

static ltc_status data_read(const void *self, uint32_t split, uint64_t first, uint64_t count, void *x,
                            int32_t *label, ltc_error *err)
{
    (void)self, (void)split, (void)first, (void)x, (void)err;
    for (uint64_t i = 0; i < count; i++)
        label[i] = 0;
    return LTC_OK;
}

static const ltc_dataset_ops dataset_ops = {
    LTC_DATASET_OPS, .open = data_open, .info = data_info, .read = data_read,
};
static const ltc_module dataset = {
    LTC_MODULE(LTC_DATASET, dataset_ops), .name = "resized", .version = "1.0", .summary = "a dataset",
};

/* Backend: trains nothing. */
static ltc_status dev_open(const ltc_host *h, const void *opts, void **dev, ltc_error *err)
{
    return data_open(h, opts, dev, err);
}

static void nothing(void *p)
{
    (void)p;
}

static ltc_status identity(void *dev, char *text, size_t n, ltc_error *err)
{
    (void)dev, (void)err;
    snprintf(text, n, "resized/1");
    return LTC_OK;
}

static ltc_status check_request(const ltc_compile_req *r, ltc_error *err)
{
    CHECK(r);
    CHECK(r->graph);
    CHECK(r->optimizer);
    CHECK(r->input);
    for (uint32_t i = 0; i < r->graph->n_nodes; i++)
        CHECK(ltc_graph_node(r->graph, i));
    for (uint32_t i = 0; i < r->graph->n_params; i++)
        CHECK(ltc_graph_param(r->graph, i));
    for (uint32_t i = 1; i < r->graph->n_values; i++)
        CHECK(ltc_graph_value(r->graph, i));
    return LTC_OK;
}

static ltc_status plan(void *dev, const ltc_compile_req *r, ltc_plan *out, ltc_error *err)
{
    (void)dev;
    memset(out, 0, sizeof *out);
    out->max_replicas = r->graph->n_values;
    return check_request(r, err);
}

static ltc_status split_open(void *dev, const ltc_data_desc *d, void **data, ltc_error *err)
{
    (void)dev;
    CHECK(d);
    *data = NULL;
    return LTC_OK;
}

static ltc_status compile(void *dev, const ltc_compile_req *r, void **prog, ltc_error *err)
{
    (void)dev;
    *prog = NULL;
    return check_request(r, err);
}

static ltc_status bind(void *prog, uint32_t split, void *data, ltc_error *err)
{
    (void)prog, (void)split, (void)data, (void)err;
    return LTC_OK;
}

static ltc_status put(void *prog, uint32_t what, uint32_t replica, uint32_t param, const void *src,
                      size_t bytes, ltc_error *err)
{
    (void)prog, (void)what, (void)replica, (void)param, (void)src, (void)bytes, (void)err;
    return LTC_OK;
}

static ltc_status get(void *prog, uint32_t what, uint32_t replica, uint32_t param, void *dst, size_t bytes,
                      ltc_error *err)
{
    (void)prog, (void)what, (void)replica, (void)param, (void)dst, (void)bytes, (void)err;
    return LTC_OK;
}

static ltc_status ready(void *prog, ltc_error *err)
{
    (void)prog, (void)err;
    return LTC_OK;
}

static ltc_status train(void *prog, const ltc_train_req *r, ltc_train_out *out, ltc_error *err)
{
    (void)prog;
    CHECK(r);
    CHECK(out);
    for (uint32_t i = 0; i < r->n_steps; i++)
        out->loss[i] = r->lr[i];
    return LTC_OK;
}

static ltc_status eval(void *prog, const ltc_eval_req *r, ltc_eval_out *out, ltc_error *err)
{
    (void)prog;
    CHECK(r);
    CHECK(out);
    *out->loss += (double)r->count;
    return LTC_OK;
}

static const ltc_backend_ops backend_ops = {
    LTC_BACKEND_OPS, .open = dev_open, .close = nothing, .identity = identity, .plan = plan,
    .data_open = split_open, .data_close = nothing, .compile = compile, .release = nothing, .bind = bind,
    .put = put, .get = get, .ready = ready, .train = train, .eval = eval,
};
static const ltc_module backend = {
    LTC_MODULE(LTC_BACKEND, backend_ops), .name = "resized", .version = "1.0", .summary = "a backend",
};
LTC_PLUGIN(&mask, &arch, &dataset, &backend);
