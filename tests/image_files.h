/* Images in tests: PNG files of every kind and JPEG files, written by the libraries themselves, in a
 * folder of two classes, "cat" and "dog". Used by the tests of image-folder. */
#ifndef LT_TESTS_IMAGE_FILES_H
#define LT_TESTS_IMAGE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PNG_SAMPLES_MAX = 4 };

/* What is stored: samples [height][width][channels of the colour type], each in [0, 2^depth). */
typedef struct png_picture {
    uint32_t width, height;
    int      colour, depth, interlaced;       /* as libpng counts: PNG_COLOR_TYPE_RGB, ... */
    const uint16_t *sample;
    const uint8_t  *palette;                  /* [n_palette][3] */
    int      n_palette;
    const uint8_t  *alpha;                    /* [n_alpha] of the palette's first colours */
    int      n_alpha;
    int      clear;                           /* the grey value that is transparent; -1: none */
} png_picture;
void write_png(const char *path, const png_picture *p);
int png_samples(int colour);                  /* a pixel */

typedef struct jpeg_picture {
    uint32_t width, height;
    int      channels;                        /* 1: grey, 3: colour, 4: CMYK */
    bool     progressive, subsampled;
    const uint8_t *pixel;                     /* [height][width][channels] */
} jpeg_picture;
void write_jpeg(const char *path, const jpeg_picture *p);

/* A picture of 16 x 16, smooth, so that little is lost: [16][16][channels]. */
void draw_smooth(int channels, uint8_t *pixel);

/* What libjpeg makes of the file with its own defaults: [height][width][3], for free(). */
uint8_t *read_jpeg(const char *path);

/* A grey PNG of 8 bits, height x width, each pixel `value`. */
void write_plain(const char *path, uint32_t height, uint32_t width, int value);

/* A folder with {train,test}/{cat,dog}; write_four puts one plain image of that size into each. */
void make_folder(char path[256]);
void write_four(const char *folder, uint32_t height, uint32_t width);
void remove_folder(const char *path);

/* "FOLDER/NAME" in a buffer of the caller's; gives the buffer. */
char *in_folder(char to[512], const char *folder, const char *name);

/* In a folder: a plain image, a text, a folder; what bears the name is gone afterwards, with all below it. */
void put_plain(const char *folder, const char *name, uint32_t height, uint32_t width, int value);
void put_text(const char *folder, const char *name);
void put_folder(const char *folder, const char *name);
void take_away(const char *folder, const char *name);

/* The whole file, for free(). */
uint8_t *get_file(const char *path, size_t *n);
void put_file(const char *path, const void *p, size_t n);

#endif
