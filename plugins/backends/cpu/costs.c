#include "costs.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cpu_costs shipped[CPU_ISAS] = {
    /* measured on a Zen 4 core */
    [CPU_AVX512] = { .dense = 0.28, .list = 0.35, .strip = 0.525, .weight = 0.17, .adam = 0.12,
                     .entry = 0.6 },
    [CPU_AVX2] = { .dense = 0.30, .list = 0.36, .strip = 0.40, .weight = 0.15, .adam = 0.40, .entry = 0.9 },
    [CPU_PORTABLE] = { .dense = 1.2, .list = 1.3, .strip = 1.4, .weight = 0.5, .adam = 1.5, .entry = 4.0 },
};

#define ROW(name, member) { name, offsetof(cpu_costs, member) }
static const struct { const char *name; size_t offset; } rows[] = {
    ROW("dense", dense), ROW("list", list), ROW("strip", strip),
    ROW("weight", weight), ROW("adam", adam), ROW("entry", entry),
    ROW("conv.forward.lists", conv.pass[CONV_FORWARD].lists),
    ROW("conv.forward.winograd", conv.pass[CONV_FORWARD].winograd),
    ROW("conv.data.lists", conv.pass[CONV_DATA_GRADIENT].lists),
    ROW("conv.data.winograd", conv.pass[CONV_DATA_GRADIENT].winograd),
    ROW("conv.weights.lists", conv.pass[CONV_WEIGHT_GRADIENT].lists),
    ROW("conv.weights.winograd", conv.pass[CONV_WEIGHT_GRADIENT].winograd),
};
enum { ROWS = sizeof rows / sizeof *rows };
_Static_assert(sizeof(cpu_costs) == ROWS * sizeof(double), "a cost needs its row here");

static const char head[] = "ltcore cpu costs 1";

static double *cost(cpu_costs *c, size_t row)
{
    return (double *)(void *)((char *)c + rows[row].offset);
}

cpu_costs cpu_costs_shipped(cpu_isa isa)
{
    cpu_costs c = shipped[isa];
    c.conv = *conv_costs_shipped(isa);
    return c;
}

static size_t row_of(const char *name)
{
    size_t r = 0;
    while (r < ROWS && strcmp(rows[r].name, name))
        r++;
    return r;
}

/* "name number", as cpu_costs_write writes it. */
static ltc_status read_row(char *line, cpu_costs *to, uint32_t *seen, ltc_error *err)
{
    char *number = strchr(line, ' '), *end;
    if (!number)
        return ltc_fail(err, LTC_EIO, "'%.40s' is not a name and a number", line);
    *number++ = '\0';
    const size_t r = row_of(line);
    if (r == ROWS)
        return ltc_fail(err, LTC_EIO, "there is no cost '%.40s'", line);
    if (*seen >> r & 1)
        return ltc_fail(err, LTC_EIO, "%s stands here for a second time", line);
    const double x = strtod(number, &end);
    if (end == number || *end || !isfinite(x) || x < 0 || x > 1e6)
        return ltc_fail(err, LTC_EIO, "%s = '%.40s' is not a number in [0, 1e6]", line, number);
    *cost(to, r) = x, *seen |= UINT32_C(1) << r;
    return LTC_OK;
}

static ltc_status read_head(const char *line, const char *isa, ltc_error *err)
{
    const size_t n = sizeof head - 1;
    if (strncmp(line, head, n) || line[n] != ' ')
        return ltc_fail(err, LTC_EIO, "this is not what `ltcore tune cpu` writes");
    return strcmp(line + n + 1, isa) ? ltc_fail(err, LTC_EIO,
                                                "this table is for %.20s, and the kernels are %s: measure "
                                                "one with `ltcore tune cpu`, or set isa", line + n + 1, isa)
                                     : LTC_OK;
}

static ltc_status read_lines(FILE *f, const char *isa, cpu_costs *to, int *at, ltc_error *err)
{
    char line[160];
    uint32_t seen = 0;
    ltc_status st = LTC_OK;
    while (!st && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        st = ++*at == 1 ? read_head(line, isa, err) : read_row(line, to, &seen, err);
    }
    if (!st && ferror(f))
        st = ltc_fail(err, LTC_EIO, "%s", strerror(errno));
    for (size_t r = 0; r < ROWS && !st; r++)
        if (!(seen >> r & 1))
            st = ltc_fail(err, LTC_EIO, "the file ends without %s", rows[r].name);
    return st;
}

ltc_status cpu_costs_read(const char *path, const char *isa, cpu_costs *to, ltc_error *err)
{
    ltc_error what = { .message = "" };
    int at = 0;
    FILE *f = fopen(path, "r");
    if (!f)
        return ltc_fail(err, LTC_EIO, "%s: %s", path, strerror(errno));
    const ltc_status st = read_lines(f, isa, to, &at, &what);
    fclose(f);
    return st ? ltc_fail(err, st, "%s:%d: %s", path, at, what.message) : LTC_OK;
}

ltc_status cpu_costs_write(const char *path, const char *isa, const cpu_costs *c, ltc_error *err)
{
    cpu_costs copy = *c;
    FILE *f = fopen(path, "w");
    if (!f)
        return ltc_fail(err, LTC_EIO, "%s: %s", path, strerror(errno));
    bool written = fprintf(f, "%s %s\n", head, isa) > 0;
    for (size_t r = 0; r < ROWS; r++)
        written = fprintf(f, "%s %.3g\n", rows[r].name, *cost(&copy, r)) > 0 && written;
    return !fclose(f) && written ? LTC_OK : ltc_fail(err, LTC_EIO, "%s: %s", path, strerror(errno));
}

void cpu_costs_digest(const cpu_costs *c, char digest[CPU_DIGEST])
{
    cpu_costs copy = *c;
    uint64_t h = UINT64_C(0xcbf29ce484222325);        /* FNV-1a */
    char text[32];
    for (size_t r = 0; r < ROWS; r++) {
        snprintf(text, sizeof text, "%.6g;", *cost(&copy, r));
        for (const char *s = text; *s; s++)
            h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
    }
    snprintf(digest, CPU_DIGEST, "%016" PRIx64, h);
}
