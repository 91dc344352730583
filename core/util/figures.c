/* Writes figures. Called by show, eval, status, verify and store. */
#include "util/figures.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *lt_figure_count(uint64_t n, lt_figure *f)
{
    char digits[24], *to = f->s;
    const int length = snprintf(digits, sizeof digits, "%" PRIu64, n);
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return f->s;
}

const char *lt_figure_bytes(uint64_t bytes, lt_figure *f)
{
    static const char *const unit[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB" };
    double n = (double)bytes;
    size_t u = 0;
    for (; n >= 1024 && u + 1 < sizeof unit / sizeof unit[0]; u++)
        n /= 1024;
    snprintf(f->s, sizeof f->s, u ? "%.1f %s" : "%.0f %s", n, unit[u]);
    return f->s;
}

const char *lt_figure_shape(const int64_t *dim, uint32_t rank, lt_figure *f)
{
    size_t n = 0;
    snprintf(f->s, sizeof f->s, "scalar");
    for (uint32_t i = 0; i < rank && n < sizeof f->s; i++)
        n += (size_t)snprintf(f->s + n, sizeof f->s - n, "%s%" PRId64, i ? " x " : "", dim[i]);
    return f->s;
}
