/* Lists a folder of images, split by split and class by class. It looks at names, sizes and times alone,
 * and opens no image. */
#include "tree.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "entries.h"

enum { PATH_SHOWN = 180 };

#define LAYOUT "the layout is PATH/{train,valid,test}/CLASS/*.png, .jpg or .jpeg"

static const char *const endings[] = { ".png", ".jpg", ".jpeg" };
enum { N_ENDINGS = sizeof endings / sizeof endings[0] };

/* What a split is called by ltcore, and the folders that may hold it. */
typedef struct split_names { const char *name, *folder[3]; bool required; } split_names;
static const split_names splits[TREE_SPLITS] = {
    { "train", { "train" }, true },
    { "test", { "test" }, true },
    { "validation", { "valid", "val", "validation" }, false },
};

const char *tree_shown(const char *path)
{
    const size_t n = strlen(path);
    return n > PATH_SHOWN ? path + n - PATH_SHOWN : path;
}

tree_stamp tree_stamp_of(const struct stat *is)
{
    return (tree_stamp){
        .bytes = (int64_t)is->st_size, .inode = (int64_t)is->st_ino,
        .modified_s = (int64_t)is->st_mtim.tv_sec, .modified_ns = (int64_t)is->st_mtim.tv_nsec,
        .changed_s = (int64_t)is->st_ctim.tv_sec, .changed_ns = (int64_t)is->st_ctim.tv_nsec,
    };
}

/* "A/B" for free(); NULL: no memory. */
static char *join(const char *a, const char *b)
{
    const size_t room = strlen(a) + strlen(b) + sizeof "/";
    char *path = malloc(room);
    if (path)
        snprintf(path, room, "%s/%s", a, b);
    return path;
}

char *tree_path(const tree *t, uint32_t split, size_t i)
{
    const tree_split *s = &t->split[split];
    const char *part[] = { t->path, s->folder, t->class_name[s->file[i].label], s->file[i].name };
    size_t room = 4;
    for (int k = 0; k < 4; k++)
        room += strlen(part[k]);
    char *path = malloc(room);
    if (path)
        snprintf(path, room, "%s/%s/%s/%s", part[0], part[1], part[2], part[3]);
    return path;
}

static ltc_status no_memory(const tree *t, ltc_error *err)
{
    return ltc_fail(err, LTC_ENOMEM, "no memory to list %s", tree_shown(t->path));
}

static bool is_image(const char *name)
{
    const size_t n = strlen(name);
    for (size_t i = 0; i < N_ENDINGS; i++) {
        const size_t k = strlen(endings[i]);
        if (n > k && !strcasecmp(name + n - k, endings[i]))
            return true;
    }
    return false;
}

/* Room for one more; false: no memory. */
static bool grow(tree_split *s)
{
    if (s->n < s->room)
        return true;
    const size_t room = s->room ? 2 * s->room : 1024;
    tree_file *file = room < SIZE_MAX / 2 / sizeof *file ? realloc(s->file, room * sizeof *file) : NULL;
    if (file)
        s->file = file, s->room = room;
    return file;
}

/* Takes the name from the entry. */
static ltc_status add_file(tree *t, tree_split *s, const char *folder, uint32_t label, entry *e,
                           ltc_error *err)
{
    if (!is_image(e->name)) {
        t->ignored++;
        return LTC_OK;
    }
    if (!S_ISREG(e->is.st_mode))
        return ltc_fail(err, LTC_EIO,
                        "%s/%.100s: is called as an image is, but is no file; rename or remove it",
                        tree_shown(folder), e->name);
    if (!grow(s))
        return no_memory(t, err);
    s->file[s->n++] = (tree_file){ .name = e->name, .label = label, .stamp = tree_stamp_of(&e->is) };
    e->name = NULL;
    return LTC_OK;
}

static ltc_status add_class(tree *t, tree_split *s, const char *folder, uint32_t label, ltc_error *err)
{
    const size_t before = s->n;
    entries all = { 0 };
    ltc_status st = entries_list(folder, &all, err);
    for (size_t i = 0; i < all.n && !st; i++)
        st = add_file(t, s, folder, label, &all.v[i], err);
    entries_free(&all);
    if (!st && s->n == before && s == &t->split[TREE_TRAIN])
        st = ltc_fail(
            err, LTC_EIO,
            "%s: holds no image, so that this class cannot be learned; images lie in a class's folder "
            "itself, not deeper. Fill it or remove it",
            tree_shown(folder));
    return st;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The number of the class of that name, or n_classes. */
static uint32_t find_class(const tree *t, const char *name)
{
    char *const *at = bsearch(&name, t->class_name, t->n_classes, sizeof *t->class_name, by_text);
    return at ? (uint32_t)(at - t->class_name) : t->n_classes;
}

/* One folder of a split's: a class, if train has it. */
static ltc_status add_folder(tree *t, tree_split *s, const char *path, const char *name, const ltc_host *h,
                             ltc_error *err)
{
    const uint32_t label = find_class(t, name);
    if (LTC_HAS(h, cancelled) && h->cancelled(h))
        return ltc_fail(err, LTC_ECANCELLED, "stopped while listing %s", tree_shown(path));
    if (label == t->n_classes)
        return ltc_fail(
            err, LTC_EIO,
            "%s/%.100s: train has no class of that name; move the folder away, or give train images of it",
            tree_shown(path), name);
    char *folder = join(path, name);
    const ltc_status st = folder ? add_class(t, s, folder, label, err) : no_memory(t, err);
    free(folder);
    return st;
}

/* The folders of train, in the order of their names, are the classes. */
static ltc_status name_classes(tree *t, entries *in, ltc_error *err)
{
    t->class_name = calloc(in->n + 1, sizeof *t->class_name);
    if (!t->class_name)
        return no_memory(t, err);
    for (size_t i = 0; i < in->n; i++) {
        if (!S_ISDIR(in->v[i].is.st_mode))
            continue;
        t->class_name[t->n_classes] = strdup(in->v[i].name);
        if (!t->class_name[t->n_classes++])
            return no_memory(t, err);
    }
    if (t->n_classes >= 2)
        return LTC_OK;
    return ltc_fail_opt(err, "path",
                        "%s/train: holds %" PRIu32 " folders, and each is a class: two are needed; " LAYOUT,
                        tree_shown(t->path), t->n_classes);
}

static ltc_status fill_split(tree *t, tree_split *s, const char *path, const ltc_host *h, ltc_error *err)
{
    entries all = { 0 };
    ltc_status st = entries_list(path, &all, err);
    if (!st && s == &t->split[TREE_TRAIN])
        st = name_classes(t, &all, err);
    for (size_t i = 0; i < all.n && !st; i++) {
        if (S_ISDIR(all.v[i].is.st_mode))
            st = add_folder(t, s, path, all.v[i].name, h, err);
        else
            t->ignored++;
    }
    entries_free(&all);
    if (!st && !s->n)
        st = ltc_fail(err, LTC_EIO, "%s: holds no image; " LAYOUT, tree_shown(path));
    return st;
}

/* Which of a split's folders is there: NULL if none is. */
static ltc_status find_folder(const tree *t, const entries *in, const split_names *names, const char **folder,
                              ltc_error *err)
{
    *folder = NULL;
    for (size_t i = 0; i < 3 && names->folder[i]; i++) {
        const entry *e = entries_find(in, names->folder[i]);
        if (!e || !S_ISDIR(e->is.st_mode))
            continue;
        if (*folder)
            return ltc_fail_opt(err, "path",
                                "%s: %s and %s are there, and both could be for validation; rename one",
                                tree_shown(t->path), *folder, names->folder[i]);
        *folder = names->folder[i];
    }
    if (!*folder && names->required)
        return ltc_fail_opt(err, "path", "%s: there is no folder %s in it; " LAYOUT, tree_shown(t->path),
                            names->folder[0]);
    return LTC_OK;
}

static ltc_status add_split(tree *t, const entries *in, const split_names *names, const ltc_host *h,
                            ltc_error *err)
{
    const char *folder;
    ltc_status st = find_folder(t, in, names, &folder, err);
    if (st || !folder)
        return st;
    tree_split *s = &t->split[t->n_splits++];
    *s = (tree_split){ .name = names->name, .folder = folder };
    char *path = join(t->path, folder);
    st = path ? fill_split(t, s, path, h, err) : no_memory(t, err);
    free(path);
    return st;
}

/* What is there at all: blames the option if it is not a folder. */
static ltc_status list_top(const char *path, entries *in, ltc_error *err)
{
    struct stat is;
    if (stat(path, &is))
        return ltc_fail_opt(err, "path", "no directory %s (%s); " LAYOUT, tree_shown(path), strerror(errno));
    if (!S_ISDIR(is.st_mode))
        return ltc_fail_opt(err, "path", "%s is not a directory; " LAYOUT, tree_shown(path));
    return entries_list(path, in, err);
}

ltc_status tree_open(const char *path, const ltc_host *h, tree *t, ltc_error *err)
{
    tree listed = { .path = strdup(path) };
    entries top = { 0 };
    ltc_status st = listed.path ? list_top(path, &top, err) : ltc_fail(err, LTC_ENOMEM, "no memory");
    for (size_t i = 0; i < TREE_SPLITS && !st; i++)
        st = add_split(&listed, &top, &splits[i], h, err);
    entries_free(&top);
    if (st)
        tree_close(&listed);
    else
        *t = listed;
    return st;
}

void tree_close(tree *t)
{
    for (size_t s = 0; s < TREE_SPLITS; s++) {
        for (size_t i = 0; i < t->split[s].n; i++)
            free(t->split[s].file[i].name);
        free(t->split[s].file);
    }
    for (uint32_t c = 0; c < t->n_classes; c++)
        free(t->class_name[c]);
    free(t->class_name);
    free(t->path);
    *t = (tree){ 0 };
}
