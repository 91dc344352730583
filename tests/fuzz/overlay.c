/* Published values, in a CSV file of anybody's, beside a run that has measured nothing yet. */
#include <math.h>

#include "input.h"
#include "report/overlay.h"

int LLVMFuzzerTestOneInput(const uint8_t *byte, size_t n)
{
    static const lt_seen_run nothing = { .directory = "", .name = "" };
    const fuzz_input in = { byte, n };
    char path[FUZZ_PATH];
    lt_overlay o;
    ltc_error err = { .message = "" };
    const ltc_status st = fuzz_said(lt_overlay_read(fuzz_write("published.csv", in, path), &o, &err), &err);
    for (size_t i = 0; i < o.n && !st; i++) {
        fuzz_must(isfinite(o.v[i].value) && isfinite(o.v[i].tolerance), "what was published is a number");
        fuzz_must(isnan(lt_overlay_measured(&o.v[i], &nothing).value), "and nothing was measured beside it");
    }
    lt_overlay_free(&o);
    return 0;
}
