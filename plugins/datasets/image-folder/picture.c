/* Brings a file into memory, picks its decoder, and arranges what comes out as a sample: planes instead of
 * pixels, in the channels that were asked for. */
#include "picture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "decoder.h"

static const int64_t file_bytes_max = (int64_t)1 << 30;       /* a larger one is no image of 8192 x 8192 */

/* By first bytes: PNG 1.2, section 3.1; ITU-T T.81, B.2.1, and the marker that must follow. */
typedef struct format { const char *name, *begins; size_t n; bool (*decode)(decoding *d); } format;
static const format formats[] = {
    { "PNG", "\x89PNG\r\n\x1a\n", 8, decode_png },
    { "JPEG", "\xff\xd8\xff", 3, decode_jpeg },
};
enum { N_FORMATS = sizeof formats / sizeof formats[0] };

/* Room for n bytes; what was in it may go. */
static bool make_room(uint8_t **at, size_t *bytes, size_t n)
{
    if (n <= *bytes)
        return true;
    free(*at);
    *at = malloc(n);
    *bytes = *at ? n : 0;
    return *at;
}

void picture_room_free(picture_room *room)
{
    free(room->file);
    free(room->pixel);
    *room = (picture_room){ 0 };
}

/* Inode numbers are left out: some network file systems give new ones each time. */
static ltc_status check_stamp(int fd, const char *path, const tree_stamp *listed, ltc_error *err)
{
    struct stat is;
    if (fstat(fd, &is))
        return ltc_fail(err, LTC_EIO, "%s: cannot be read: %s", tree_shown(path), strerror(errno));
    tree_stamp now = tree_stamp_of(&is);
    now.inode = listed->inode;
    if (memcmp(&now, listed, sizeof now))
        return ltc_fail(err, LTC_EIO, "%s: the file was changed while the data set was read; start again",
                        tree_shown(path));
    return LTC_OK;
}

static ltc_status get_bytes(int fd, const char *path, uint8_t *to, size_t n, ltc_error *err)
{
    for (size_t done = 0; done < n;) {
        const ssize_t got = read(fd, to + done, n - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ltc_fail(err, LTC_EIO, "%s: cannot be read: %s", tree_shown(path), strerror(errno));
        if (!got)
            return ltc_fail(err, LTC_EIO, "%s: ends before its %zu bytes; start again", tree_shown(path), n);
        done += (size_t)got;
    }
    return LTC_OK;
}

/* The whole file into room->file. */
static ltc_status load(const char *path, const tree_stamp *stamp, picture_room *room, ltc_error *err)
{
    if (stamp->bytes > file_bytes_max)
        return ltc_fail(err, LTC_EUNSUPPORTED,
                        "%s: has %" PRId64 " bytes, more than an image that can be used here",
                        tree_shown(path), stamp->bytes);
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return ltc_fail(err, LTC_EIO, "%s: cannot be read: %s", tree_shown(path), strerror(errno));
    ltc_status st = check_stamp(fd, path, stamp, err);
    if (!st && !make_room(&room->file, &room->file_bytes, (size_t)stamp->bytes + 1))
        st = ltc_fail(err, LTC_ENOMEM, "no memory for the %" PRId64 " bytes of %s", stamp->bytes,
                      tree_shown(path));
    if (!st)
        st = get_bytes(fd, path, room->file, (size_t)stamp->bytes, err);
    close(fd);
    return st;
}

static const format *find_format(const uint8_t *byte, size_t n)
{
    for (const format *f = formats; f < formats + N_FORMATS; f++)
        if (n >= f->n && !memcmp(byte, f->begins, f->n))
            return f;
    return NULL;
}

static ltc_status decode(const char *path, decoding *d, ltc_error *err)
{
    const format *f = find_format(d->byte, d->n);
    if (!f)
        return ltc_fail(err, LTC_EIO,
                        "%s: neither a PNG nor a JPEG file, by its first of %zu bytes; mend or remove it",
                        tree_shown(path), d->n);
    if (f->decode(d))
        return LTC_OK;
    return d->unsupported
               ? ltc_fail(err, LTC_EUNSUPPORTED, "%s: %s", tree_shown(path), d->said)
               : ltc_fail(err, LTC_EIO, "%s: the %s file is damaged (%s); fetch it again, or remove it",
                          tree_shown(path), f->name, d->said);
}

/* A size that all samples will have, and memory for them. */
static ltc_status check_size(const char *path, const decoding *d, ltc_error *err)
{
    if (d->height > PICTURE_SIDE_MAX || d->width > PICTURE_SIDE_MAX)
        return ltc_fail(err, LTC_EUNSUPPORTED,
                        "%s: is %" PRIu32 " high and %" PRIu32 " wide by its header, and neither may "
                        "exceed %d; is the file damaged?",
                        tree_shown(path), d->height, d->width, PICTURE_SIDE_MAX);
    if ((uint64_t)d->height * d->width > d->pixels_max)
        return ltc_fail(err, LTC_EIO,
                        "%s: is %" PRIu32 " high and %" PRIu32 " wide by its header, which no file of %zu "
                        "bytes can be; fetch it again, or remove it",
                        tree_shown(path), d->height, d->width, d->n);
    return LTC_OK;
}

ltc_status picture_measure(const char *path, const tree_stamp *stamp, picture_form *form, ltc_error *err)
{
    picture_room room = { 0 };
    ltc_status st = load(path, stamp, &room, err);
    decoding d = { .byte = room.file, .n = (size_t)stamp->bytes };
    if (!st)
        st = decode(path, &d, err);
    picture_room_free(&room);
    if (!st)
        st = check_size(path, &d, err);
    if (!st)
        form->height = d.height, form->width = d.width;
    return st;
}

static ltc_status check_opaque(const char *path, const decoding *d, ltc_error *err)
{
    const size_t n = (size_t)d->height * d->width, last = d->channels - 1;
    for (size_t i = 0; i < n && d->channels % 2 == 0; i++)
        if (d->pixel[i * d->channels + last] != 255)
            return ltc_fail(err, LTC_EUNSUPPORTED,
                            "%s: the pixel in row %zu, column %zu is transparent (alpha %d of 255), and "
                            "nothing says what "
                            "lies behind it; put the image on a background of your choice",
                            tree_shown(path), i / d->width, i % d->width, d->pixel[i * d->channels + last]);
    return LTC_OK;
}

/* Alpha is passed over: it was checked. */
static void arrange(const decoding *d, uint32_t channels, uint8_t *x)
{
    const size_t n = (size_t)d->height * d->width, stride = d->channels;
    const bool coloured = stride >= 3;
    const uint8_t *p = d->pixel;
    for (size_t i = 0; i < n && channels == 1; i++, p += stride)
        x[i] = coloured ? (uint8_t)((19595u * p[0] + 38470u * p[1] + 7471u * p[2] + 32768u) >> 16) : p[0];
    for (size_t i = 0; i < n && channels == 3; i++, p += stride)
        for (size_t c = 0; c < 3; c++)
            x[c * n + i] = coloured ? p[c] : p[0];
}

ltc_status picture_read(const char *path, const tree_stamp *stamp, const picture_form *form,
                        picture_room *room, uint8_t *x, ltc_error *err)
{
    const size_t pixel_bytes = (size_t)form->height * form->width * DECODER_CHANNELS_MAX;
    ltc_status st = load(path, stamp, room, err);
    if (!st && !make_room(&room->pixel, &room->pixel_bytes, pixel_bytes))
        st = ltc_fail(err, LTC_ENOMEM, "no memory to decode %s", tree_shown(path));
    if (st)
        return st;
    decoding d = { .byte = room->file, .n = (size_t)stamp->bytes, .pixel = room->pixel,
                   .wanted_height = form->height, .wanted_width = form->width };
    st = decode(path, &d, err);
    if (!st && !decoding_goes_on(&d))
        st = ltc_fail(err, LTC_EUNSUPPORTED,
                      "%s: is %" PRIu32 " high and %" PRIu32 " wide, not %" PRIu32 " and %" PRIu32
                      " %s; images are not "
                      "resized here, so bring all to one size first",
                      tree_shown(path), d.height, d.width, form->height, form->width, form->origin);
    if (!st)
        st = check_opaque(path, &d, err);
    if (!st)
        arrange(&d, form->channels, x);
    return st;
}
