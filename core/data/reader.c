/* Owns the instance of a dataset plug-in and the host lent to it. What the plug-in says about its data is
 * checked here once, so that nobody behind data.c doubts a count, a dimension or a label. */
#include "data/reader.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/border.h"

enum { RANK_MAX = 3 };                        /* the network's input is C, H, W */
static const size_t block_bytes = (size_t)4 << 20;      /* read between two looks at whether to stop */

/* What the plug-in describes cannot be: its bug, and no setting of the user's mends it. */
#define REFUSE(r, err, what, ...) \
    ltc_fail(err, LTC_EINTERNAL, "data set '%s': " what "; report this to the plug-in's author", \
             (r)->module->info.name, __VA_ARGS__)

static size_t element_bytes(uint32_t sample_type)
{
    return sample_type == LTC_F32 ? sizeof(float) : 1;
}

static ltc_status check_shape(lt_reader *r, ltc_error *err)
{
    const ltc_dataset_info *in = &r->info;
    if (in->sample_type != LTC_U8 && in->sample_type != LTC_F32)
        return REFUSE(r, err, "samples are of type %" PRIu32 ", neither LTC_U8 nor LTC_F32", in->sample_type);
    if (in->rank < 1 || in->rank > RANK_MAX || !in->dim)
        return REFUSE(r, err, "a sample has %" PRIu32 " dimensions, not 1 to %d", in->dim ? in->rank : 0,
                      RANK_MAX);
    r->sample_bytes = element_bytes(in->sample_type);
    for (uint32_t i = 0; i < in->rank; i++) {
        if (in->dim[i] < 1 || (uint64_t)in->dim[i] > (uint64_t)INT32_MAX / r->sample_bytes)
            return REFUSE(r, err,
                          "dimension %" PRIu32 " of a sample is %" PRId64 ", so that a sample is empty or of "
                          "2 GiB and more",
                          i, in->dim[i]);
        r->sample_bytes *= (size_t)in->dim[i];
    }
    return LTC_OK;
}

static ltc_status check_classes(const lt_reader *r, ltc_error *err)
{
    const ltc_dataset_info *in = &r->info;
    if (in->n_classes < 2 || in->n_classes > INT32_MAX)
        return REFUSE(r, err, "it has %" PRIu32 " classes, and telling them apart takes two", in->n_classes);
    for (uint32_t c = 0; in->class_name && c < in->n_classes; c++)
        if (!in->class_name[c] || !in->class_name[c][0])
            return REFUSE(r, err, "class %" PRIu32 " of %" PRIu32 " has no name, though others have", c,
                          in->n_classes);
    return LTC_OK;
}

/* LT_SPLITS: no split is called so. */
static uint32_t split_by_name(const char *name)
{
    uint32_t s = 0;
    while (s < LT_SPLITS && strcmp(name, lt_split_name(s)))
        s++;
    return s;
}

static ltc_status check_split(lt_reader *r, uint32_t number, ltc_error *err)
{
    const char *name = r->info.split[number].name ? r->info.split[number].name : "";
    const uint64_t n = r->info.split[number].count;
    const uint32_t s = split_by_name(name);
    if (s == LT_SPLITS)
        return REFUSE(r, err,
                      "split %" PRIu32 " is called '%.40s'; there are 'train', 'validation' and 'test'",
                      number, name);
    if (r->count[s])
        return REFUSE(r, err, "split '%s' comes twice", name);
    if (!n || n > UINT32_MAX)
        return REFUSE(r, err, "split '%s' has %" PRIu64 " samples, not 1 to %" PRIu32, name, n, UINT32_MAX);
    if (n > PTRDIFF_MAX / r->sample_bytes)
        return REFUSE(r, err, "the %" PRIu64 " samples of split '%s' fit no memory", n, name);
    r->count[s] = n;
    r->number[s] = number;
    return LTC_OK;
}

static ltc_status check_splits(lt_reader *r, ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (uint32_t i = 0; r->info.split && i < r->info.n_splits && !st; i++)
        st = check_split(r, i, err);
    if (!st && (!r->count[LT_TRAIN] || !r->count[LT_TEST]))
        return REFUSE(r, err, "split '%s' is missing", r->count[LT_TRAIN] ? "test" : "train");
    return st;
}

static ltc_status check_constants(const lt_reader *r, ltc_error *err)
{
    const ltc_dataset_info *in = &r->info;
    if (!in->mean != !in->std)
        return REFUSE(r, err, "it publishes a %s without the other",
                      in->mean ? "mean" : "standard deviation");
    for (int64_t c = 0; in->mean && c < in->dim[0]; c++)
        if (!isfinite(in->mean[c]) || !(in->std[c] >= FLT_MIN) || !isfinite(in->std[c]))
            return REFUSE(r, err, "channel %" PRId64 " has the published mean %g and standard deviation %g",
                          c, (double)in->mean[c], (double)in->std[c]);
    return LTC_OK;
}

/* Lends room for the larger of the two builds' structs and takes from it what this build knows. */
static ltc_status ask_info(lt_reader *r, ltc_error *err)
{
    const uint32_t published = r->module->ops.dataset.dataset_info_size;
    ltc_dataset_info *lent = lt_lend(NULL, 1, published, sizeof *lent);
    if (!lent)
        return ltc_fail(err, LTC_ENOMEM, "no memory to open data set '%s'", r->module->info.name);
    lent->size = sizeof *lent;
    const lt_call call = lt_call_begin(r->module, "describing its samples", err);
    const ltc_status st = lt_call_end(&call, r->module->ops.dataset.info(r->self, lent, err));
    lt_adopt(&r->info, sizeof r->info, lent, published);
    r->info.size = sizeof r->info;
    free(lent);
    return st;
}

static ltc_status describe(lt_reader *r, ltc_error *err)
{
    ltc_status st = ask_info(r, err);
    if (!st)
        st = check_shape(r, err);
    if (!st)
        st = check_classes(r, err);
    if (!st)
        st = check_splits(r, err);
    return st ? st : check_constants(r, err);
}

ltc_status lt_reader_open(const lt_module *m, const void *options, const lt_services *services, lt_reader *r,
                          ltc_error *err)
{
    const ltc_dataset_ops *ops = &m->ops.dataset;
    lt_reader opened = { .module = m, .memory = services->memory };
    ltc_status st =
        lt_host_create(services, m->info.name, LTC_DATASET_ABI, ops->host_size, NULL, &opened.host, err);
    if (st)
        return st;
    const lt_call call = lt_call_begin(m, "opening", err);
    st = lt_call_end(&call, ops->open(opened.host, options, &opened.self, err));
    if (st) {
        lt_host_destroy(opened.host);         /* what did not open is not closed */
        return st;
    }
    st = describe(&opened, err);
    if (st)
        lt_reader_close(&opened);
    else
        *r = opened;
    return st;
}

void lt_reader_close(lt_reader *r)
{
    const lt_call call = lt_call_begin(r->module, "closing", NULL);
    if (r->module->ops.dataset.close)
        r->module->ops.dataset.close(r->self);
    lt_call_end(&call, LTC_OK);
    lt_host_destroy(r->host);
    *r = (lt_reader){ 0 };
}

static ltc_status check_labels(const lt_reader *r, const char *split, uint64_t first, uint64_t n,
                               const int32_t *label, ltc_error *err)
{
    for (uint64_t i = 0; i < n; i++)
        if (label[i] < 0 || (uint32_t)label[i] >= r->info.n_classes)
            return ltc_fail(err, LTC_EIO, "data set '%s': the label of %s sample %" PRIu64 " is %" PRId32
                            ", not 0 to %" PRIu32 "; are these the files that the reader expects?",
                            r->module->info.name, split, first + i, label[i], r->info.n_classes - 1);
    return LTC_OK;
}

static ltc_status check_floats(const lt_reader *r, const char *split, uint64_t first, uint64_t n,
                               const void *x, ltc_error *err)
{
    const size_t per_sample = r->sample_bytes / sizeof(float);
    const float *v = x;
    if (r->info.sample_type != LTC_F32)
        return LTC_OK;
    for (size_t i = 0; i < (size_t)n * per_sample; i++)
        if (!isfinite(v[i]))
            return ltc_fail(err, LTC_ENUMERIC,
                            "data set '%s': element %zu of %s sample %" PRIu64 " is %s; clean the "
                            "data, nothing can be learned from it",
                            r->module->info.name, i % per_sample, split, first + i / per_sample,
                            isnan(v[i]) ? "NaN" : "infinite");
    return LTC_OK;
}

ltc_status lt_reader_read(const lt_reader *r, uint32_t split, void *x, int32_t *label, ltc_error *err)
{
    const uint64_t n = r->count[split], block = block_bytes / r->sample_bytes + 1;
    const char *name = lt_split_name(split);
    ltc_status st = LTC_OK;
    for (uint64_t first = 0, some; first < n && !st; first += some) {
        char *to = (char *)x + (size_t)first * r->sample_bytes;
        some = n - first < block ? n - first : block;
        if (r->host->cancelled(r->host))
            return ltc_fail(err, LTC_ECANCELLED, "stopped while reading data set '%s'", r->module->info.name);
        for (uint64_t i = 0; i < some; i++)
            label[first + i] = -1;            /* a row that the plug-in forgets is found */
        const lt_call call = lt_call_begin(r->module, "reading", err);
        st = lt_call_end(&call, r->module->ops.dataset.read(r->self, r->number[split], first, some, to,
                                                            label + first, err));
        if (!st)
            st = check_labels(r, name, first, some, label + first, err);
        if (!st)
            st = check_floats(r, name, first, some, to, err);
    }
    return st;
}
