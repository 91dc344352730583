/* A dataset reader whose every answer a test can change, and the world it is loaded in. For test_data. */
#ifndef LT_TESTS_FAKE_READER_H
#define LT_TESTS_FAKE_READER_H

#include <CUnit/CUnit.h>
#include <fenv.h>
#include <stdio.h>
#include <string.h>

#include "data/data.h"
#include "data/key.h"

enum { CHANNELS = 1, HEIGHT = 2, WIDTH = 3, CLASSES = 4 };

/* A reader whose every answer a test can change. */
typedef struct fake {
    ltc_dataset_info info;
    ltc_split  split[4];
    int64_t    dim[4];
    float      mean[2], std[2];
    const char *class_name[CLASSES];
    ltc_status open_fails, read_fails;
    const char *option;                       /* that read blames */
    uint64_t   odd;                           /* row of split 0 with ... */
    int32_t    odd_label;                     /* ... this label; INT32_MIN: forgotten */
    float      odd_value;                     /* ... this first element, if not 0 */
    bool       rounds_up;                     /* from its opening on, as it must not */
    int        opened, closed, reads;
} fake;

static inline fake make_fake(uint32_t type)
{
    return (fake){
        .info = { .sample_type = type, .rank = 3, .n_classes = CLASSES, .n_splits = 2 },
        .split = { { "train", 50 }, { "test", 20 } },
        .dim = { CHANNELS, HEIGHT, WIDTH, 1 },
        .mean = { 0.25f, 0.25f }, .std = { 0.5f, 0.5f },
        .class_name = { "north", "east", "south", "west" },
        .odd = UINT64_MAX,
    };
}

static inline ltc_status fake_open(const ltc_host *h, const void *opts, void **self, ltc_error *err)
{
    fake *f = *(fake *const *)opts;
    CU_ASSERT_EQUAL(h->kind_abi, LTC_DATASET_ABI);
    if (f->open_fails)
        return f->open_fails == LTC_EIO ? ltc_fail(err, LTC_EIO, "the tape is torn") : f->open_fails;
    if (f->rounds_up)
        fesetround(FE_UPWARD);
    f->opened++;
    *self = f;
    return LTC_OK;
}

static inline void fake_close(void *self)
{
    ((fake *)self)->closed++;
}

static inline ltc_status fake_info(const void *self, ltc_dataset_info *info, ltc_error *err)
{
    const fake *f = self;
    const uint32_t size = info->size;
    (void)err;
    *info = f->info;
    info->size = size;
    info->dim = f->info.dim ? f->info.dim : f->dim;
    info->split = f->info.split ? f->info.split : f->split;
    return LTC_OK;
}

/* Sample i of split s is 16 s + i in every element, plus the element's number; its label is i mod 4. */
static inline ltc_status fake_read(const void *self, uint32_t split, uint64_t first, uint64_t count, void *x,
                                   int32_t *label, ltc_error *err)
{
    fake *f = (fake *)self;
    const size_t n = (size_t)(f->dim[0] * f->dim[1] * f->dim[2]);
    f->reads++;
    if (f->read_fails && f->option)
        return ltc_fail_opt(err, f->option, "is to blame");
    if (f->read_fails)
        return f->read_fails;
    for (uint64_t i = 0; i < count; i++) {
        const bool odd = split == 0 && first + i == f->odd;
        for (size_t j = 0; j < n; j++)
            if (f->info.sample_type == LTC_F32)
                ((float *)x)[i * n + j] = odd && f->odd_value != 0 ? f->odd_value
                                                                   : (float)(16 * split + first + i + j);
            else
                ((uint8_t *)x)[i * n + j] = (uint8_t)(16 * split + first + i + j);
        if (!odd || f->odd_label != INT32_MIN)
            label[i] = odd ? f->odd_label : (int32_t)((first + i) % CLASSES);
    }
    return LTC_OK;
}

static inline lt_module fake_module(void)
{
    return (lt_module){
        .info = { .size = sizeof(ltc_module), .kind = LTC_DATASET, .name = "fake" },
        .ops.dataset = { LTC_DATASET_OPS, .open = fake_open, .close = fake_close, .info = fake_info,
                         .read = fake_read },
    };
}

typedef struct world {
    int  reads_until_stop;                    /* < 0: never */
    int  lines;
    char line[256];
} world;

static inline bool is_cancelled(void *arg)
{
    world *w = arg;
    return w->reads_until_stop >= 0 && w->reads_until_stop-- == 0;
}

static inline void take_line(void *arg, int level, const char *module, const char *sentence)
{
    world *w = arg;
    w->lines++;
    snprintf(w->line, sizeof w->line, "%d %s: %s", level, module, sentence);
}

static inline ltc_status load_in(world *w, fake *f, uint64_t validation, lt_data *d, ltc_error *err)
{
    const lt_module m = fake_module();
    const lt_services services = { .log = take_line, .cancelled = is_cancelled, .arg = w };
    const lt_data_request r = {
        .reader = &m, .options = &f, .services = &services,
        .validation = validation, .key_split = lt_key_make(0, LT_KEY_SPLIT, 0, 0),
    };
    *d = (lt_data){ 0 };
    *err = (ltc_error){ 0 };
    const ltc_status st = lt_data_load(&r, d, err);
    CU_ASSERT_EQUAL(f->opened, f->closed);
    return st;
}

static inline ltc_status load(fake *f, uint64_t validation, lt_data *d, ltc_error *err)
{
    world w = { .reads_until_stop = -1 };
    return load_in(&w, f, validation, d, err);
}

#endif
