/* Owns the constants of the normalisation and the table of its 256 values a channel. Made once a run, for
 * backends. */
#include "data/normalise.h"

#include <assert.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/memory.h"

/* x -> (x / unit - mean) / std, each operation rounded to float: the build says -ffp-contract=off, and here
 * that float operations are not carried out in a wider type. */
_Static_assert(FLT_EVAL_METHOD == 0, "float arithmetic must round to float");

static const float byte_unit = 255;

static void fill_table(const lt_normalisation *n, int64_t channels, float unit)
{
    for (int64_t c = 0; c < channels; c++)
        for (int x = 0; x < 256; x++)
            n->table[c * 256 + x] = ((float)x / unit - n->mean[c]) / n->std[c];
}

/* One channel of the training split: planes of `inner` elements, a sample apart. */
typedef struct channel { uint64_t n; size_t inner, stride; } channel;
typedef struct moments { double mean, std; } moments;

/* From a histogram: sums of integers are exact, so the order of the samples does not matter. */
static moments measure_bytes(const uint8_t *x, channel c)
{
    uint64_t count[256] = { 0 }, sum = 0;
    for (uint64_t i = 0; i < c.n; i++, x += c.stride)
        for (size_t j = 0; j < c.inner; j++)
            count[x[j]]++;
    for (uint64_t v = 0; v < 256; v++)
        sum += v * count[v];
    const double n = (double)c.n * (double)c.inner, mean = (double)sum / n;
    double squares = 0;
    for (int v = 0; v < 256; v++)
        squares += (double)count[v] * ((v - mean) * (v - mean));
    return (moments){ mean / 255, sqrt(squares / n) / 255 };
}

/* Twice through, in double, sample after sample. */
static moments measure_floats(const float *x, channel c)
{
    const double n = (double)c.n * (double)c.inner, first = (double)x[0];
    double sum = 0, squares = 0;
    bool varies = false;
    for (uint64_t i = 0; i < c.n; i++)
        for (size_t j = 0; j < c.inner; j++) {
            sum += (double)x[i * c.stride + j];
            varies = varies || (double)x[i * c.stride + j] != first;
        }
    const double mean = varies ? sum / n : first;
    for (uint64_t i = 0; i < c.n; i++)
        for (size_t j = 0; j < c.inner; j++)
            squares += ((double)x[i * c.stride + j] - mean) * ((double)x[i * c.stride + j] - mean);
    return (moments){ mean, sqrt(squares / n) };
}

/* A channel that never varies says nothing, and dividing by 1 leaves it at 0 where dividing by 0 would stop
 * the run; so do scikit-learn's scalers. */
static void measure_training(const lt_data *d, lt_normalisation *n)
{
    const lt_split *train = &d->split[LT_TRAIN];
    const size_t channels = (size_t)d->dim[0], inner = (size_t)(d->dim[1] * d->dim[2] * d->dim[3]);
    const channel all = { train->n, inner, channels * inner };
    for (size_t c = 0; c < channels; c++) {
        const moments m = d->sample_type == LTC_U8 ? measure_bytes((const uint8_t *)train->x + c * inner, all)
                                                   : measure_floats((const float *)train->x + c * inner, all);
        n->mean[c] = (float)m.mean;
        n->std[c] = (float)m.std >= FLT_MIN ? (float)m.std : 1;
    }
}

static ltc_status set_constants(const lt_data *d, uint32_t how, lt_normalisation *n, ltc_error *err)
{
    const size_t channels = (size_t)d->dim[0];
    switch (how) {
    case LT_NORMALISE_PUBLISHED:
        if (!d->published_mean)
            return ltc_fail_opt(err, "dataset.normalise",
                                "the data set publishes no mean and standard deviation; write "
                                "normalise = \"train\" to take them from the training samples");
        memcpy(n->mean, d->published_mean, channels * sizeof *n->mean);
        memcpy(n->std, d->published_std, channels * sizeof *n->std);
        return LTC_OK;
    case LT_NORMALISE_TRAIN:
        measure_training(d, n);
        return LTC_OK;
    default:
        assert(how == LT_NORMALISE_UNIT || how == LT_NORMALISE_NONE);
        for (size_t c = 0; c < channels; c++)
            n->std[c] = 1;                    /* and the mean is 0 */
        return LTC_OK;
    }
}

ltc_status lt_normalisation_make(const lt_data *d, uint32_t how, lt_normalisation *n, ltc_error *err)
{
    const size_t channels = (size_t)d->dim[0];
    const bool bytes = d->sample_type == LTC_U8;
    lt_normalisation made = {
        .mean = lt_array(channels, sizeof(float)),
        .std = lt_array(channels, sizeof(float)),
        .table = bytes ? lt_array(channels, 256 * sizeof(float)) : NULL,
    };
    ltc_status st = LTC_OK;
    if (!made.mean || !made.std || (bytes && !made.table))
        st = ltc_fail(err, LTC_ENOMEM, "no memory to normalise %zu channels", channels);
    if (!st)
        st = set_constants(d, how, &made, err);
    if (st) {
        lt_normalisation_free(&made);
        return st;
    }
    if (bytes)
        fill_table(&made, d->dim[0], how == LT_NORMALISE_NONE ? 1 : byte_unit);
    made.input = (ltc_input){
        .size = sizeof made.input, .sample_type = d->sample_type, .table = made.table,
        .mean = bytes ? NULL : made.mean, .std = bytes ? NULL : made.std,
    };
    *n = made;
    return LTC_OK;
}

void lt_normalisation_free(lt_normalisation *n)
{
    free(n->mean);
    free(n->std);
    free(n->table);
    *n = (lt_normalisation){ 0 };
}
