/* A run.cfg that lies in an output directory, behind a '%' another: what differs can be said, whichever
 * comes first, or one of them is refused. */
#include <stdlib.h>

#include "input.h"
#include "run/difference.h"

static ltc_status compare(const char *there, const char *here)
{
    lt_text what = { 0 };
    ltc_error err = { .message = "" };
    const ltc_status st = fuzz_said(lt_difference(there, here, &what, &err), &err);
    lt_text_free(&what);
    return st;
}

int LLVMFuzzerTestOneInput(const uint8_t *byte, size_t n)
{
    fuzz_input in = { byte, n };
    char *there = fuzz_text(fuzz_until(&in, '%')), *here = fuzz_text(in);
    fuzz_must(compare(there, here) == compare(here, there), "what can be read does not depend on the order");
    free(there), free(here);
    return 0;
}
