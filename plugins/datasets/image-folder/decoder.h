/* Decoders: one function a format, from the bytes of a file to rows of pixels. A decoder says nothing by
 * itself, allocates nothing that outlives it, and never leaves but by returning. Used by picture.c. */
#ifndef DATASETS_IMAGE_FOLDER_DECODER_H
#define DATASETS_IMAGE_FOLDER_DECODER_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DECODER_CHANNELS_MAX = 4, DECODER_SAID_BYTES = 200 };

typedef struct decoding {
    const uint8_t *byte;                      /* [n], the file */
    size_t    n, at;                          /* at: how many have been taken */
    uint32_t  height, width;                  /* as the header has them */
    uint64_t  pixels_max;                     /* that the densest file of so many bytes has */
    uint32_t  wanted_height, wanted_width;    /* only such an image is decoded; 0: none is */
    uint32_t  channels;                       /* 1: grey, 2: grey and alpha, 3: RGB, 4: RGB and alpha */
    uint8_t  *pixel;                          /* [height][width][channels], the caller's, with room for 4 */
    bool      unsupported;                    /* what failed is not the file's fault */
    char      said[DECODER_SAID_BYTES];       /* what the library had to say */
    jmp_buf   escape;                         /* where the library's errors lead to */
} decoding;

/* False: `said` has the reason. Pixels are there only if the header's size is the wanted one, and whoever
 * takes that size from the header itself asks pixels_max whether it can be true. [any] */
bool decode_png(decoding *d);
bool decode_jpeg(decoding *d);

/* Whether the header's size is the wanted one; the rest of the file is of no interest if not. */
static inline bool decoding_goes_on(const decoding *d)
{
    return d->height == d->wanted_height && d->width == d->wanted_width;
}

#endif
