/* A table of costs for the backend cpu, in a file of anybody's. */
#include <math.h>

#include "backends/cpu/costs.h"
#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *byte, size_t n)
{
    const fuzz_input in = { byte, n };
    char path[FUZZ_PATH], copy[FUZZ_PATH];
    ltc_error err = { .message = "" };
    cpu_costs c, again;
    if (fuzz_said(cpu_costs_read(fuzz_write("costs", in, path), "avx512", &c, &err), &err))
        return 0;
    fuzz_must(c.dense >= 0 && c.dense <= 1e6 && isfinite(c.conv.pass[CONV_FORWARD].lists),
              "a cost is a number in range");
    fuzz_must(!cpu_costs_write(fuzz_write("copy", (fuzz_input){ byte, 0 }, copy), "avx512", &c, &err),
              err.message);
    fuzz_must(!cpu_costs_read(copy, "avx512", &again, &err), err.message);
    return 0;
}
