/* NumPy's archives. A byte of options: bit 0 the layout, bit 1 whether there is a validation split, bits 2
 * to 4 the number of classes; then the archive. The mutator repairs the checksums of what is in it, so
 * that mutations reach the reader of headers and elements. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "dataset.h"

typedef struct npz_options {
    const char *path, *x_train, *y_train, *x_test, *y_test, *x_val, *y_val;
    int64_t layout, classes;
} npz_options;

int LLVMFuzzerTestOneInput(const uint8_t *byte, size_t n)
{
    char path[FUZZ_PATH];
    fuzz_input in = { byte, n };
    const unsigned flags = fuzz_byte(&in);
    const bool validation = flags & 2;
    const npz_options options = {
        .path = fuzz_write("a.npz", in, path), .x_train = "x_train", .y_train = "y_train", .x_test = "x_test",
        .y_test = "y_test", .x_val = validation ? "x_val" : "", .y_val = validation ? "y_val" : "",
        .layout = flags & 1, .classes = flags >> 2 & 7,
    };
    fuzz_dataset(fuzz_linked(), &options);
    return 0;
}

size_t LLVMFuzzerMutate(uint8_t *byte, size_t n, size_t room);
size_t LLVMFuzzerCustomMutator(uint8_t *byte, size_t n, size_t room, unsigned seed);

static size_t little_endian(const uint8_t *b, int n)
{
    size_t v = 0;
    while (n)
        v = v << 8 | b[--n];
    return v;
}

static void put_little_endian(uint8_t *b, size_t v)
{
    for (int i = 0; i < 4; i++)
        b[i] = (uint8_t)(v >> 8 * i);
}

/* Of what the n deflated bytes give, as far as they give it. */
static uLong crc_of_deflated(const uint8_t *byte, size_t n)
{
    uint8_t out[4096];
    uLong crc = crc32(0, NULL, 0);
    z_stream z = { .next_in = (uint8_t *)(uintptr_t)byte, .avail_in = (unsigned)n };
    int code = inflateInit2(&z, -15);
    for (int i = 0; i < 1000 && code == Z_OK; i++) {
        z.next_out = out, z.avail_out = sizeof out;
        code = inflate(&z, Z_NO_FLUSH);
        crc = crc32(crc, out, (unsigned)(sizeof out - z.avail_out));
    }
    inflateEnd(&z);
    return crc;
}

/* The member that an entry of the central directory speaks of: APPNOTE.TXT 4.3.7 and 4.3.12. */
static void repair_member(uint8_t *byte, size_t n, uint8_t *entry)
{
    enum { LOCAL = 30 };
    const size_t at = little_endian(entry + 42, 4), packed = little_endian(entry + 20, 4);
    if (at > n || n - at < LOCAL || memcmp(byte + at, "PK\3\4", 4))
        return;
    const size_t data = at + LOCAL + little_endian(byte + at + 26, 2) + little_endian(byte + at + 28, 2);
    if (data > n || packed > n - data)
        return;
    const bool deflated = little_endian(entry + 10, 2) == 8;
    const uLong crc = deflated ? crc_of_deflated(byte + data, packed)
                               : crc32(0, byte + data, (unsigned)packed);
    put_little_endian(entry + 16, crc);
    put_little_endian(byte + at + 14, crc);
}

static void repair(uint8_t *byte, size_t n)
{
    enum { ENTRY = 46 };
    for (size_t at = 0; at + ENTRY <= n; at++)
        if (!memcmp(byte + at, "PK\1\2", 4))
            repair_member(byte, n, byte + at);
}

size_t LLVMFuzzerCustomMutator(uint8_t *byte, size_t n, size_t room, unsigned seed)
{
    n = LLVMFuzzerMutate(byte, n, room);
    if (seed % 8 && n)
        repair(byte + 1, n - 1);
    return n;
}
