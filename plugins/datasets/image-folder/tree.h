/* Tree: the files of a folder of images: PATH/SPLIT/CLASS/NAME, in the order of their names. Used by
 * image-folder.c, which numbers its samples as they stand here, and by key.c. */
#ifndef DATASETS_IMAGE_FOLDER_TREE_H
#define DATASETS_IMAGE_FOLDER_TREE_H

#include <sys/stat.h>

#include <ltcore/plugin.h>

enum { TREE_SPLITS = 3, TREE_TRAIN = 0 };     /* train and test, and validation where it is there */

/* What tells that a file is still the one that was listed. */
typedef struct tree_stamp {
    int64_t bytes, inode, modified_s, modified_ns, changed_s, changed_ns;
} tree_stamp;

typedef struct tree_file {
    char      *name;                          /* within its class's folder */
    uint32_t   label, reserved;               /* the class's number */
    tree_stamp stamp;
} tree_file;

typedef struct tree_split {
    const char *name, *folder;                /* "validation", "valid" */
    tree_file  *file;                         /* [n], by class and then by name */
    size_t      n, room;
} tree_split;

typedef struct tree {
    char      *path;
    char     **class_name;                    /* [n_classes], the folders of train, sorted */
    uint32_t   n_classes, n_splits;
    tree_split split[TREE_SPLITS];
    size_t     ignored;                       /* entries that are neither a class nor called as an image is */
} tree;

/* Lists the folder at `path`. Images are the files whose names end in .png, .jpg or .jpeg, in letters of
 * either size; names that begin with a dot are hidden, links are followed. Refuses a folder without train
 * or test, a class that train does not have, and a class of train without an image. Asks h now and then
 * whether to stop. */
ltc_status tree_open(const char *path, const ltc_host *h, tree *t, ltc_error *err);
void tree_close(tree *t);                     /* safe on a zeroed one */

/* PATH/SPLIT/CLASS/NAME of file i of a split, for free(); NULL: no memory. [any] */
char *tree_path(const tree *t, uint32_t split, size_t i);

tree_stamp tree_stamp_of(const struct stat *is);
const char *tree_shown(const char *path);     /* the end of a path: a sentence has an end, too */

/* A sentence for the log of h, which may have none. */
#define TREE_SAY(h, level, ...) \
    do { \
        if (LTC_HAS(h, log)) \
            (h)->log(h, level, __VA_ARGS__); \
    } while (0)

#endif
