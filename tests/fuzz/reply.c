/* The criterion exec: what a program wrote for an answer. No program is started: process_run is this
 * file's. */
#include <stdlib.h>
#include <string.h>

#include "masks/process.h"
#include "weights.h"

/* State, since the answer has no way through the criterion. */
static fuzz_input answer;

ltc_status process_run(const ltc_host *h, const char *const *argv, process_io *io, ltc_error *err)
{
    (void)h, (void)argv;
    if (answer.n > io->most)
        return ltc_fail(err, LTC_EIO, "it wrote too much");
    io->output = malloc(answer.n + 1);
    fuzz_must(io->output, "there is memory for an answer");
    if (answer.n)
        memcpy(io->output, answer.byte, answer.n);
    io->n_output = answer.n;
    return LTC_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *byte, size_t n)
{
    static const char *const weights[] = { "init", "final" };
    const struct { const char *program; ltc_strings arguments, weights; } options = {
        .program = "/proc/self/exe", .weights = { weights, 2 },
    };
    static fuzz_weights w;
    answer = (fuzz_input){ byte, n };
    fuzz_weights_open(&w);
    fuzz_criterion(&w, &options);
    fuzz_weights_close(&w);
    return 0;
}
