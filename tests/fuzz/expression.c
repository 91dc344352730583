/* The criterion expression: its first byte says whether the formula scores or keeps. */
#include <stdlib.h>

#include "weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *byte, size_t n)
{
    fuzz_input in = { byte, n };
    const bool keeps = fuzz_byte(&in) & 1;
    char *text = fuzz_text(in);
    const struct { const char *score, *keep; } options = { keeps ? NULL : text, keeps ? text : NULL };
    static fuzz_weights w;
    fuzz_weights_open(&w);
    fuzz_criterion(&w, &options);
    fuzz_weights_close(&w);
    free(text);
    return 0;
}
