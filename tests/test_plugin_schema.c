/* A table of options that could not work is found when its plug-in is loaded. */
#include "suite.h"

#include <math.h>
#include <string.h>

#include "plugin/schema.h"

typedef struct options {
    int64_t     count, other;
    double      rate;
    const char *text;
    ltc_ints    widths;
    ltc_strings words;
} options;

static const char *const colours[] = { "red", "green", NULL };
static const char *const twice[] = { "red", "red", NULL };
static const char *const blank[] = { "red", "", NULL };
static const char *const none[] = { NULL };

#define GOOD LTC_INT(options, count, 3, 0, 10, "help")

static const struct { const char *says; ltc_opt opt[2];
} bad[] = {
    { "option number 1 has no name", { GOOD, { .name = NULL } } },
    { "'Two words': not a key", { GOOD, { .name = "Two words", .help = "h", .type = LTC_OPT_INT } } },
    { "'plugin': not a key", { GOOD, { .name = "plugin", .help = "h", .type = LTC_OPT_INT } } },
    { "'other': no help text", { GOOD, LTC_INT(options, other, 0, 0, 1, "") } },
    { "'other': its type 0 is unknown", { GOOD, { .name = "other", .help = "h" } } },
    { "'other': its type 10 is unknown", { GOOD, { .name = "other", .help = "h", .type = 10 } } },
    { "'other': flags 0x100 mean nothing for type int",
      { GOOD, LTC_INT(options, other, 0, 0, 1, "h", .flags = 0x100) } },
    { "'text': flags 0x8 mean nothing for type string",
      { GOOD, LTC_STRING(options, text, "", "h", .flags = LTC_OPT_ABOVE) } },
    { "option 'count' stands there twice", { GOOD, GOOD } },
    { "'odd': its field at byte 12 is not aligned",
      { GOOD, { .name = "odd", .help = "h", .type = LTC_OPT_INT, .offset = 12 } } },
    { "'far': its field, 8 bytes at 72, lies outside the struct of 64 bytes",
      { GOOD, { .name = "far", .help = "h", .type = LTC_OPT_INT, .offset = 72 } } },
    { "'edge': its field, 16 bytes at 56, lies outside the struct of 64 bytes",
      { GOOD, { .name = "edge", .help = "h", .type = LTC_OPT_INTS, .offset = 56 } } },
    { "options 'count' and 'same' share bytes",
      { GOOD, { .name = "same", .help = "h", .type = LTC_OPT_INT, .offset = offsetof(options, count) } } },
    { "'other': its default 11 is not in [0, 10]", { GOOD, LTC_INT(options, other, 11, 0, 10, "h") } },
    { "'other': its default 0 is not in (0, 10]",
      { GOOD, LTC_INT(options, other, 0, 0, 10, "h", .flags = LTC_OPT_ABOVE) } },
    { "'other': its smallest value is larger", { GOOD, LTC_INT(options, other, 5, 10, 0, "h") } },
    { "'rate': its default 1 is not in [0, 1)",
      { GOOD, LTC_REAL(options, rate, 1.0, 0.0, 1.0, "h", .flags = LTC_OPT_BELOW) } },
    { "'rate': its default nan is not in [0, 1]", { GOOD, LTC_REAL(options, rate, NAN, 0.0, 1.0, "h") } },
    { "'rate': its smallest value is larger", { GOOD, LTC_REAL(options, rate, 0.5, 0.0, NAN, "h") } },
    { "'other': its default 2 is neither 0 nor 1", { GOOD, LTC_BOOL(options, other, 2, "h") } },
    { "'other': an enum without choices", { GOOD, LTC_ENUM(options, other, 0, NULL, "h") } },
    { "'other': an enum without choices", { GOOD, LTC_ENUM(options, other, 0, none, "h") } },
    { "'other': its default 2 is not the index of one of its 2 choices",
      { GOOD, LTC_ENUM(options, other, 2, colours, "h") } },
    { "'other': the choice 'red' stands there twice", { GOOD, LTC_ENUM(options, other, 0, twice, "h") } },
    { "'other': its choice number 1 is an empty text", { GOOD, LTC_ENUM(options, other, 0, blank, "h") } },
    { "'widths': a list of 3 to 2 elements", { GOOD, LTC_INTS(options, widths, "1", 0, 9, 3, 2, "h") } },
    { "'widths': no default", { GOOD, LTC_INTS(options, widths, NULL, 0, 9, 1, 2, "h") } },
    { "'widths': its default \"1, two\" is not a list",
      { GOOD, LTC_INTS(options, widths, "1, two", 0, 9, 1, 2, "h") } },
    { "'widths': its default \"1 2\" is not a list",
      { GOOD, LTC_INTS(options, widths, "1 2", 0, 9, 1, 2, "h") } },
    { "'widths': its default \"1, 2, 3\" has 3 elements, not 1 to 2",
      { GOOD, LTC_INTS(options, widths, "1, 2, 3", 0, 9, 1, 2, "h") } },
    { "'widths': its default 10 is not in [0, 9]",
      { GOOD, LTC_INTS(options, widths, "1, 10", 0, 9, 1, 2, "h") } },
};

static ltc_status adopt(const ltc_schema *from, lt_arena *arena, ltc_schema *to, ltc_error *err)
{
    memset(err, 0, sizeof *err);
    return lt_schema_adopt(from, arena, to, err);
}

static void bad_tables_are_refused_in_words(void)
{
    lt_arena arena = { 0 };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const ltc_schema from = LTC_SCHEMA(options, bad[i].opt);
        ltc_schema to;
        ltc_error err;
        const ltc_status st = adopt(&from, &arena, &to, &err);
        if (!st || !strstr(err.message, bad[i].says))
            fprintf(stderr, "said: %s\n   expected: %s\n", err.message, bad[i].says);
        CU_ASSERT_EQUAL(st, LTC_EINVAL);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, bad[i].says));
    }
    lt_arena_free(&arena);
}

static const ltc_opt good[] = {
    LTC_INT(options, count, 3, 0, 10, "a number"),
    LTC_ENUM(options, other, 1, colours, "a choice"),
    LTC_REAL(options, rate, 0.0, 0.0, 1.0, "given by the user", .flags = LTC_OPT_ABOVE | LTC_OPT_REQUIRED),
    LTC_PATH(options, text, NULL, "no file unless named", .flags = LTC_OPT_SEARCH | LTC_OPT_NEUTRAL),
    LTC_INTS(options, widths, "300, 100", 1, 4096, 0, 8, "a list"),
    LTC_STRINGS(options, words, "\"weight\", \"bias\"", 1, 3, "words"),
};

static void a_good_table_is_copied(void)
{
    const ltc_schema from = LTC_SCHEMA(options, good);
    lt_arena arena = { 0 };
    ltc_schema to;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(adopt(&from, &arena, &to, &err), LTC_OK);
    CU_ASSERT_EQUAL(to.n_opts, 6);
    CU_ASSERT_PTR_NOT_EQUAL(to.opt, from.opt);
    CU_ASSERT_EQUAL(memcmp(to.opt, good, sizeof good), 0);
    lt_arena_free(&arena);
}

typedef struct wide_opt { ltc_opt opt; uint64_t more; } wide_opt;

static void what_a_newer_table_says_is_not_passed_over(void)
{
    wide_opt wide[] = { { .opt = LTC_INT(options, count, 3, 0, 10, "h") },
                        { .opt = LTC_INT(options, other, 3, 0, 10, "h") } };
    ltc_schema from = { sizeof from, sizeof wide[0], 2, sizeof(options), &wide[0].opt };
    lt_arena arena = { 0 };
    ltc_schema to;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(adopt(&from, &arena, &to, &err), LTC_OK);
    CU_ASSERT_STRING_EQUAL(to.opt[1].name, "other");
    CU_ASSERT_EQUAL(to.opt_size, sizeof(ltc_opt));
    wide[1].more = 1;
    CU_ASSERT_EQUAL(adopt(&from, &arena, &to, &err), LTC_EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "option number 1 says more than this ltcore understands"));
    lt_arena_free(&arena);
}

static void a_table_that_cannot_be_walked_is_refused(void)
{
    const ltc_schema wrong[] = {
        { 8, sizeof(ltc_opt), 1, sizeof(options), good },
        { sizeof(ltc_schema), 0, 1, sizeof(options), good },
        { sizeof(ltc_schema), sizeof(ltc_opt) + 1, 1, sizeof(options), good },
        { sizeof(ltc_schema), sizeof(ltc_opt), UINT32_MAX, sizeof(options), good },
        { sizeof(ltc_schema), sizeof(ltc_opt), 1, sizeof(options), NULL },
        { sizeof(ltc_schema), sizeof(ltc_opt), 1, 0, good },
        { sizeof(ltc_schema), sizeof(ltc_opt), 1, UINT32_MAX, good },
    };
    lt_arena arena = { 0 };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ltc_schema to;
        ltc_error err;
        CU_ASSERT_EQUAL(adopt(&wrong[i], &arena, &to, &err), LTC_EINVAL);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "LTC_SCHEMA"));
    }
    lt_arena_free(&arena);
}

static const lt_test claims[] = {
    { "bad tables are refused in words", bad_tables_are_refused_in_words },
    { "a good table is copied", a_good_table_is_copied },
    { "what a newer table says is not passed over", what_a_newer_table_says_is_not_passed_over },
    { "a table that cannot be walked is refused", a_table_that_cannot_be_walked_is_refused },
};

int main(void)
{
    return lt_suite_run("plugin schema", claims, sizeof claims / sizeof claims[0]);
}
