/* A plug-in's options reach its struct, whatever their type, or are refused. */
#include "suite.h"

#include <string.h>

#include "config_rig.h"

static void defaults_fill_the_block(void)
{
    rig r = rig_open();
    rig_settle_over(&r, "");
    CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
    const rig_options *o = rig_options_of(&r);
    CU_ASSERT(o->depth == 2 && o->bias == 1 && o->mode == 0 && o->start_cost == 0.5 && o->rate == 0.2);
    CU_ASSERT(!o->label && !o->table && !o->data);
    CU_ASSERT(o->widths.n == 2 && o->widths.v[0] == 300 && o->widths.v[1] == 100);
    CU_ASSERT(o->alpha.n == 0 && o->words.n == 2 && !strcmp(o->words.v[1], "b"));
    rig_close(&r);
}

static void every_type_is_read(void)
{
    rig r = rig_open();
    rig_settle_over(&r,
                    "arch = { depth = 0x0A; bias = false; mode = \"exact\"; start_cost = 1; rate = 5e-1;\n"
                    "label = \"a\" \"b\"; table = \"w.st\"; widths = (1, 5000000000L); alpha = (1, 0.5);\n"
                    "words = [\"\", \"\\\"\"]; };");
    CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
    const rig_options *o = rig_options_of(&r);
    CU_ASSERT(o->depth == 10 && o->bias == 0 && o->mode == 1 && o->start_cost == 1.0 && o->rate == 0.5);
    CU_ASSERT_STRING_EQUAL(o->label, "ab");
    CU_ASSERT_STRING_EQUAL(o->table + strlen(r.dir), "/w.st");
    CU_ASSERT(o->widths.n == 2 && o->widths.v[1] == INT64_C(5000000000));
    CU_ASSERT(o->alpha.n == 2 && o->alpha.v[0] == 1.0 && o->alpha.v[1] == 0.5);
    CU_ASSERT(o->words.n == 2 && !*o->words.v[0] && !strcmp(o->words.v[1], "\""));
    rig_close(&r);
}

static const struct { const char *text, *says; } bad[] = {
    { "depth = 11;", "arch.depth: 11 is not in [0, 10]" },
    { "depth = 1.0;", "arch.depth: 1 is a real, not an integer (write 1)" },
    { "depth = 1e300;", "arch.depth: 1e300 is not an integer" },
    { "depth = ( 1, 2.5 );", "arch.depth: 2.5 is not an integer" },
    { "depth = { };", "arch.depth: a group is not an integer" },
    { "bias = \"true\";", "arch.bias: \"true\" is not true or false (write it without quotes)" },
    { "mode = \"Exact\";", "\"Exact\" is not one of: fast, exact (did you mean 'exact'?)" },
    { "start_cost = 11.0;", "arch.start_cost: 11 is not in [0, 10]" },
    { "rate = 1.7;", "arch.rate: 1.7 is not in (0, 1)" },
    { "rate = 0;", "arch.rate: 0 is not in (0, 1)" },
    { "rate = true;", "arch.rate: true is not a number" },
    { "label = true;", "arch.label: true is not a string (write \"true\")" },
    { "table = \"\";", "arch.table: the path is empty" },
    { "table = 1;", "arch.table: 1 is not a string" },
    { "widths = 300;", "arch.widths: 300 is not a list (write [300])" },
    { "widths = [];", "arch.widths: has 0 elements; at least 1" },
    { "widths = [1, 2, 3, 4];", "arch.widths: has 4 elements; at most 3" },
    { "widths = [1,\n0];", "run.cfg:3: arch.widths: 0 is not in [1, inf)" },
    { "widths = [1.0];", "arch.widths: 1 is a real, not an integer (write 1)" },
    { "alpha = [\"x\"];", "arch.alpha: \"x\" is not a number" },
    { "alpha = [-1.5];", "arch.alpha: -1.5 is not in [-1, inf)" },
    { "alpha = [-1e999];", "arch.alpha: -inf is not finite" },
    { "words = [\"a\"];", "arch.words: has 1 element, not 2" },
    { "words = [1, 2];", "arch.words: 1 is not a string" },
    { "data = \"digits\";", "arch.data: \"digits\" is not there" },
    { "data = \"digits\";", "/data/digits\n        Get it with: fetch it." },
    { "data = \"/not/there\";", "searched: /not/there\n" },
};

static void bad_values_are_refused(void)
{
    rig r = rig_open();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        lt_text text = { 0 };
        lt_text_add(&text, "arch = { %s };", bad[i].text);
        rig_settle_over(&r, text.s);
        lt_text_free(&text);
        CU_ASSERT(rig_refused(&r, bad[i].text, bad[i].says));
        CU_ASSERT_EQUAL(r.st, LTC_EOPTION);
    }
    rig_close(&r);
}

static void data_is_found_beside_the_file_and_then_where_data_lies(void)
{
    static const char *const set[] = { "arch.data=here.txt" };
    rig r = rig_open();
    rig_write(&r, "data/far.txt", "");
    rig_settle_over(&r, "arch = { data = \"far.txt\"; };");
    CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
    CU_ASSERT_STRING_EQUAL(rig_options_of(&r)->data + strlen(r.dir), "/data/far.txt");
    rig_write(&r, "far.txt", "");
    rig_settle(&r, NULL, 0);
    CU_ASSERT_STRING_EQUAL(rig_options_of(&r)->data + strlen(r.dir), "/far.txt");
    rig_write(&r, "here.txt", "");
    rig_settle(&r, set, 1);
    CU_ASSERT_STRING_EQUAL(rig_options_of(&r)->data + strlen(r.dir), "/here.txt");
    rig_close(&r);
}

/* The base lies in data/, so its path starts there; run.output alone starts at the current directory. */
static void paths_start_at_the_file_that_wrote_them(void)
{
    rig r = rig_open();
    rig_write(&r, "data/b.cfg",
              "base = \"../good.cfg\"; arch = { table = \"./w\"; }; run = { output = \"o\"; };");
    rig_write(&r, "run.cfg", "base = \"data/b.cfg\";");
    rig_settle(&r, NULL, 0);
    CU_ASSERT_EQUAL_FATAL(r.st, LTC_OK);
    CU_ASSERT_STRING_EQUAL(rig_options_of(&r)->table + strlen(r.dir), "/data/w");
    CU_ASSERT_STRING_EQUAL(r.settings.run.output + strlen(r.dir), "/o");
    rig_close(&r);
}

static const lt_test claims[] = {
    { "defaults fill the block", defaults_fill_the_block },
    { "every type is read", every_type_is_read },
    { "bad values are refused with a remedy", bad_values_are_refused },
    { "data is found beside the file, then where data lies",
      data_is_found_beside_the_file_and_then_where_data_lies },
    { "paths start at the file that wrote them", paths_start_at_the_file_that_wrote_them },
};

int main(void)
{
    return lt_suite_run("options", claims, sizeof claims / sizeof claims[0]);
}
