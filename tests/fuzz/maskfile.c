/* The criterion file: masks from a safetensors file of anybody's. */
#include "weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *byte, size_t n)
{
    const fuzz_input in = { byte, n };
    char path[FUZZ_PATH];
    const struct { const char *path; } options = { fuzz_write("a.safetensors", in, path) };
    static fuzz_weights w;
    fuzz_weights_open(&w);
    fuzz_criterion(&w, &options);
    fuzz_weights_close(&w);
    return 0;
}
