/* PNG and JPEG, as image-folder decodes them: measured, then read in colour and in grey. What the size
 * that a header gives would take is asked for as the core asks for it. Checksums of a PNG file are
 * repaired by the mutator. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "datasets/image-folder/picture.h"
#include "input.h"

enum { MOST = 8 * 1032 };                     /* pixels of one bit, a byte of the densest stream */

static void read_as(const char *path, const tree_stamp *stamp, picture_form form, uint32_t channels)
{
    picture_room room = { 0 };
    ltc_error err = { .message = "" };
    form.channels = channels;
    uint8_t *x = malloc((size_t)form.height * form.width * channels + 1);
    fuzz_must(x, "there is memory for a sample");
    fuzz_said(picture_read(path, stamp, &form, &room, x, &err), &err);
    picture_room_free(&room);
    free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *byte, size_t n)
{
    char path[FUZZ_PATH];
    struct stat is;
    picture_form form = { .origin = "as the first" };
    ltc_error err = { .message = "" };
    fuzz_write("image", (fuzz_input){ byte, n }, path);
    fuzz_must(!stat(path, &is), "the image is there");
    const tree_stamp stamp = tree_stamp_of(&is);
    if (fuzz_said(picture_measure(path, &stamp, &form, &err), &err))
        return 0;
    fuzz_must(form.height && form.width, "an image has pixels");
    fuzz_must((uint64_t)form.height * form.width <= MOST * n, "a few bytes are no large image");
    read_as(path, &stamp, form, 3);
    read_as(path, &stamp, form, 1);
    return 0;
}

size_t LLVMFuzzerMutate(uint8_t *byte, size_t n, size_t room);
size_t LLVMFuzzerCustomMutator(uint8_t *byte, size_t n, size_t room, unsigned seed);

static size_t big_endian(const uint8_t *b)
{
    return (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
}

/* A chunk is a length, a type, its data and a CRC of the last two: PNG 1.2, section 3.2. */
static void repair(uint8_t *byte, size_t n)
{
    enum { SIGNATURE = 8, AROUND = 12 };
    for (size_t at = SIGNATURE, length; at + AROUND <= n; at += AROUND + length) {
        length = big_endian(byte + at);
        if (length > n - at - AROUND)
            return;
        const uLong crc = crc32(0, byte + at + 4, (unsigned)length + 4);
        for (int i = 0; i < 4; i++)
            byte[at + 8 + length + (size_t)i] = (uint8_t)(crc >> (24 - 8 * i));
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *byte, size_t n, size_t room, unsigned seed)
{
    n = LLVMFuzzerMutate(byte, n, room);
    if (seed % 8 && n > 8 && !memcmp(byte, "\x89PNG", 4))
        repair(byte, n);
    return n;
}
