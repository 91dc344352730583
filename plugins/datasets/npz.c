/* Npz: any data set that NumPy saved: arrays of samples and of labels in one .npz file, as numpy.savez and
 * numpy.savez_compressed write it. The defaults are the names in the files that Keras comes with. */
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <ltcore/dataset.h>

#include "archive.h"

enum { TRAIN, VALIDATION, TEST, N_SPLITS };
enum { CHANNELS_FIRST, CHANNELS_LAST };       /* option layout */
enum { SAMPLE_RANK_MAX = 3, CLASSES_MAX = 1000000 };

typedef struct npz_options {
    const char *path, *x_train, *y_train, *x_test, *y_test, *x_val, *y_val;
    int64_t layout, classes;
} npz_options;

static const char *const layouts[] = { "channels-first", "channels-last", NULL };
static const ltc_opt npz_table[] = {
    LTC_PATH(npz_options, path, NULL,
             "the .npz file; samples are uint8, float16, float32 or float64, and of 2 dimensions (a row a "
             "sample), 3 (images without channels) or 4; labels are integers",
             .flags = LTC_OPT_REQUIRED | LTC_OPT_SEARCH | LTC_OPT_NEUTRAL),
    LTC_STRING(npz_options, x_train, "x_train", "array of the training samples"),
    LTC_STRING(npz_options, y_train, "y_train", "array of their labels"),
    LTC_STRING(npz_options, x_test, "x_test", "array of the test samples"),
    LTC_STRING(npz_options, y_test, "y_test", "array of their labels"),
    LTC_STRING(npz_options, x_val, "",
               "array of the validation samples; \"\": they are taken from the training samples"),
    LTC_STRING(npz_options, y_val, "", "array of their labels"),
    LTC_ENUM(npz_options, layout, CHANNELS_LAST, layouts,
             "what 4 dimensions of samples are: N, H, W, C, as in Keras, or N, C, H, W, as in PyTorch"),
    LTC_INT(npz_options, classes, 0, 0, CLASSES_MAX, "number of classes; 0: the largest label, plus 1"),
};
static const ltc_schema npz_schema = LTC_SCHEMA(npz_options, npz_table);

/* The two arrays of a split, and what was read of them. */
typedef struct npz_part {
    archive_array x, y;
    int32_t      *label;                      /* [count] */
    void         *data;                       /* [count][dim...]; NULL until the split is first read */
} npz_part;

typedef struct npz {
    archive        *archive;
    const ltc_host *host;
    pthread_mutex_t lock;                     /* over the loading of data, and so over the archive */
    int64_t         layout;
    uint32_t        sample_type, rank, n_classes, n_splits;
    int64_t         dim[SAMPLE_RANK_MAX];
    ltc_split       split[N_SPLITS];
    npz_part        part[N_SPLITS];
} npz;

static size_t sample_elements(const npz *d)
{
    size_t n = 1;
    for (uint32_t i = 0; i < d->rank; i++)
        n *= (size_t)d->dim[i];
    return n;
}

static size_t element_bytes(const npz *d)
{
    return d->sample_type == LTC_F32 ? sizeof(float) : 1;
}

static ltc_status check_type(const archive_array *x, ltc_error *err)
{
    const npy_header *h = &x->header;
    if (h->kind != 'f' && !(h->kind == 'u' && h->width == 1))
        return ltc_fail(err, LTC_EIO,
                        "%s: samples are %ssigned integers of %" PRIu32 " bits; convert them before saving, "
                        "to uint8 (0 to 255) or to float32",
                        x->place, h->kind == 'u' ? "un" : "", 8 * h->width);
    if (h->rank < 2)
        return ltc_fail(err, LTC_EIO,
                        "%s: has %" PRIu32 " dimensions, and samples take 2 to 4; reshape it to (samples, "
                        "features)", x->place, h->rank);
    if (h->fortran)
        return ltc_fail(err, LTC_EIO, "%s: is in Fortran order; save numpy.ascontiguousarray() of it",
                        x->place);
    return LTC_OK;
}

/* N, F: F numbers. N, H, W: one channel. N, H, W, C: C channels, or as the option says. */
static void shape_of(const npy_header *h, int64_t layout, uint32_t *rank, int64_t dim[SAMPLE_RANK_MAX])
{
    static const uint32_t of_images[][SAMPLE_RANK_MAX] = {
        [CHANNELS_FIRST] = { 1, 2, 3 }, [CHANNELS_LAST] = { 3, 1, 2 },
    };
    static const uint32_t of_grey[SAMPLE_RANK_MAX] = { NPY_RANK_MAX - 1, 1, 2 }; /* beyond its rank, so 1 */
    const uint32_t *const from = h->rank == 4 ? of_images[layout] : h->rank == 3 ? of_grey : of_images[0];
    *rank = h->rank == 2 ? 1 : SAMPLE_RANK_MAX;
    for (uint32_t i = 0; i < *rank; i++)
        dim[i] = (int64_t)h->dim[from[i]];
}

/* What the core takes; sizes in memory are products of these. */
static ltc_status check_amount(const archive_array *x, const npz *d, ltc_error *err)
{
    if (sample_elements(d) > INT32_MAX / element_bytes(d))
        return ltc_fail(err, LTC_EUNSUPPORTED, "%s: a sample has 2 GiB or more; make samples smaller",
                        x->place);
    const uint64_t n = x->header.dim[0];
    if (n > UINT32_MAX || n > PTRDIFF_MAX / (sample_elements(d) * element_bytes(d)))
        return ltc_fail(err, LTC_EUNSUPPORTED, "%s: %" PRIu64 " samples fit no memory; save fewer", x->place,
                        n);
    return LTC_OK;
}

/* The first split says what a sample is, the others agree. */
static ltc_status check_samples(const archive_array *x, npz *d, ltc_error *err)
{
    const uint32_t type = x->header.kind == 'f' ? LTC_F32 : LTC_U8;
    uint32_t rank;
    int64_t dim[SAMPLE_RANK_MAX] = { 0 };
    ltc_status st = check_type(x, err);
    if (st)
        return st;
    shape_of(&x->header, d->layout, &rank, dim);
    if (!d->n_splits) {
        d->sample_type = type;
        d->rank = rank;
        memcpy(d->dim, dim, sizeof dim);
    }
    if (type != d->sample_type || rank != d->rank || memcmp(dim, d->dim, sizeof dim))
        return ltc_fail(err, LTC_EIO,
                        "%s: its samples have another shape or type than the training samples; save all "
                        "splits alike", x->place);
    return check_amount(x, d, err);
}

/* [n] or [n, 1], integers. */
static ltc_status check_labels(const npz_part *p, ltc_error *err)
{
    const npy_header *y = &p->y.header;
    if (y->kind == 'f')
        return ltc_fail(err, LTC_EIO,
                        "%s: labels are integers, and these are floating-point numbers; convert them with "
                        ".astype(numpy.int32) before saving", p->y.place);
    if (y->rank < 1 || y->rank > 2 || y->dim[1] != 1)
        return ltc_fail(err, LTC_EIO,
                        "%s: has %" PRIu32 " dimensions, and labels are one number a sample; save .argmax(1) "
                        "if they are one-hot", p->y.place, y->rank);
    if (y->dim[0] != p->x.header.dim[0])
        return ltc_fail(err, LTC_EIO,
                        "%s: holds %" PRIu64 " labels of %" PRIu64 " samples; name the arrays that belong "
                        "together", p->y.place, y->dim[0], p->x.header.dim[0]);
    return LTC_OK;
}

typedef struct labelling { const archive_array *y; int32_t *label; uint64_t done; int32_t end; } labelling;

static ltc_status take_labels(void *arg, const uint8_t *bytes, size_t n, ltc_error *err)
{
    labelling *l = arg;
    for (size_t at = 0; at < n; at += l->y->header.width, l->done++) {
        const int32_t v = npy_label(&l->y->header, bytes + at);
        if (v < 0 || v >= l->end)
            return ltc_fail(err, LTC_EIO,
                            "%s: the label of sample %" PRIu64 " is %s, and labels are 0 to %" PRId32
                            "; number the classes from 0",
                            l->y->place, l->done, v < 0 ? "negative" : "too large", l->end - 1);
        l->label[l->done] = v;
    }
    return LTC_OK;
}

static ltc_status load_labels(npz *d, npz_part *p, int64_t classes, ltc_error *err)
{
    const uint64_t n = p->y.header.dim[0];
    p->label = n <= SIZE_MAX / sizeof *p->label ? malloc((size_t)n * sizeof *p->label) : NULL;
    if (!p->label)
        return ltc_fail(err, LTC_ENOMEM, "no memory for %" PRIu64 " labels", n);
    labelling l = { &p->y, p->label, 0, classes ? (int32_t)classes : CLASSES_MAX };
    return archive_stream(d->archive, &p->y, d->host, take_labels, &l, err);
}

typedef struct split_names { const char *split, *x_option, *x, *y_option, *y; } split_names;

static ltc_status open_split(const split_names *names, int64_t classes, npz *d, ltc_error *err)
{
    npz_part *p = &d->part[d->n_splits];
    ltc_status st = archive_find(d->archive, names->x, names->x_option, &p->x, err);
    if (!st)
        st = archive_find(d->archive, names->y, names->y_option, &p->y, err);
    if (!st)
        st = check_samples(&p->x, d, err);
    if (!st)
        st = check_labels(p, err);
    if (!st)
        st = load_labels(d, p, classes, err);
    d->split[d->n_splits++] = (ltc_split){ names->split, p->x.header.dim[0] };
    return st;
}

static ltc_status open_splits(const npz_options *o, npz *d, ltc_error *err)
{
    const split_names names[N_SPLITS] = {
        [TRAIN]      = { "train", "x_train", o->x_train, "y_train", o->y_train },
        [VALIDATION] = { "validation", "x_val", o->x_val, "y_val", o->y_val },
        [TEST]       = { "test", "x_test", o->x_test, "y_test", o->y_test },
    };
    ltc_status st = LTC_OK;
    for (int s = 0; s < N_SPLITS && !st; s++)
        if (s != VALIDATION || *o->x_val || *o->y_val)
            st = open_split(&names[s], o->classes, d, err);
    return st;
}

static ltc_status count_classes(const npz_options *o, npz *d, ltc_error *err)
{
    int32_t largest = 0;
    for (uint32_t s = 0; s < d->n_splits; s++)
        for (uint64_t i = 0; i < d->split[s].count; i++)
            largest = d->part[s].label[i] > largest ? d->part[s].label[i] : largest;
    d->n_classes = o->classes ? (uint32_t)o->classes : (uint32_t)largest + 1;
    if (d->n_classes < 2)
        return ltc_fail_opt(err, "classes",
                            "there is one class, and telling classes apart takes two; are these the arrays "
                            "that you mean?");
    return LTC_OK;
}

static void npz_close(void *self)
{
    npz *d = self;
    for (uint32_t s = 0; s < N_SPLITS; s++) {
        free(d->part[s].label);
        free(d->part[s].data);
    }
    archive_close(d->archive);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

static ltc_status npz_open(const ltc_host *h, const void *opts, void **self, ltc_error *err)
{
    const npz_options *o = opts;
    npz *d = calloc(1, sizeof *d);
    if (!d || pthread_mutex_init(&d->lock, NULL)) {
        free(d);
        return ltc_fail(err, LTC_ENOMEM, "no memory to open the data set");
    }
    d->host = h;
    d->layout = o->layout;
    ltc_status st = archive_open(o->path, &d->archive, err);
    if (!st)
        st = open_splits(o, d, err);
    if (!st)
        st = count_classes(o, d, err);
    if (st)
        npz_close(d);
    else
        *self = d;
    return st;
}

static ltc_status npz_info(const void *self, ltc_dataset_info *info, ltc_error *err)
{
    const npz *d = self;
    (void)err;
    info->sample_type = d->sample_type;
    info->rank = d->rank;
    info->dim = d->dim;
    info->n_classes = d->n_classes;
    info->n_splits = d->n_splits;
    info->split = d->split;
    return LTC_OK;
}

/* Where the next element of the file goes: element (pixel, channel) of a sample to (channel, pixel). What is
 * not channels-last is one channel of all the sample's elements. */
typedef struct placing {
    const npy_header *header;
    void  *data;
    size_t channels, pixels, sample, pixel, channel;
} placing;

static size_t next_place(placing *p)
{
    const size_t at = p->sample + p->channel * p->pixels + p->pixel;
    if (++p->channel == p->channels) {
        p->channel = 0;
        p->pixel++;
    }
    if (p->pixel == p->pixels) {
        p->pixel = 0;
        p->sample += p->channels * p->pixels;
    }
    return at;
}

static ltc_status take_samples(void *arg, const uint8_t *bytes, size_t n, ltc_error *err)
{
    placing *p = arg;
    (void)err;
    if (p->header->kind == 'u')
        for (size_t i = 0; i < n; i++)
            ((uint8_t *)p->data)[next_place(p)] = bytes[i];
    else
        for (size_t at = 0; at < n; at += p->header->width)
            ((float *)p->data)[next_place(p)] = npy_float(p->header, bytes + at);
    return LTC_OK;
}

/* A failure leaves nothing behind, so that the next read says it again. */
static ltc_status load_samples(npz *d, npz_part *p, ltc_error *err)
{
    const npy_header *h = &p->x.header;
    const size_t elements = sample_elements(d);
    const size_t channels = h->rank == 4 && d->layout == CHANNELS_LAST ? (size_t)h->dim[3] : 1;
    if (p->data)
        return LTC_OK;
    void *data = malloc((size_t)h->dim[0] * elements * element_bytes(d)); /* see check_amount */
    if (!data)
        return ltc_fail(err, LTC_ENOMEM, "no memory for the samples of %s", p->x.place);
    placing to = { .header = h, .data = data, .channels = channels, .pixels = elements / channels };
    const ltc_status st = archive_stream(d->archive, &p->x, d->host, take_samples, &to, err);
    if (st)
        free(data);
    else
        p->data = data;
    return st;
}

static ltc_status npz_read(const void *self, uint32_t split, uint64_t first, uint64_t count, void *x,
                           int32_t *label, ltc_error *err)
{
    npz *d = (npz *)self;                     /* const to the caller: what loading changes, it cannot see */
    if (split >= d->n_splits || first > d->split[split].count || count > d->split[split].count - first)
        return ltc_fail(err, LTC_EINVAL, "split %" PRIu32 " has no samples %" PRIu64 " to %" PRIu64, split,
                        first, first + count);
    npz_part *p = &d->part[split];
    pthread_mutex_lock(&d->lock);
    const ltc_status st = load_samples(d, p, err);
    pthread_mutex_unlock(&d->lock);
    if (st)
        return st;
    const size_t bytes = sample_elements(d) * element_bytes(d);
    memcpy(x, (const char *)p->data + (size_t)first * bytes, (size_t)count * bytes);
    memcpy(label, p->label + first, (size_t)count * sizeof *label);
    return LTC_OK;
}

static const ltc_dataset_ops npz_ops = {
    LTC_DATASET_OPS,
    .open = npz_open, .close = npz_close, .info = npz_info, .read = npz_read,
};
static const ltc_module npz_module = {
    LTC_MODULE(LTC_DATASET, npz_ops), .name = "npz", .version = "1.0",
    .summary = "arrays of samples and labels in a .npz file, as NumPy saves them and Keras has them",
    .schema = &npz_schema,
};
LTC_PLUGIN(&npz_module);
