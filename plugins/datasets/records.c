/* Owns the open files of one data set of records. The files have no header, so their sizes are all that can
 * be checked on opening: a data set is known by its name, and so is the number of its records. */
#include "records.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { N_SPLITS = 2 };
enum {
    PIXELS      = RECORDS_CHANNELS * RECORDS_SIDE * RECORDS_SIDE,
    AT_ONCE     = 256,                        /* records read between two looks at whether to stop */
    PATH_SHOWN  = 200                         /* of a path in a sentence, or the remedy would be cut off */
};

typedef struct record_file { char *path; int fd; } record_file;

typedef struct records {
    const records_kind *kind;
    const ltc_host     *host;
    uint32_t            which;
    record_file         file[N_SPLITS][RECORDS_FILES_MAX];
    ltc_split           split[N_SPLITS];
} records;

static const int64_t image_dim[] = { RECORDS_CHANNELS, RECORDS_SIDE, RECORDS_SIDE };

/* The end of a path, which is what tells files apart. */
static const char *shown(const char *path)
{
    const size_t n = strlen(path);
    return n > PATH_SHOWN ? path + n - PATH_SHOWN : path;
}

static size_t record_bytes(const records_kind *kind)
{
    return kind->n_labels + (size_t)PIXELS;
}

/* "DIRECTORY/NAME", for free(); NULL: no memory. */
static char *print_path(const char *directory, const char *name)
{
    const size_t room = strlen(directory) + strlen(name) + sizeof "/";
    char *path = malloc(room);
    if (path)
        snprintf(path, room, "%s/%s", directory, name);
    return path;
}

static ltc_status check_directory(const records_kind *kind, const char *directory, ltc_error *err)
{
    struct stat is;
    if (stat(directory, &is))
        return ltc_fail_opt(err, "path", "no directory %s (%s); %s", shown(directory), strerror(errno),
                            kind->remedy);
    if (!S_ISDIR(is.st_mode))
        return ltc_fail_opt(err, "path", "%s is not a directory; %s", shown(directory), kind->remedy);
    return LTC_OK;
}

/* A size that is wrong but whole records is somebody's part of the data set: taken for the whole, its results
 * would carry the wrong name. */
static ltc_status check_size(const records_kind *kind, const records_split *s, const record_file *f,
                             uint64_t is, ltc_error *err)
{
    const uint64_t bytes = record_bytes(kind), full = s->per_file * bytes;
    if (is == full)
        return LTC_OK;
    return ltc_fail(err, LTC_EIO,
                    "%s: the file has %" PRIu64 " bytes, and %" PRIu64 " records of %s are %" PRIu64 "; %s",
                    shown(f->path), is, s->per_file, kind->title, full,
                    is && is % bytes == 0 ? "fetch it again, or read part of a data set with the plug-in npz"
                                          : "fetch it again");
}

static ltc_status look(const records_kind *kind, const records_split *s, const record_file *f, ltc_error *err)
{
    struct stat is;
    if (f->fd < 0 && errno == ENOENT)
        return ltc_fail(err, LTC_EIO, "%s: there is no such file; %s", shown(f->path), kind->remedy);
    if (f->fd < 0 || fstat(f->fd, &is))
        return ltc_fail(err, LTC_EIO, "%s: cannot be read: %s", shown(f->path), strerror(errno));
    if (!S_ISREG(is.st_mode))
        return ltc_fail(err, LTC_EIO, "%s: is not a file", shown(f->path));
    return check_size(kind, s, f, is.st_size > 0 ? (uint64_t)is.st_size : 0, err);
}

static ltc_status open_split(const char *directory, uint32_t number, records *r, ltc_error *err)
{
    const records_split *s = &r->kind->split[number];
    ltc_status st = LTC_OK;
    for (uint32_t i = 0; i < s->n_files && !st; i++) {
        record_file *f = &r->file[number][i];
        f->path = print_path(directory, s->file[i]);
        if (!f->path)
            return ltc_fail(err, LTC_ENOMEM, "no memory for the name of a file");
        f->fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);      /* else a named pipe would hold us */
        st = look(r->kind, s, f, err);
    }
    r->split[number] = (ltc_split){ s->name, s->n_files * s->per_file };
    return st;
}

static records *create(const records_kind *kind, uint32_t which, const ltc_host *h)
{
    records *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    *r = (records){ .kind = kind, .which = which, .host = h };
    for (uint32_t s = 0; s < N_SPLITS; s++)
        for (uint32_t i = 0; i < RECORDS_FILES_MAX; i++)
            r->file[s][i].fd = -1;
    return r;
}

ltc_status records_open(const records_kind *kind, uint32_t which, const ltc_host *h, const char *directory,
                        void **self, ltc_error *err)
{
    ltc_status st = check_directory(kind, directory, err);
    if (st)
        return st;
    records *r = create(kind, which, h);
    if (!r)
        return ltc_fail(err, LTC_ENOMEM, "no memory to open %s", kind->title);
    for (uint32_t s = 0; s < N_SPLITS && !st; s++)
        st = open_split(directory, s, r, err);
    if (st)
        records_close(r);
    else
        *self = r;
    return st;
}

void records_close(void *self)
{
    records *r = self;
    for (uint32_t s = 0; s < N_SPLITS; s++)
        for (uint32_t i = 0; i < RECORDS_FILES_MAX; i++) {
            free(r->file[s][i].path);
            if (r->file[s][i].fd >= 0)
                close(r->file[s][i].fd);      /* read only: nothing can be lost here */
        }
    free(r);
}

ltc_status records_info(const void *self, ltc_dataset_info *info, ltc_error *err)
{
    const records *r = self;
    const records_label *label = &r->kind->label[r->which];
    (void)err;
    info->sample_type = LTC_U8;
    info->rank = sizeof image_dim / sizeof image_dim[0];
    info->dim = image_dim;
    info->n_classes = label->n_classes;
    info->class_name = label->class_name;
    info->n_splits = N_SPLITS;
    info->split = r->split;
    info->mean = r->kind->mean;
    info->std = r->kind->std;
    return LTC_OK;
}

/* n bytes from a place in a file, or a sentence that says why there are fewer. */
static ltc_status get(const record_file *f, uint64_t at, size_t n, uint8_t *to, ltc_error *err)
{
    for (size_t done = 0; done < n;) {
        const ssize_t got = pread(f->fd, to + done, n - done, (off_t)(at + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ltc_fail(err, LTC_EIO, "%s: %s", shown(f->path), strerror(errno));
        if (!got)
            return ltc_fail(err, LTC_EIO, "%s: the file became shorter while it was read; fetch it again",
                            shown(f->path));
        done += (size_t)got;
    }
    return LTC_OK;
}

/* All bytes of labels of record `number` of a file. */
static ltc_status check_labels(const records_kind *kind, const record_file *f, uint64_t number,
                               const uint8_t *record, ltc_error *err)
{
    for (uint32_t i = 0; i < kind->n_labels; i++)
        if (record[i] >= kind->label[i].n_classes)
            return ltc_fail(err, LTC_EIO,
                            "%s: byte %" PRIu32 " of record %" PRIu64 " is label %d, not 0 to %" PRIu32
                            "; fetch the file again",
                            shown(f->path), i, number, record[i], kind->label[i].n_classes - 1);
    return LTC_OK;
}

/* n records of one file, from number `first` on; room is for as many records. */
static ltc_status get_records(const records *r, const record_file *f, uint64_t first, size_t n, uint8_t *room,
                              uint8_t *x, int32_t *label, ltc_error *err)
{
    const size_t bytes = record_bytes(r->kind);
    ltc_status st = get(f, first * bytes, n * bytes, room, err);
    for (size_t i = 0; i < n && !st; i++) {
        const uint8_t *record = room + i * bytes;
        st = check_labels(r->kind, f, first + i, record, err);
        label[i] = record[r->which];
        memcpy(x + i * PIXELS, record + r->kind->n_labels, PIXELS);
    }
    return st;
}

/* In pieces that end where a file does. */
static ltc_status get_range(const records *r, uint32_t split, uint64_t first, uint64_t count, uint8_t *room,
                            uint8_t *x, int32_t *label, ltc_error *err)
{
    const uint64_t per_file = r->kind->split[split].per_file;
    ltc_status st = LTC_OK;
    for (uint64_t done = 0, n; done < count && !st; done += n) {
        const record_file *f = &r->file[split][(first + done) / per_file];
        const uint64_t number = (first + done) % per_file;
        n = count - done < AT_ONCE ? count - done : AT_ONCE;
        n = per_file - number < n ? per_file - number : n;
        if (LTC_HAS(r->host, cancelled) && r->host->cancelled(r->host))
            return ltc_fail(err, LTC_ECANCELLED, "stopped while reading %s", shown(f->path));
        st = get_records(r, f, number, (size_t)n, room, x + done * PIXELS, label + done, err);
    }
    return st;
}

ltc_status records_read(const void *self, uint32_t split, uint64_t first, uint64_t count, void *x,
                        int32_t *label, ltc_error *err)
{
    const records *r = self;
    if (split >= N_SPLITS || first > r->split[split].count || count > r->split[split].count - first)
        return ltc_fail(err, LTC_EINVAL, "%s has no samples %" PRIu64 " to %" PRIu64 " in split %" PRIu32,
                        r->kind->title, first, first + count, split);
    uint8_t *room = malloc(AT_ONCE * record_bytes(r->kind));
    if (!room)
        return ltc_fail(err, LTC_ENOMEM, "no memory to read %s", r->kind->title);
    const ltc_status st = get_range(r, split, first, count, room, x, label, err);
    free(room);
    return st;
}
