/* Owns the four files of one opened data set. Splits are loaded under a lock and never change afterwards,
 * which is what makes reading [parallel]. */
#include "quartet.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "idx.h"

enum { TRAIN, TEST, N_SPLITS };

typedef struct quartet_names { const char *split, *images, *labels; } quartet_names;
static const quartet_names names[N_SPLITS] = {
    [TRAIN] = { "train", "train-images", "train-labels" },
    [TEST]  = { "test", "t10k-images", "t10k-labels" },
};

typedef struct quartet {
    const quartet_kind *kind;
    const ltc_host     *host;
    pthread_mutex_t     lock;                 /* over the loading of the files' data */
    idx_file            image[N_SPLITS], label[N_SPLITS];
    int64_t             dim[3];
    ltc_split           split[N_SPLITS];
} quartet;

static ltc_status check_directory(const quartet_kind *kind, const char *directory, ltc_error *err)
{
    struct stat is;
    if (stat(directory, &is))
        return ltc_fail_opt(err, "path", "no directory %.200s (%s); %s", directory, strerror(errno),
                            kind->remedy);
    if (!S_ISDIR(is.st_mode))
        return ltc_fail_opt(err, "path", "%.200s is not a directory; %s", directory, kind->remedy);
    return LTC_OK;
}

static ltc_status open_split(const char *directory, int s, quartet *q, ltc_error *err)
{
    ltc_status st = idx_open(directory, names[s].images, 3, &q->image[s], err);
    if (!st)
        st = idx_open(directory, names[s].labels, 1, &q->label[s], err);
    if (st)
        return st;
    if (q->image[s].dim[0] != q->label[s].dim[0])
        return ltc_fail(err, LTC_EIO,
                        "%.200s: %s holds %" PRIu32 " images and %s %" PRIu32 " labels; fetch both "
                        "files again",
                        directory, names[s].images, q->image[s].dim[0], names[s].labels, q->label[s].dim[0]);
    q->split[s] = (ltc_split){ names[s].split, q->image[s].dim[0] };
    return LTC_OK;
}

static ltc_status check_dimensions(const char *directory, quartet *q, ltc_error *err)
{
    const uint32_t *a = q->image[TRAIN].dim, *b = q->image[TEST].dim;
    if (a[1] != b[1] || a[2] != b[2])
        return ltc_fail(err, LTC_EIO,
                        "%.200s: training images are %" PRIu32 " x %" PRIu32 ", test images %" PRIu32
                        " x %" PRIu32 "; are these files of one data set?",
                        directory, a[1], a[2], b[1], b[2]);
    q->dim[0] = 1, q->dim[1] = a[1], q->dim[2] = a[2];
    return LTC_OK;
}

ltc_status quartet_open(const quartet_kind *kind, const ltc_host *h, const char *directory, void **self,
                        ltc_error *err)
{
    ltc_status st = check_directory(kind, directory, err);
    if (st)
        return st;
    quartet *q = calloc(1, sizeof *q);
    if (!q || pthread_mutex_init(&q->lock, NULL)) {
        free(q);
        return ltc_fail(err, LTC_ENOMEM, "no memory to open %s", kind->title);
    }
    q->kind = kind;
    q->host = h;
    for (int s = 0; s < N_SPLITS && !st; s++)
        st = open_split(directory, s, q, err);
    if (!st)
        st = check_dimensions(directory, q, err);
    if (st)
        quartet_close(q);
    else
        *self = q;
    return st;
}

void quartet_close(void *self)
{
    quartet *q = self;
    for (int s = 0; s < N_SPLITS; s++) {
        idx_close(&q->image[s]);
        idx_close(&q->label[s]);
    }
    pthread_mutex_destroy(&q->lock);
    free(q);
}

ltc_status quartet_info(const void *self, ltc_dataset_info *info, ltc_error *err)
{
    const quartet *q = self;
    (void)err;
    info->sample_type = LTC_U8;
    info->rank = 3;
    info->dim = q->dim;
    info->n_classes = QUARTET_CLASSES;
    info->class_name = q->kind->class_name;
    info->n_splits = N_SPLITS;
    info->split = q->split;
    info->mean = &q->kind->mean;
    info->std = &q->kind->std;
    return LTC_OK;
}

/* Out of range, or LTC_OK. */
static ltc_status check_labels(const idx_file *f, ltc_error *err)
{
    for (size_t i = 0; i < f->bytes; i++)
        if (f->data[i] >= QUARTET_CLASSES)
            return ltc_fail(err, LTC_EIO, "%.200s: label %zu is %d, not 0 to %d; fetch the file again",
                            f->path, i, f->data[i], QUARTET_CLASSES - 1);
    return LTC_OK;
}

/* Both files of a split in memory. A failure leaves nothing behind, so that the next read says it again. */
static ltc_status load_split(quartet *q, uint32_t s, ltc_error *err)
{
    idx_file *image = &q->image[s], *label = &q->label[s];
    ltc_status st = label->data ? LTC_OK : idx_load(label, q->host, err);
    if (!st)
        st = check_labels(label, err);
    if (!st && !image->data)
        st = idx_load(image, q->host, err);
    return st;
}

ltc_status quartet_read(const void *self, uint32_t split, uint64_t first, uint64_t count, void *x,
                        int32_t *label, ltc_error *err)
{
    quartet *q = (quartet *)self;             /* const to the caller: what loading changes, it cannot see */
    if (split >= N_SPLITS || first > q->split[split].count || count > q->split[split].count - first)
        return ltc_fail(err, LTC_EINVAL, "%s has no samples %" PRIu64 " to %" PRIu64 " in split %" PRIu32,
                        q->kind->title, first, first + count, split);
    pthread_mutex_lock(&q->lock);
    const ltc_status st = load_split(q, split, err);
    pthread_mutex_unlock(&q->lock);
    if (st)
        return st;
    const size_t bytes = (size_t)q->dim[1] * (size_t)q->dim[2];
    memcpy(x, q->image[split].data + first * bytes, (size_t)count * bytes);
    for (uint64_t i = 0; i < count; i++)
        label[i] = q->label[split].data[first + i];
    return LTC_OK;
}
