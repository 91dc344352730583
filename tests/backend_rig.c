/* Owns a loaded backend and its program; see the header. */
#include "backend_rig.h"

#include <assert.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

lt_split *lt_split_new(int64_t channels, int64_t height, int64_t width, uint64_t n, int32_t classes,
                       uint64_t seed)
{
    lt_split *s = calloc(1, sizeof *s);
    assert(s);
    const ltc_key pixels = { seed, 1 }, labels = { seed, 2 };
    const size_t count = (size_t)(channels * height * width);
    s->dim[0] = channels, s->dim[1] = height, s->dim[2] = width;
    s->x = calloc(n, count);
    s->label = calloc(n, sizeof *s->label);
    assert(s->x && s->label);
    for (size_t i = 0; i < n * count; i++)
        s->x[i] = (uint8_t)(ltc_rand_u32(pixels, i) >> 24);
    for (uint64_t i = 0; i < n; i++)
        s->label[i] = (int32_t)ltc_rand_below(labels, i, (uint32_t)classes);
    s->desc = (ltc_data_desc){ .size = sizeof s->desc,
                               .sample_type = LTC_U8,
                               .rank = 3,
                               .dim = s->dim,
                               .n = n,
                               .x = s->x,
                               .label = s->label };
    return s;
}

void lt_split_free(lt_split *s)
{
    free(s->x), free(s->label), free(s);
}

const ltc_input *lt_byte_input(void)
{
    static float table[4 * 256];
    static const ltc_input input = { .size = sizeof input, .sample_type = LTC_U8, .table = table };
    for (int i = 0; i < 4 * 256; i++)
        table[i] = (float)(i % 256 - 128) / 64;
    return &input;
}

static void keep_log(const ltc_host *h, int level, const char *fmt, ...)
{
    lt_rig *rig = h->impl;
    va_list ap;
    (void)level;
    va_start(ap, fmt);
    vsnprintf(rig->log, sizeof rig->log, fmt, ap);
    va_end(ap);
}

static void must(ltc_status st, const ltc_error *err, const char *call)
{
    if (st)
        fprintf(stderr, "%s: %s\n", call, err->message);
    CU_ASSERT_EQUAL_FATAL(st, LTC_OK);
}

void lt_rig_open(lt_rig *rig, const char *name, const ltc_backend_ops *ops, const lt_split *split)
{
    lt_rig_open_with(rig, name, ops, split, NULL);
}

void lt_rig_open_with(lt_rig *rig, const char *name, const ltc_backend_ops *ops, const lt_split *split,
                      const ltc_host *host)
{
    ltc_error err = { { 0 }, { 0 } };
    *rig = (lt_rig){ .ops = ops, .rows = split->desc.n };
    rig->host = (ltc_host){ .size = sizeof rig->host, .impl = rig, .log = keep_log };
    if (!ops) {
        char path[512];
        snprintf(path, sizeof path, "%s/lib/ltcore/plugins/backends/%s.so", TEST_BINARY_DIR, name);
        rig->file = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (!rig->file)
            fprintf(stderr, "%s\n", dlerror());
        CU_ASSERT_PTR_NOT_NULL_FATAL(rig->file);
        const ltc_plugin *plugin = dlsym(rig->file, "ltc_plugin_v0");
        CU_ASSERT_PTR_NOT_NULL_FATAL(plugin);
        rig->ops = plugin->module[0]->ops;
    }
    must(rig->ops->open(host ? host : &rig->host, NULL, &rig->dev, &err), &err, "open");
    must(rig->ops->data_open(rig->dev, &split->desc, &rig->data, &err), &err, "data_open");
}

void lt_rig_compile(lt_rig *rig, const ltc_graph *graph, const ltc_optimizer *o, uint32_t batch,
                    uint32_t augment)
{
    ltc_error err = { { 0 }, { 0 } };
    const ltc_compile_req r = {
        .size = sizeof r, .batch = batch, .n_replicas = 1, .loss = LTC_LOSS_CROSS_ENTROPY, .augment = augment,
        .require = LTC_CAP_REPEATABLE | LTC_CAP_REPLICA_FREE | LTC_CAP_SPAN_FREE,
        .graph = graph, .optimizer = o, .input = lt_byte_input(),
    };
    rig->graph = graph;
    rig->batch = batch;
    must(rig->ops->compile(rig->dev, &r, &rig->prog, &err), &err, "compile");
    must(rig->ops->bind(rig->prog, 0, rig->data, &err), &err, "bind");
}

void lt_rig_start(lt_rig *rig, float *const *value)
{
    ltc_error err = { { 0 }, { 0 } };
    for (uint32_t p = 0; p < rig->graph->n_params; p++)
        lt_rig_put(rig, LTC_STATE_VALUE, p, value[p]);
    must(rig->ops->ready(rig->prog, &err), &err, "ready");
}

void lt_rig_release(lt_rig *rig)
{
    rig->ops->release(rig->prog);
    rig->prog = NULL;
}

void lt_rig_close(lt_rig *rig)
{
    if (rig->prog)
        lt_rig_release(rig);
    rig->ops->data_close(rig->data);
    rig->ops->close(rig->dev);
    if (rig->file)
        dlclose(rig->file);
}

static size_t piece_bytes(const lt_rig *rig, uint32_t what, uint32_t param)
{
    const size_t n = ltc_graph_param(rig->graph, param)->n;
    return what == LTC_STATE_CLOCK ? 8 : what == LTC_STATE_MASK ? n : n * sizeof(float);
}

void lt_rig_put(lt_rig *rig, uint32_t what, uint32_t param, const void *src)
{
    ltc_error err = { { 0 }, { 0 } };
    must(rig->ops->put(rig->prog, what, 0, param, src, piece_bytes(rig, what, param), &err), &err, "put");
}

void lt_rig_get(lt_rig *rig, uint32_t what, uint32_t param, void *dst)
{
    ltc_error err = { { 0 }, { 0 } };
    must(rig->ops->get(rig->prog, what, 0, param, dst, piece_bytes(rig, what, param), &err), &err, "get");
}

uint64_t lt_rig_train(lt_rig *rig, uint64_t first, uint32_t n, float lr, float *loss, uint32_t *correct)
{
    ltc_error err = { { 0 }, { 0 } };
    const uint64_t rows = rig->rows;
    uint32_t *sample = calloc((size_t)n * rig->batch, sizeof *sample), *hits = calloc(n, sizeof *hits);
    float *rate = calloc(n, sizeof *rate), *losses = calloc(n, sizeof *losses);
    uint64_t bad = 0;
    for (size_t i = 0; i < (size_t)n * rig->batch; i++)
        sample[i] = (uint32_t)((first * rig->batch + i) % rows);
    for (uint32_t s = 0; s < n; s++)
        rate[s] = lr;
    const ltc_key augment = { 7, 7 }, dropout = { 8, 8 };
    const ltc_train_req r = { .size = sizeof r,
                              .n_steps = n,
                              .first_step = &first,
                              .sample = sample,
                              .lr = rate,
                              .key_augment = &augment,
                              .key_dropout = &dropout };
    ltc_train_out out = { .size = sizeof out,
                          .loss = loss ? loss : losses,
                          .correct = correct ? correct : hits,
                          .bad_step = &bad };
    must(rig->ops->train(rig->prog, &r, &out, &err), &err, "train");
    free(sample), free(hits), free(rate), free(losses);
    return bad;
}

double lt_rig_eval(lt_rig *rig, uint64_t first, uint64_t count, uint64_t *correct)
{
    ltc_error err = { { 0 }, { 0 } };
    double loss = 0;
    uint64_t hits = 0;
    const ltc_eval_req r = { .size = sizeof r, .first = first, .count = count };
    ltc_eval_out out = { .size = sizeof out, .loss = &loss, .correct = correct ? correct : &hits };
    *out.correct = 0;
    must(rig->ops->eval(rig->prog, &r, &out, &err), &err, "eval");
    return loss;
}

size_t lt_rig_state_bytes(const lt_rig *rig)
{
    size_t bytes = 8;
    for (uint32_t p = 0; p < rig->graph->n_params; p++)
        bytes += 13 * ltc_graph_param(rig->graph, p)->n;
    return bytes;
}

void lt_rig_state(lt_rig *rig, void *bytes)
{
    char *to = bytes;
    for (uint32_t p = 0; p < rig->graph->n_params; p++)
        for (uint32_t what = LTC_STATE_VALUE; what <= LTC_STATE_SLOT_2; what++) {
            lt_rig_get(rig, what, p, to);
            to += piece_bytes(rig, what, p);
        }
    lt_rig_get(rig, LTC_STATE_CLOCK, 0, to);
}

void lt_rig_state_put(lt_rig *rig, const void *bytes)
{
    ltc_error err = { { 0 }, { 0 } };
    const char *from = bytes;
    for (uint32_t p = 0; p < rig->graph->n_params; p++)
        for (uint32_t what = LTC_STATE_VALUE; what <= LTC_STATE_SLOT_2; what++) {
            lt_rig_put(rig, what, p, from);
            from += piece_bytes(rig, what, p);
        }
    lt_rig_put(rig, LTC_STATE_CLOCK, 0, from);
    must(rig->ops->ready(rig->prog, &err), &err, "ready");
}
