/* image-folder: a folder of images with a folder for each class, as CINIC-10 and most collections come:
 * PATH/{train,valid,test}/CLASS/NAME.png, .jpg or .jpeg. Samples stand in the order of their names, so
 * that they are a function of the files and not of the file system. Opening lists the folder; reading
 * decodes, on the host's threads, or copies what an earlier run decoded. picture.h says what becomes of
 * colours and of transparency. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <ltcore/dataset.h>

#include "cache.h"
#include "key.h"
#include "picture.h"
#include "tree.h"

enum { CHUNK_BYTES = 1 << 16 };               /* of samples: what one thread decodes at a time */
enum { TOLD_FROM = 1000, TOLD_PARTS = 4 };    /* a split of so many images says so often how far it is */

typedef struct folder_options {
    const char *path;
    int64_t     channels, height, width, cache;
} folder_options;

static const char *const channel_names[] = { "rgb", "grey", NULL };
static const uint32_t channel_counts[] = { 3, 1 };

static const ltc_opt folder_table[] = {
    LTC_PATH(folder_options, path, NULL,
             "directory of the folders train, test and perhaps valid (also val, validation), each with a "
             "folder for "
             "each class, with the images (.png, .jpg, .jpeg) in it",
             .flags = LTC_OPT_SEARCH | LTC_OPT_NEUTRAL | LTC_OPT_REQUIRED),
    LTC_ENUM(folder_options, channels, 0, channel_names,
             "what each image becomes: three channels, a grey one having the same thrice; or one, which of "
             "colours is "
             "(19595 R + 38470 G + 7471 B + 32768) >> 16"),
    LTC_INT(folder_options, height, 0, 0, PICTURE_SIDE_MAX,
            "rows that every image must have; 0: those of the first training image. Nothing is resized"),
    LTC_INT(folder_options, width, 0, 0, PICTURE_SIDE_MAX, "columns, likewise"),
    LTC_BOOL(folder_options, cache, 1,
             "keep what was decoded, so that a later run need not decode again, in $XDG_CACHE_HOME/ltcore, "
             "by default "
             "~/.cache/ltcore",
             .flags = LTC_OPT_NEUTRAL),
};
static const ltc_schema folder_schema = LTC_SCHEMA(folder_options, folder_table);

/* One split being read. */
typedef struct shelf {
    pthread_mutex_t lock;                     /* over `looked` and the cache's beginning */
    bool            looked;
    cache           cache;
} shelf;

typedef struct folder {
    const ltc_host *host;
    tree            tree;
    picture_form    form;
    size_t          sample_bytes;
    int64_t         dim[3];
    ltc_split       split[TREE_SPLITS];
    char           *cache_directory;          /* NULL: nothing is kept */
    pthread_mutex_t threads;                  /* the host's: one loop at a time */
    uint32_t        n_shelves;                /* that are to be destroyed */
    shelf           shelf[TREE_SPLITS];
} folder;

static ltc_status no_memory(ltc_error *err)
{
    return ltc_fail(err, LTC_ENOMEM, "no memory to open a folder of images");
}

/* Whatever the options leave open is as in the first training image. */
static ltc_status choose_form(const folder_options *o, folder *f, ltc_error *err)
{
    ltc_status st = LTC_OK;
    f->form.channels = channel_counts[o->channels];
    f->form.origin =
        o->height && o->width ? "as the options height and width say" : "as the first training image";
    if (!o->height || !o->width) {
        char *path = tree_path(&f->tree, TREE_TRAIN, 0);
        st = path ? picture_measure(path, &f->tree.split[TREE_TRAIN].file[0].stamp, &f->form, err)
                  : no_memory(err);
        free(path);
    }
    if (o->height)
        f->form.height = (uint32_t)o->height;
    if (o->width)
        f->form.width = (uint32_t)o->width;
    f->sample_bytes = (size_t)f->form.channels * f->form.height * f->form.width;
    return st;
}

static void describe(folder *f)
{
    f->dim[0] = f->form.channels, f->dim[1] = f->form.height, f->dim[2] = f->form.width;
    for (uint32_t s = 0; s < f->tree.n_splits; s++)
        f->split[s] = (ltc_split){ f->tree.split[s].name, f->tree.split[s].n };
    if (f->tree.ignored)
        TREE_SAY(f->host, LTC_LOG_INFO,
                 "%s: passed over %zu entries that are neither an image by name (.png, .jpg, .jpeg) "
                 "nor the folder of a class",
                 tree_shown(f->tree.path), f->tree.ignored);
}

static ltc_status create_shelves(folder *f, ltc_error *err)
{
    for (; f->n_shelves < TREE_SPLITS; f->n_shelves++) {
        shelf *s = &f->shelf[f->n_shelves];
        if (!cache_create(&s->cache, f->host))
            return no_memory(err);
        if (pthread_mutex_init(&s->lock, NULL)) {
            cache_destroy(&s->cache);
            return no_memory(err);
        }
    }
    return LTC_OK;
}

/* "CACHE/image-folder" if there is a place and the user wants one. */
static ltc_status choose_cache(const folder_options *o, folder *f, ltc_error *err)
{
    static const char own[] = "/image-folder";
    if (!o->cache || !LTC_HAS(f->host, cache))
        return LTC_OK;
    const size_t room = strlen(f->host->cache) + sizeof own;
    f->cache_directory = malloc(room);
    if (!f->cache_directory)
        return no_memory(err);
    snprintf(f->cache_directory, room, "%s%s", f->host->cache, own);
    return LTC_OK;
}

static void folder_close(void *self)
{
    folder *f = self;
    for (uint32_t s = 0; s < f->n_shelves; s++) {
        cache_destroy(&f->shelf[s].cache);
        pthread_mutex_destroy(&f->shelf[s].lock);
    }
    pthread_mutex_destroy(&f->threads);
    tree_close(&f->tree);
    free(f->cache_directory);
    free(f);
}

static ltc_status folder_open(const ltc_host *h, const void *opts, void **self, ltc_error *err)
{
    const folder_options *o = opts;
    folder *f = calloc(1, sizeof *f);
    if (!f || pthread_mutex_init(&f->threads, NULL)) {
        free(f);
        return no_memory(err);
    }
    f->host = h;
    ltc_status st = create_shelves(f, err);
    if (!st)
        st = tree_open(o->path, h, &f->tree, err);
    if (!st)
        st = choose_form(o, f, err);
    if (!st)
        st = choose_cache(o, f, err);
    if (st) {
        folder_close(f);
        return st;
    }
    describe(f);
    *self = f;
    return LTC_OK;
}

static ltc_status folder_info(const void *self, ltc_dataset_info *info, ltc_error *err)
{
    const folder *f = self;
    (void)err;
    info->sample_type = LTC_U8;
    info->rank = 3;
    info->dim = f->dim;
    info->n_classes = f->tree.n_classes;
    info->class_name = (const char *const *)f->tree.class_name;
    info->n_splits = f->tree.n_splits;
    info->split = f->split;
    return LTC_OK;
}

/* A range of images that several threads decode. */
typedef struct batch {
    const folder   *f;
    uint32_t        split;
    size_t          first;
    uint8_t        *x;
    pthread_mutex_t lock;                     /* over what follows */
    size_t          failed_at;                /* of the failures the first in order, whichever came first */
    ltc_status      st;
    ltc_error       why;
} batch;

static ltc_status decode_one(const batch *b, size_t i, picture_room *room, ltc_error *err)
{
    const folder *f = b->f;
    if (LTC_HAS(f->host, cancelled) && f->host->cancelled(f->host))
        return ltc_fail(err, LTC_ECANCELLED, "stopped while decoding the images of %s",
                        tree_shown(f->tree.path));
    char *path = tree_path(&f->tree, b->split, b->first + i);
    const tree_stamp *stamp = &f->tree.split[b->split].file[b->first + i].stamp;
    const ltc_status st = path ? picture_read(path, stamp, &f->form, room, b->x + i * f->sample_bytes, err)
                               : ltc_fail(err, LTC_ENOMEM, "no memory to decode images");
    free(path);
    return st;
}

static void note_failure(batch *b, size_t at, ltc_status st, const ltc_error *why)
{
    pthread_mutex_lock(&b->lock);
    if (!b->st || at < b->failed_at)
        b->failed_at = at, b->st = st, b->why = *why;
    pthread_mutex_unlock(&b->lock);
}

static ltc_status decode_chunk(void *arg, size_t begin, size_t end)
{
    batch *b = arg;
    picture_room room = { 0 };
    ltc_error why = { .message = "" };
    ltc_status st = LTC_OK;
    for (size_t i = begin; i < end && !st; i++)
        if ((st = decode_one(b, i, &room, &why)))
            note_failure(b, i, st, &why);
    picture_room_free(&room);
    return st;
}

/* On the host's threads, unless another call has them: then on the caller's own. */
static ltc_status decode_all(folder *f, batch *b, size_t count)
{
    const bool shared = LTC_HAS(f->host, parallel) && !pthread_mutex_trylock(&f->threads);
    if (!shared)
        return decode_chunk(b, 0, count);
    const ltc_status st =
        f->host->parallel(f->host, count, CHUNK_BYTES / f->sample_bytes + 1, decode_chunk, b);
    pthread_mutex_unlock(&f->threads);
    return st;
}

static ltc_status decode(folder *f, uint32_t split, uint64_t first, uint64_t count, uint8_t *x,
                         ltc_error *err)
{
    batch b = { .f = f, .split = split, .first = (size_t)first, .x = x };
    if (pthread_mutex_init(&b.lock, NULL))
        return ltc_fail(err, LTC_ENOMEM, "no memory to decode images");
    ltc_status st = decode_all(f, &b, (size_t)count);
    pthread_mutex_destroy(&b.lock);
    if (b.st)
        *err = b.why, st = b.st;
    else if (st)
        ltc_fail(err, st, "the images of %s were not decoded", tree_shown(f->tree.path));
    return st;
}

/* Once for each split, at its first read. */
static cache *ready_cache(folder *f, uint32_t split)
{
    shelf *s = &f->shelf[split];
    cache_request r = { .directory = f->cache_directory,
                        .count = f->split[split].count,
                        .sample_bytes = f->sample_bytes };
    pthread_mutex_lock(&s->lock);
    if (!s->looked && f->cache_directory && key_of_place(&f->tree, split, &f->form, &r.name) &&
        key_of_files(&f->tree, split, &f->form, &r.of))
        cache_begin(&s->cache, &r);
    s->looked = true;
    pthread_mutex_unlock(&s->lock);
    return &s->cache;
}

/* Each quarter of a split that takes a while. */
static void tell(const folder *f, uint32_t split, uint64_t first, uint64_t end)
{
    const uint64_t n = f->split[split].count;
    if (n >= TOLD_FROM && first * TOLD_PARTS / n != end * TOLD_PARTS / n)
        TREE_SAY(f->host, LTC_LOG_INFO, "decoded %" PRIu64 " of the %" PRIu64 " %s images", end, n,
                 f->split[split].name);
}

static ltc_status folder_read(const void *self, uint32_t split, uint64_t first, uint64_t count, void *x,
                              int32_t *label, ltc_error *err)
{
    folder *f = (folder *)(uintptr_t)self;    /* const to the caller: what reading changes, it cannot see */
    if (split >= f->tree.n_splits || first > f->split[split].count || count > f->split[split].count - first)
        return ltc_fail(err, LTC_EINVAL, "%s has no images %" PRIu64 " to %" PRIu64 " in split %" PRIu32,
                        tree_shown(f->tree.path), first, first + count, split);
    for (uint64_t i = 0; i < count; i++)
        label[i] = (int32_t)f->tree.split[split].file[first + i].label;
    cache *kept = ready_cache(f, split);
    if (cache_get(kept, first, count, x))
        return LTC_OK;
    const ltc_status st = decode(f, split, first, count, x, err);
    if (st)
        return st;
    cache_put(kept, first, count, x);
    tell(f, split, first, first + count);
    return LTC_OK;
}

static const ltc_dataset_ops folder_ops = {
    LTC_DATASET_OPS,
    .open = folder_open, .close = folder_close, .info = folder_info, .read = folder_read,
};
static const ltc_module image_folder = {
    LTC_MODULE(LTC_DATASET, folder_ops), .name = "image-folder", .version = "1.0",
    .summary = "PNG and JPEG images in a folder for each class, as PATH/{train,valid,test}/CLASS/*.png",
    .schema = &folder_schema,
};
LTC_PLUGIN(&image_folder);
