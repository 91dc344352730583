/* Picture: one image file, decoded to the bytes of a sample. Which format it is says its first bytes, not
 * its name. Used by image-folder.c.
 *
 * Colours. Bytes are those that the file stores, at 8 bits: no gamma, no colour profile, no rotation by
 * EXIF. A grey image wanted in colour has three equal channels. A coloured one wanted in grey becomes
 *   L = (19595 R + 38470 G + 7471 B + 32768) >> 16
 * which is ITU-R BT.601-2 luma in 16 bits, as Pillow's convert("L"). Where alpha is 255 it is dropped; a
 * picture with a transparent pixel is refused, since nothing says what lies behind it. */
#ifndef DATASETS_IMAGE_FOLDER_PICTURE_H
#define DATASETS_IMAGE_FOLDER_PICTURE_H

#include <ltcore/plugin.h>

#include "tree.h"

enum { PICTURE_SIDE_MAX = 8192 };

typedef struct picture_form {
    uint32_t    channels, height, width;      /* 1: grey, 3: RGB */
    const char *origin;                       /* where height and width come from, for a sentence */
} picture_form;

/* What one thread needs to decode. Zero-initialise. */
typedef struct picture_room {
    uint8_t *file, *pixel;
    size_t   file_bytes, pixel_bytes;         /* that are there */
} picture_room;
void picture_room_free(picture_room *room);

/* Height and width of the file at `path` from its header. `stamp` is what was listed; a file that differs
 * from it was changed since. */
ltc_status picture_measure(const char *path, const tree_stamp *stamp, picture_form *form, ltc_error *err);

/* The sample x [channels][height][width]. Sentences name the file, its size and what the library said.
 * [any], with a room for each thread */
ltc_status picture_read(const char *path, const tree_stamp *stamp, const picture_form *form,
                        picture_room *room, uint8_t *x, ltc_error *err);

#endif
