/* IDX: the four files of a data set like MNIST, plain, gzipped by us or compressed as they come.
 *
 * A byte of flags, bit i: file i is to be gzipped; bit 4 + i: it has .gz for an ending as it is. Then the
 * files, a part each. */
#include <string.h>
#include <zlib.h>

#include "dataset.h"

enum { FILES = 4, ROOM = 1 << 16 };
static const char *const names[FILES] = {
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
};

/* A damaged stream is refused at its checksum, so that nothing behind it would be reached. */
static fuzz_input gzipped(fuzz_input in, uint8_t room[ROOM])
{
    z_stream z = { .next_in = (uint8_t *)(uintptr_t)in.byte, .avail_in = (unsigned)in.n,
                   .next_out = room, .avail_out = ROOM };
    fuzz_must(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK, "zlib begins");
    const int end = deflate(&z, Z_FINISH);
    deflateEnd(&z);
    return (fuzz_input){ room, end == Z_STREAM_END ? z.total_out : 0 };
}

static void put(const char *name, fuzz_input in, bool compress, bool ending)
{
    static uint8_t room[ROOM];
    char gz[64], path[FUZZ_PATH];
    snprintf(gz, sizeof gz, "%s.gz", name);
    fuzz_remove(ending || compress ? name : gz);
    fuzz_write(ending || compress ? gz : name, compress ? gzipped(in, room) : in, path);
}

int LLVMFuzzerTestOneInput(const uint8_t *byte, size_t n)
{
    fuzz_input in = { byte, n };
    const unsigned flags = fuzz_byte(&in);
    const struct { const char *path; } options = { fuzz_directory() };
    for (unsigned i = 0; i < FILES; i++)
        put(names[i], fuzz_part(&in), flags >> i & 1, flags >> (4 + i) & 1);
    fuzz_dataset(fuzz_linked(), &options);
    return 0;
}
