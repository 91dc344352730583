/* Claims about the mask plug-ins that come with ltcore, each loaded as a run loads it. */
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "prune_rig.h"

static lt_registry *registry;

static const lt_module *module_named(const char *name)
{
    static const char *const dir[] = { TEST_BINARY_DIR "/lib/ltcore/plugins" };
    const lt_module *m = NULL;
    ltc_error err = { .message = "" };
    if (!registry && lt_registry_open(dir, 1, NULL, NULL, &registry, &err))
        CU_FAIL_FATAL("the registry does not open");
    if (lt_registry_find(registry, LTC_MASK, name, &m, &err)) {
        fprintf(stderr, "\n%s\n", err.message);
        CU_FAIL_FATAL("the module was not built");
    }
    return m;
}

/* What the plug-ins call their options; the same structs as theirs. */
typedef struct random_options { int64_t mode; double keep; } random_options;
enum { EXACT, BERNOULLI };

/* The tiny network, its weights at initialisation and at the end: fc1 gets 1 .. 12 with alternating signs. */
typedef struct bench {
    lt_graph g;
    lt_masks all;
    float    fc1[12], fc2[6], before1[12], before2[6], bias[3];
    float   *final[4], *init[4];
} bench;

static void make(bench *b)
{
    *b = (bench){ .g = rig_graph(rig_tiny) };
    b->all = rig_all_weights(&b->g);
    for (int i = 0; i < 12; i++)
        b->fc1[i] = (float)(i % 2 ? -i - 1 : i + 1), b->before1[i] = (float)(12 - i);
    for (int i = 0; i < 6; i++)
        b->fc2[i] = -(float)i, b->before2[i] = (float)i;
    b->final[FC1] = b->fc1, b->final[FC2] = b->fc2, b->final[FC1_BIAS] = b->final[FC2_BIAS] = b->bias;
    b->init[FC1] = b->before1, b->init[FC2] = b->before2, b->init[FC1_BIAS] = b->init[FC2_BIAS] = b->bias;
}

static void drop(bench *b)
{
    lt_masks_free(&b->all);
    lt_graph_free(&b->g);
}

static lt_selection_request request(const bench *b, const char *name, const void *options)
{
    static const int64_t defaults[8];         /* every option at 0: none of these criteria
                                               * has another default */
    lt_selection_request r = rig_request(&b->g, module_named(name), NULL, &b->all);
    r.options = options ? options : defaults, r.final = b->final, r.init = b->init;
    return r;
}

static bool is(const uint8_t *mask, const char *expected)
{
    bool same = true;
    for (size_t i = 0; expected[i]; i++)
        same &= mask[i] == (expected[i] == '1');
    return same;
}

static void magnitude_keeps_the_large(void)
{
    bench b;
    make(&b);
    lt_selection_request r = request(&b, "magnitude", NULL);
    lt_masks m = rig_select(&r);
    CU_ASSERT(is(m.mask[FC1], "000000111111") && is(m.mask[FC2], "000111"));
    CU_ASSERT_PTR_EQUAL(module_named("large-final"), r.criterion);
    lt_masks_free(&m);
    drop(&b);
}

static void magnitude_increase_keeps_what_grew(void)
{
    bench b;
    make(&b);
    b.fc1[0] = 100, b.before2[5] = 9;         /* the first grew most of all, the last shrank */
    lt_selection_request r = request(&b, "magnitude-increase", NULL);
    lt_masks m = rig_select(&r);
    CU_ASSERT(is(m.mask[FC1], "100000011111") && is(m.mask[FC2], "001110"));
    lt_masks_free(&m);
    drop(&b);
}

static void identity_keeps_what_is_there(void)
{
    bench b;
    make(&b);
    b.all.mask[FC1][3] = 0;
    lt_selection_request r = request(&b, "identity", NULL);
    uint32_t flags = 0;
    ltc_error err;
    lt_masks m = rig_select(&r);
    CU_ASSERT(is(m.mask[FC1], "111011111111") && is(m.mask[FC2], "111111"));
    CU_ASSERT_EQUAL(lt_criterion_flags(r.criterion, NULL, &rig_services, &flags, &err), LTC_OK);
    CU_ASSERT_EQUAL(flags, LTC_MASK_OWN_COUNT);
    lt_masks_free(&m);
    drop(&b);
}

/* |p|: 1 .. 12 and 0 .. 5, so m = 93 / 18; p: -6 and -15, so the mean is -21 / 18; squares 650 + 55. */
static void mean_std_keeps_beyond_its_threshold(void)
{
    const double m = 93 / 18.0, s = sqrt(705 / 18.0 - 21 * 21 / (18.0 * 18.0));
    CU_ASSERT(fabs(m - 5.1667) < 1e-3 && fabs(s - 6.1487) < 1e-3);
    const struct { double alpha; const char *fc1, *fc2; } given[] = {
        { 0, "000001111111", "000000" },      /* > 5.17 */
        { 0.6, "000000001111", "000000" },    /* > 8.86 */
        { 1, "000000000001", "000000" },      /* > 11.32 */
        { 1.11, "000000000001", "000000" },   /* > 11.99; over n - 1, or about 0, s would be
                                               * larger and this > 12 */
        { 2, "000000000000", "000000" },
        { -0.5, "001111111111", "000111" },   /* > 2.09 */
        { -1, "111111111111", "111111" },     /* < 0 */
    };
    bench b;
    make(&b);
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        lt_selection_request r = request(&b, "mean-std", &given[i].alpha);
        r.budget.value = 99;                  /* is not looked at */
        lt_masks mask = rig_select(&r);
        CU_ASSERT(is(mask.mask[FC1], given[i].fc1) && is(mask.mask[FC2], given[i].fc2));
        lt_masks_free(&mask);
    }
    CU_ASSERT_PTR_EQUAL(module_named("lf-threshold"), module_named("mean-std"));
    drop(&b);
}

static void mean_std_takes_all_parameters_if_they_are_eligible(void)
{
    const double alpha = 0;
    bench b;
    ltc_error err;
    make(&b);
    lt_masks_free(&b.all);
    CU_ASSERT_EQUAL_FATAL(lt_masks_create(&b.g.view, (const uint8_t[4]){ 1, 1, 1, 1 }, &b.all, &err), LTC_OK);
    b.bias[0] = 50;                           /* of both layers: m = (93 + 50 + 50) / 23 = 8.39 */
    lt_selection_request r = request(&b, "mean-std", &alpha);
    lt_masks m = rig_select(&r);
    CU_ASSERT(is(m.mask[FC1], "000000001111") && is(m.mask[FC1_BIAS], "100") && is(m.mask[FC2_BIAS], "10"));
    lt_masks_free(&m);
    drop(&b);
}

static void mean_std_looks_at_the_alive_alone(void)
{
    const double alpha = 0;
    bench b;
    make(&b);
    b.fc1[11] = 1e6f, b.all.mask[FC1][11] = 0;
    memset(b.all.mask[FC2], 0, 6);            /* 1 .. 11 are left: m = 6 */
    lt_selection_request r = request(&b, "mean-std", &alpha);
    lt_masks m = rig_select(&r);
    CU_ASSERT(is(m.mask[FC1], "000000111110") && is(m.mask[FC2], "000000"));
    lt_masks_free(&m);
    b.fc1[2] = NAN;
    rig_refused(&r, LTC_ENUMERIC, "mask 'mean-std': a weight of fc1.weight is not finite");
    memset(b.all.mask[FC1], 0, 12);           /* nothing is left */
    m = rig_select(&r);
    CU_ASSERT_EQUAL(lt_masks_alive(&b.g.view, &m), 0);
    lt_masks_free(&m);
    drop(&b);
}

static lt_masks random_mask(const lt_graph *g, const lt_masks *before, const random_options *o, uint64_t seed,
                            uint32_t round)
{
    lt_selection_request r = rig_request(g, module_named("random"), NULL, before);
    r.options = o, r.key = (ltc_key){ seed, 0 }, r.round = round, r.budget.value = 0.25;
    return rig_select(&r);
}

/* Share of places where both masks of parameter 0 are 1. */
static double overlap(const lt_graph *g, const lt_masks *a, const lt_masks *b)
{
    uint64_t both = 0;
    for (size_t i = 0; i < g->view.param[0].n; i++)
        both += a->mask[0][i] & b->mask[0][i];
    return (double)both / (double)g->view.param[0].n;
}

static void random_is_exact_and_depends_on_its_key_alone(void)
{
    const random_options o = { EXACT, 1 };
    lt_graph g = rig_graph(rig_lenet);
    lt_masks all = rig_all_weights(&g);
    lt_masks a = random_mask(&g, &all, &o, 1, 0), again = random_mask(&g, &all, &o, 1, 0);
    lt_masks other = random_mask(&g, &all, &o, 2, 0);
    CU_ASSERT(rig_alive(&g, &a, 0) == 176400 && rig_alive(&g, &a, 2) == 22500 && rig_alive(&g, &a, 4) == 750);
    CU_ASSERT(!memcmp(a.mask[0], again.mask[0], 235200));
    CU_ASSERT(fabs(overlap(&g, &a, &other) - 0.75 * 0.75) < 0.005);
    CU_ASSERT(memcmp(a.mask[0], a.mask[2], 1000) != 0);       /* a stream for each tensor */
    lt_masks_free(&all), lt_masks_free(&a), lt_masks_free(&again), lt_masks_free(&other);
    lt_graph_free(&g);
}

static void bernoulli_keeps_each_weight_by_its_own_lot(void)
{
    const random_options o = { BERNOULLI, 0.8 };
    lt_graph g = rig_graph(rig_lenet);
    lt_masks all = rig_all_weights(&g), a = random_mask(&g, &all, &o, 1, 0),
             b = random_mask(&g, &a, &o, 1, 1);
    const double deviation = sqrt(0.8 * 0.2 / 235200);
    CU_ASSERT(fabs((double)rig_alive(&g, &a, 0) / 235200 - 0.8) < 4 * deviation);
    CU_ASSERT(rig_alive(&g, &a, 0) != 188160);        /* a count by lot */
    /* fresh lots in each round */
    CU_ASSERT(fabs((double)rig_alive(&g, &b, 0) / 235200 - 0.64) < 4 * deviation);
    CU_ASSERT_EQUAL(overlap(&g, &a, &b), (double)rig_alive(&g, &b, 0) / 235200);
    lt_masks_free(&all), lt_masks_free(&a), lt_masks_free(&b);
    lt_graph_free(&g);
}

static void random_takes_its_probability_where_it_is_read(void)
{
    static const struct { random_options o; const char *says; } bad[] = {
        { { BERNOULLI, 1 }, "give one below 1" }, { { EXACT, 0.5 }, "mode \"exact\" does not read it" },
    };
    for (size_t i = 0; i < 2; i++) {
        uint32_t flags;
        ltc_error err;
        CU_ASSERT_EQUAL(lt_criterion_flags(module_named("random"), &bad[i].o, &rig_services, &flags, &err),
                        LTC_EOPTION);
        CU_ASSERT_STRING_EQUAL(err.option, "prune.mask.keep");
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, bad[i].says));
    }
}

/* A safetensors file as others write it: the length of the header, the header, the data. */
static void write_file(const char *path, const char *header, const void *data, size_t n)
{
    FILE *f = fopen(path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    const size_t length = strlen(header);
    for (int i = 0; i < 8; i++)
        fputc(i < 2 ? (int)(length >> 8 * i & 0xff) : 0, f);
    fwrite(header, 1, length, f);
    fwrite(data, 1, n, f);
    fclose(f);
}

static const uint8_t bytes[18] = { 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, /* fc2 */ 0, 0, 0, 1, 1, 1 };
#define FC1_U8 "\"fc1.weight\":{\"dtype\":\"U8\",\"shape\":[3,4],\"data_offsets\":[0,12]}"
#define FC2_BOOL "\"fc2.weight\":{\"dtype\":\"BOOL\",\"shape\":[2,3],\"data_offsets\":[12,18]}"

/* A path of this process in the build directory. */
static const char *a_path(void)
{
    static char path[512];
    snprintf(path, sizeof path, TEST_BINARY_DIR "/mask-%d.safetensors", (int)getpid());
    return path;
}

static void take_line(void *arg, int level, const char *module, const char *sentence)
{
    snprintf(arg, 256, "%d %s: %s", level, module, sentence);
}

static void a_file_is_copied_onto_what_is_alive(void)
{
    bench b;
    make(&b);
    const char *path = a_path();
    char line[256] = "";
    const lt_services services = { .log = take_line, .arg = line };
    write_file(path, "{\"__metadata__\":{\"k\":\"v\"}," FC1_U8 "," FC2_BOOL "}  ", bytes, 18);
    b.all.mask[FC1][4] = 0;
    lt_selection_request r = request(&b, "file", &path);
    r.services = &services;
    lt_masks m = rig_select(&r);
    CU_ASSERT(is(m.mask[FC1], "101000101010") && is(m.mask[FC2], "000111"));
    CU_ASSERT_STRING_EQUAL(line, "");
    lt_masks_free(&m);
    float floats[18];
    for (int i = 0; i < 18; i++)
        floats[i] = bytes[i];
    write_file(
        path,
        "{\"fc1.weight\":{\"dtype\":\"F32\",\"shape\":[3,4],\"data_offsets\":[0,48]},"
        "\"fc2.weight\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[48,72]},\"fc9.weight\":{}}",
        floats, sizeof floats);
    m = rig_select(&r);
    CU_ASSERT(is(m.mask[FC1], "101000101010") && is(m.mask[FC2], "000111"));
    CU_ASSERT_PTR_NOT_NULL(strstr(line, "file: fc9.weight in "));
    lt_masks_free(&m);
    remove(path);
    drop(&b);
}

static void a_file_that_is_no_mask_is_refused(void)
{
    static const struct { const char *header; size_t n; ltc_status st; const char *says; } bad[] = {
        { "{" FC1_U8 "}", 18, LTC_EOPTION, "has no mask for fc2.weight" },
        { "{\"fc1.weight\":{\"dtype\":\"U8\",\"shape\":[4,3],\"data_offsets\":[0,12]}}", 18, LTC_EOPTION,
          "another shape" },
        { "{\"fc1.weight\":{\"dtype\":\"U8\",\"shape\":[12],\"data_offsets\":[0,12]}}", 18, LTC_EOPTION,
          "another shape" },
        { "{\"fc1.weight\":{\"dtype\":\"I64\",\"shape\":[3,4],\"data_offsets\":[0,12]}}", 18, LTC_EOPTION,
          "of type I64" },
        { "{\"fc1.weight\":7}", 18, LTC_EOPTION, "of type unknown" },
        { "{\"fc1.weight\":{\"dtype\":\"U8\",\"shape\":[3,4],\"data_offsets\":[0,11]}}", 18, LTC_EIO,
          "another size" },
        { "{\"fc1.weight\":{\"dtype\":\"U8\",\"shape\":[3,4],\"data_offsets\":[-12,0]}}", 18, LTC_EIO,
          "outside the file" },
        { "{\"fc1.weight\":{\"dtype\":\"U8\",\"shape\":[3,4],\"data_offsets\":[9223372036854775800,"
          "9223372036854775807]}}", 18, LTC_EIO, "outside the file" },
        { "{" FC1_U8 "," FC2_BOOL "}", 17, LTC_EIO, "fc2.weight in " },
        { "{" FC1_U8 "," FC1_U8 "}", 18, LTC_EIO, "no JSON object" },
        { "[]", 18, LTC_EIO, "no JSON object" },
    };
    bench b;
    make(&b);
    const char *path = a_path();
    const lt_selection_request r = request(&b, "file", &path);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        write_file(path, bad[i].header, bytes, bad[i].n);
        rig_refused(&r, bad[i].st, bad[i].says);
    }
    uint8_t odd[18] = { 0 };
    odd[13] = 2;
    write_file(path, "{" FC1_U8 "," FC2_BOOL "}", odd, 18);
    rig_refused(&r, LTC_EOPTION, "element 1 of fc2.weight");
    CU_ASSERT_EQUAL(truncate(path, 20), 0);
    rig_refused(&r, LTC_EIO, "not a safetensors file, or was cut off");
    CU_ASSERT_EQUAL(truncate(path, 0), 0);
    rig_refused(&r, LTC_EIO, "not a safetensors file, or was cut off");
    remove(path);
    rig_refused(&r, LTC_EOPTION, "cannot be read: No such file");
    path = TEST_BINARY_DIR;
    rig_refused(&r, LTC_EOPTION, "is not a file");
    drop(&b);
}

int main(void)
{
    static const lt_test claims[] = {
        { "magnitude keeps the large", magnitude_keeps_the_large },
        { "magnitude-increase keeps what grew", magnitude_increase_keeps_what_grew },
        { "identity keeps what is there", identity_keeps_what_is_there },
        { "mean-std keeps beyond its threshold", mean_std_keeps_beyond_its_threshold },
        { "mean-std takes all parameters if they are eligible",
          mean_std_takes_all_parameters_if_they_are_eligible },
        { "mean-std looks at the alive alone", mean_std_looks_at_the_alive_alone },
        { "random is exact and depends on its key alone", random_is_exact_and_depends_on_its_key_alone },
        { "bernoulli keeps each weight by its own lot", bernoulli_keeps_each_weight_by_its_own_lot },
        { "random takes its probability where it is read", random_takes_its_probability_where_it_is_read },
        { "a file is copied onto what is alive", a_file_is_copied_onto_what_is_alive },
        { "a file that is no mask is refused", a_file_that_is_no_mask_is_refused },
    };
    const int code = lt_suite_run("masks", claims, sizeof claims / sizeof claims[0]);
    lt_registry_close(registry);
    return code;
}
