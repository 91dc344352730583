/* PNG, through libpng. Any bit depth becomes 8, palettes become colours, transparency of any kind becomes
 * alpha; gamma, colour profiles and all else that is not the picture are passed over. An error of the
 * library comes back by longjmp (libpng-manual.txt, section IV), so that the functions which set up and
 * clean up hold nothing that it could lose. */
#include "decoder.h"

#include <stdio.h>
#include <string.h>

#include <png.h>

static void fail(png_structp png, png_const_charp said)
{
    decoding *d = png_get_error_ptr(png);
    snprintf(d->said, sizeof d->said, "%s", said);
    longjmp(d->escape, 1);
}

static void pass_over(png_structp png, png_const_charp said)
{
    (void)png, (void)said;
}

static void take(png_structp png, png_bytep to, size_t n)
{
    decoding *d = png_get_io_ptr(png);
    if (n > d->n - d->at)
        png_error(png, "the file ends too early");
    memcpy(to, d->byte + d->at, n);
    d->at += n;
}

/* zlib's technical notes: no stream expands by more than 1032. */
static uint64_t most_pixels(png_structp png, png_infop info, size_t bytes)
{
    const uint64_t bits = (uint64_t)png_get_bit_depth(png, info) * png_get_channels(png, info);
    return bytes * UINT64_C(1032) * 8 / bits;
}

/* A damaged chunk is an error even where the picture could do without it: it may have been the
 * transparency. */
static void be_strict(png_structp png)
{
    png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    png_set_benign_errors(png, 0);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);       /* all but the picture's own */
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);       /* decoding_goes_on() sees to it */
}

/* v8 = round(v16 / 257); 1, 2 and 4 bits: v8 = v (255 / (2^bits - 1)). */
static void ask_for_bytes(png_structp png)
{
    png_set_expand(png);
    png_set_scale_16(png);
}

static void get_rows(png_structp png, png_infop info, decoding *d)
{
    ask_for_bytes(png);
    const int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    d->channels = png_get_channels(png, info);
    const size_t row = (size_t)d->width * d->channels;
    if (d->channels > DECODER_CHANNELS_MAX || png_get_rowbytes(png, info) != row)
        png_error(png, "its rows are of an unknown form");
    for (int pass = 0; pass < passes; pass++)
        for (uint32_t y = 0; y < d->height; y++)
            png_read_row(png, d->pixel + y * row, NULL);
    png_read_end(png, NULL);
}

static bool decode(png_structp png, png_infop info, decoding *d)
{
    if (setjmp(d->escape))
        return false;
    be_strict(png);
    png_set_read_fn(png, d, take);
    png_read_info(png, info);
    d->height = png_get_image_height(png, info);
    d->width = png_get_image_width(png, info);
    d->pixels_max = most_pixels(png, info, d->n);
    if (decoding_goes_on(d))
        get_rows(png, info, d);
    return true;
}

bool decode_png(decoding *d)
{
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, d, fail, pass_over);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    snprintf(d->said, sizeof d->said, "libpng has no memory");
    const bool ok = info && decode(png, info, d);
    png_destroy_read_struct(&png, &info, NULL);
    return ok;
}
