/* ltcore/option.h: a plug-in's options as a table, which the core checks, prints, stores and
 * turns into a struct.
 *
 * A plug-in declares a plain struct with one field an option and a table of LTC_INT(...), LTC_REAL(...),
 * ... lines. The core reads the group of run.cfg that names the plug-in, checks every key against the
 * table, and fills a zeroed block of the struct's size. The block, its strings and its lists belong to the
 * core and live until the instance is destroyed. The tables are C: C++ code may read the structs and leave
 * the table to a .c file. */
#ifndef LTCORE_OPTION_H
#define LTCORE_OPTION_H

#include <ltcore/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Lists; these three are frozen. */
typedef struct ltc_ints    { const int64_t     *v; uint64_t n; } ltc_ints;
typedef struct ltc_reals   { const double      *v; uint64_t n; } ltc_reals;
typedef struct ltc_strings { const char *const *v; uint64_t n; } ltc_strings;

/* An option's type and the C type of its field, for ever. */
enum {
    LTC_OPT_INT = 1,                          /* int64_t */
    LTC_OPT_REAL,                             /* double */
    LTC_OPT_BOOL,                             /* int64_t: 0 or 1 */
    LTC_OPT_ENUM,                             /* int64_t: index of the choice */
    LTC_OPT_STRING,                           /* const char * */
    LTC_OPT_PATH,                             /* const char *: absolute; relative ones start at the
                                               * file that names them */
    LTC_OPT_INTS,                             /* ltc_ints */
    LTC_OPT_REALS,                            /* ltc_reals */
    LTC_OPT_STRINGS                           /* ltc_strings */
};
enum {
    LTC_OPT_REQUIRED = 1u << 0,               /* has no default */
    LTC_OPT_NEUTRAL  = 1u << 1,               /* cannot change a result: never part of its identity */
    LTC_OPT_LATER    = 1u << 2,               /* came after the first release: in the identity
                                               * only off its default */
    LTC_OPT_ABOVE    = 1u << 3,               /* min itself is excluded: (min, ... */
    LTC_OPT_BELOW    = 1u << 4,               /* max itself is excluded: ..., max) */
    LTC_OPT_SEARCH   = 1u << 5                /* PATH of data: also looked for in LTCORE_DATA and
                                               * the system's places */
};

typedef struct ltc_opt {
    const char *name, *help;
    uint32_t    type, flags, offset, n_min, n_max, reserved;      /* n: length of a list */
    struct { int64_t def, min, max; } i;      /* INT, BOOL, ENUM; min and max of each element of INTS */
    struct { double  def, min, max; } r;      /* REAL; min and max of each element of REALS */
    const char *str;                          /* default of STRING and PATH; of a list, as in
                                               * run.cfg: "300, 100" */
    const char *const *choices;               /* ENUM, NULL-terminated */
} ltc_opt;

/* A table of options. opt_size is the array's stride in the build that made it; data_size
 * that of the struct. */
typedef struct ltc_schema {
    uint32_t size, opt_size, n_opts, data_size;
    const ltc_opt *opt;
} ltc_schema;

/* Offset of a field, if its type is the option's; else the table does not compile. */
#define LTC_FIELD(T, f, ctype) _Generic(((T *)0)->f, ctype: offsetof(T, f))

/* One line an option: struct, field, default, bounds, help; what follows the help are designators, such as
 * .flags = LTC_OPT_REQUIRED. Bounds are inclusive unless flagged. n0, n1: shortest and longest list. */
#define LTC_INT(T, f, d, lo, hi, ...)     { .i = { d, lo, hi }, \
                                            LTC_OPT_LINE(T, f, LTC_OPT_INT, int64_t, __VA_ARGS__) }
#define LTC_REAL(T, f, d, lo, hi, ...)    { .r = { d, lo, hi }, \
                                            LTC_OPT_LINE(T, f, LTC_OPT_REAL, double, __VA_ARGS__) }
#define LTC_BOOL(T, f, d, ...)            { .i = { d, 0, 1 }, \
                                            LTC_OPT_LINE(T, f, LTC_OPT_BOOL, int64_t, __VA_ARGS__) }
#define LTC_ENUM(T, f, d, names, ...)     { .i = { d, 0, 0 }, .choices = names, \
                                            LTC_OPT_LINE(T, f, LTC_OPT_ENUM, int64_t, __VA_ARGS__) }
#define LTC_STRING(T, f, d, ...)          { .str = d, \
                                            LTC_OPT_LINE(T, f, LTC_OPT_STRING, const char *, __VA_ARGS__) }
#define LTC_PATH(T, f, d, ...)            { .str = d, \
                                            LTC_OPT_LINE(T, f, LTC_OPT_PATH, const char *, __VA_ARGS__) }
#define LTC_INTS(T, f, d, lo, hi, n0, n1, ...)  { .str = d, .i = { 0, lo, hi }, .n_min = n0, .n_max = n1, \
                                            LTC_OPT_LINE(T, f, LTC_OPT_INTS, ltc_ints, __VA_ARGS__) }
#define LTC_REALS(T, f, d, lo, hi, n0, n1, ...) { .str = d, .r = { 0, lo, hi }, .n_min = n0, .n_max = n1, \
                                            LTC_OPT_LINE(T, f, LTC_OPT_REALS, ltc_reals, __VA_ARGS__) }
#define LTC_STRINGS(T, f, d, n0, n1, ...) { .str = d, .n_min = n0, .n_max = n1, \
                                            LTC_OPT_LINE(T, f, LTC_OPT_STRINGS, ltc_strings, __VA_ARGS__) }
#define LTC_OPT_LINE(T, f, t, ctype, ...) \
    .name = #f, .type = t, .offset = LTC_FIELD(T, f, ctype), .help = __VA_ARGS__

#define LTC_SCHEMA(T, table) \
    { sizeof(ltc_schema), sizeof(ltc_opt), sizeof(table) / sizeof(table)[0], sizeof(T), table }

#ifdef __cplusplus
}
#endif
#endif
