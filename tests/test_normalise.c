/* Claims about normalisation: each value to the last bit, since a table is part of what a result depends
 * on. */
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/normalise.h"

/* A data set over arrays of the test; nothing of it is freed. */
static lt_data make_data(uint32_t type, int64_t channels, int64_t width, void *x, uint64_t n)
{
    return (lt_data){
        .sample_type = type, .rank = 3, .n_classes = 2, .dim = { channels, 1, width, 1 },
        .split[LT_TRAIN] = { .n = n, .x = x },
    };
}

static lt_normalisation make(const lt_data *d, uint32_t how)
{
    lt_normalisation n = { 0 };
    ltc_error err = { 0 };
    CU_ASSERT_EQUAL_FATAL(lt_normalisation_make(d, how, &n, &err), LTC_OK);
    return n;
}

/* Recomputed by golden/data.py: fl(x/255), minus fl(mean), over fl(std), rounded to binary32 after each
 * step. */
static void the_table_is_exact(void)
{
    static const struct { float mean, std; int x; float y; } golden[] = {
        { 0.1307f, 0.3081f, 0,   -0x1.b264e2p-2f },
        { 0.1307f, 0.3081f, 1,   -0x1.a55c40p-2f },
        { 0.1307f, 0.3081f, 127,  0x1.3138c8p+0f },
        { 0.1307f, 0.3081f, 128,  0x1.347af4p+0f },
        { 0.1307f, 0.3081f, 254,  0x1.678566p+1f },
        { 0.1307f, 0.3081f, 255,  0x1.69267ap+1f },
        { 0.2860f, 0.3530f, 0,   -0x1.9ed252p-1f },
        { 0.2860f, 0.3530f, 1,   -0x1.992236p-1f },
        { 0.2860f, 0.3530f, 127,  0x1.338c06p-1f },
        { 0.2860f, 0.3530f, 128,  0x1.393c26p-1f },
        { 0.2860f, 0.3530f, 254,  0x1.017a98p+1f },
        { 0.2860f, 0.3530f, 255,  0x1.02e69ep+1f },
    };
    for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++) {
        float mean = golden[i].mean, std = golden[i].std;
        lt_data d = make_data(LTC_U8, 1, 1, NULL, 0);
        d.published_mean = &mean, d.published_std = &std;
        lt_normalisation n = make(&d, LT_NORMALISE_PUBLISHED);
        CU_ASSERT_EQUAL(n.input.table[golden[i].x], golden[i].y);
        CU_ASSERT(n.input.table == n.table && !n.input.mean && !n.input.std && n.input.sample_type == LTC_U8);
        lt_normalisation_free(&n);
    }
}

/* torchvision's ToTensor and Normalize. Each step is stored, so that no compiler keeps more digits. */
static void the_table_is_pytorchs_to_the_last_bit(void)
{
    float mean = 0.1307f, std = 0.3081f;
    lt_data d = make_data(LTC_U8, 1, 1, NULL, 0);
    d.published_mean = &mean, d.published_std = &std;
    lt_normalisation n = make(&d, LT_NORMALISE_PUBLISHED);
    for (int x = 0; x < 256; x++) {
        volatile float y = (float)x / 255.0f;
        y = y - mean;
        y = y / std;
        CU_ASSERT_EQUAL(n.table[x], y);
    }
    lt_normalisation_free(&n);
}

static void each_channel_has_its_own_row(void)
{
    float mean[3] = { 0.1f, 0.5f, 0.9f }, std[3] = { 1, 2, 4 };
    lt_data d = make_data(LTC_U8, 3, 1, NULL, 0);
    d.published_mean = mean, d.published_std = std;
    lt_normalisation n = make(&d, LT_NORMALISE_PUBLISHED);
    for (int c = 0; c < 3; c++)
        CU_ASSERT_EQUAL(n.table[c * 256], -mean[c] / std[c]);
    lt_normalisation_free(&n);
}

static void unit_and_none_are_what_they_say(void)
{
    const lt_data d = make_data(LTC_U8, 2, 1, NULL, 0);
    lt_normalisation unit = make(&d, LT_NORMALISE_UNIT), none = make(&d, LT_NORMALISE_NONE);
    for (int i = 0; i < 512; i++) {
        CU_ASSERT_EQUAL(unit.table[i], (float)(i % 256) / 255.0f);
        CU_ASSERT_EQUAL(none.table[i], (float)(i % 256));
    }
    lt_normalisation_free(&unit);
    lt_normalisation_free(&none);
}

/* Bytes 0, 51, 102, 255 and mean 102 = 0.4 * 255; squares 102^2 + 51^2 + 0 + 153^2 = 36414, over 4 =
 * 9103.5. */
static void bytes_are_measured_exactly(void)
{
    uint8_t samples[2][4] = { { 0, 51, 7, 7 }, { 102, 255, 7, 7 } };      /* [sample][channel * 2 + column] */
    const lt_data d = make_data(LTC_U8, 2, 2, samples, 2);
    lt_normalisation n = make(&d, LT_NORMALISE_TRAIN);
    CU_ASSERT_EQUAL(n.mean[0], 0.4f);
    CU_ASSERT_EQUAL(n.std[0], (float)(sqrt(9103.5) / 255));
    CU_ASSERT_EQUAL(n.mean[1], (float)(7 / 255.0));
    CU_ASSERT_EQUAL(n.std[1], 1.0f);          /* never varies */
    CU_ASSERT_EQUAL(n.table[256 + 7], (7.0f / 255.0f - n.mean[1]) / 1.0f);
    lt_normalisation_free(&n);
}

static void floats_are_measured_too(void)
{
    float samples[2][4] = { { 0.1f, 0.1f, -1, 3 }, { 0.1f, 0.1f, 5, 1 } };
    const lt_data d = make_data(LTC_F32, 2, 2, samples, 2);
    lt_normalisation n = make(&d, LT_NORMALISE_TRAIN), unit = make(&d, LT_NORMALISE_UNIT);
    CU_ASSERT(!n.table && !n.input.table && n.input.mean == n.mean && n.input.std == n.std);
    CU_ASSERT_EQUAL(n.mean[0], 0.1f);
    CU_ASSERT_EQUAL(n.std[0], 1.0f);
    CU_ASSERT_EQUAL(n.mean[1], 2.0f);
    CU_ASSERT_EQUAL(n.std[1], (float)sqrt(5.0));      /* 9 + 1 + 9 + 1 over 4 */
    CU_ASSERT(unit.mean[0] == 0 && unit.std[0] == 1);
    lt_normalisation_free(&n);
    lt_normalisation_free(&unit);
}

static void missing_constants_have_a_remedy(void)
{
    const lt_data d = make_data(LTC_U8, 1, 1, NULL, 0);
    lt_normalisation n = { 0 };
    ltc_error err = { 0 };
    CU_ASSERT_EQUAL(lt_normalisation_make(&d, LT_NORMALISE_PUBLISHED, &n, &err), LTC_EOPTION);
    CU_ASSERT_STRING_EQUAL(err.option, "dataset.normalise");
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "normalise = \"train\""));
    CU_ASSERT_PTR_NULL(n.mean);
    lt_normalisation_free(&n);
}

int main(void)
{
    static const lt_test claims[] = {
        { "the table is exact", the_table_is_exact },
        { "the table is PyTorch's to the last bit", the_table_is_pytorchs_to_the_last_bit },
        { "each channel has its own row", each_channel_has_its_own_row },
        { "unit and none are what they say", unit_and_none_are_what_they_say },
        { "bytes are measured exactly, and a constant channel has std 1", bytes_are_measured_exactly },
        { "floats are measured too", floats_are_measured_too },
        { "trap 38: missing constants have a remedy", missing_constants_have_a_remedy },
    };
    return lt_suite_run("normalise", claims, sizeof claims / sizeof claims[0]);
}
