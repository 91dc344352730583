/* JPEG, through libjpeg-turbo: baseline and progressive, grey and colour. The exact integer transform and
 * smooth upsampling are asked for by name, so that no build's defaults decide on pixels. Errors, and
 * warnings that mean that a part of the picture was made up, come back by longjmp, as libjpeg.txt has it
 * under "Error handling". */
#include "decoder.h"

#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

_Static_assert(DECODER_SAID_BYTES >= JMSG_LENGTH_MAX, "room for what libjpeg says");

typedef struct jpeg {
    struct jpeg_decompress_struct library;
    struct jpeg_error_mgr errors;
    decoding *d;
    bool scanning;                            /* behind the header */
} jpeg;

static void fail(j_common_ptr c)
{
    decoding *d = ((jpeg *)c->client_data)->d;
    c->err->format_message(c, d->said);
    longjmp(d->escape, 1);
}

enum { STRAY_BYTES = 2 };

/* Warnings after which the pixels are those that were stored: a header of a later version of JFIF, and
 * bytes before a marker that belong to nothing. Behind the header these are often what is left over when
 * damaged data ended too soon, so there no more are passed over than the one or two with which some
 * encoders fill up. */
static bool is_harmless(j_common_ptr c)
{
    const jpeg *j = (jpeg *)c->client_data;
    return c->err->msg_code == JWRN_JFIF_MAJOR || (c->err->msg_code == JWRN_EXTRANEOUS_DATA &&
                                                   (!j->scanning || c->err->msg_parm.i[0] <= STRAY_BYTES));
}

/* In place of the library's own, which prints. */
static void hear(j_common_ptr c, int level)
{
    if (level < 0 && !is_harmless(c))         /* else a trace */
        c->err->error_exit(c);
}

static void refuse(jpeg *j, const char *why)
{
    j->d->unsupported = true;
    snprintf(j->d->said, sizeof j->d->said, "%s", why);
    longjmp(j->d->escape, 1);
}

static void choose_output(jpeg *j)
{
    struct jpeg_decompress_struct *c = &j->library;
    if (c->jpeg_color_space == JCS_CMYK || c->jpeg_color_space == JCS_YCCK)
        refuse(j, "it is stored in four inks (CMYK), not in colours; convert it to RGB");
    if (c->jpeg_color_space == JCS_UNKNOWN)
        refuse(j, "its colours are of an unknown kind; convert it to RGB");
    const bool grey = c->jpeg_color_space == JCS_GRAYSCALE;
    c->out_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
    c->dct_method = JDCT_ISLOW;
    c->do_fancy_upsampling = TRUE;
    j->d->channels = grey ? 1 : 3;
}

static void get_rows(jpeg *j)
{
    struct jpeg_decompress_struct *c = &j->library;
    choose_output(j);
    j->scanning = true;
    jpeg_start_decompress(c);
    const size_t row = (size_t)j->d->width * j->d->channels;
    while (c->output_scanline < c->output_height) {
        JSAMPROW to = j->d->pixel + c->output_scanline * row;
        jpeg_read_scanlines(c, &to, 1);
    }
    jpeg_finish_decompress(c);
}

/* Huffman codes take a bit or more for each block of 64 pixels. Arithmetic ones may take less, and what is
 * sixteen times denser is taken for damaged all the same. */
static uint64_t most_pixels(const struct jpeg_decompress_struct *c, size_t bytes)
{
    return bytes * UINT64_C(8) * 64 * (c->arith_code ? 16 : 1);
}

static bool decode(jpeg *j)
{
    if (setjmp(j->d->escape))
        return false;
    jpeg_create_decompress(&j->library);
    jpeg_mem_src(&j->library, j->d->byte, j->d->n);
    jpeg_read_header(&j->library, TRUE);
    j->d->height = j->library.image_height;
    j->d->width = j->library.image_width;
    j->d->pixels_max = most_pixels(&j->library, j->d->n);
    if (decoding_goes_on(j->d))
        get_rows(j);
    return true;
}

bool decode_jpeg(decoding *d)
{
    jpeg j = { .d = d };
    j.library.err = jpeg_std_error(&j.errors);
    j.library.client_data = &j;
    j.errors.error_exit = fail;
    j.errors.emit_message = hear;
    const bool ok = decode(&j);
    jpeg_destroy_decompress(&j.library);      /* safe on one that was never made, since it is zeroed */
    return ok;
}
