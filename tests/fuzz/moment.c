/* Moments: what is read has one spelling, and that reads back to the same. */
#include <stdlib.h>
#include <string.h>

#include "config/moment.h"
#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *byte, size_t n)
{
    char *text = fuzz_text((fuzz_input){ byte, n }), spelled[LT_MOMENT_BYTES];
    lt_moment m, again;
    if (lt_moment_read(text, &m)) {
        fuzz_must(strlen(lt_moment_text(spelled, m)) + 1 < sizeof spelled, "there is room for every moment");
        fuzz_must(lt_moment_read(spelled, &again) && again.kind == m.kind && again.n == m.n, "it reads back");
        fuzz_must(m.n >= 0, "no moment is before the first");
    }
    free(text);
    return 0;
}
