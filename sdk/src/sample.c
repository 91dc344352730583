/* Owns the way of a stored sample to the graph's input. */
#include "sample.h"

#include <string.h>

enum { PAD = 4, SHIFTS = 2 * PAD + 1 };       /* CROP of ltcore/backend.h */

static ltc_status check_shape(const lts_samples *s, const ltc_data_desc *d, const ltc_value *v,
                              ltc_error *err)
{
    if (memcmp(s->dim, v->dim, sizeof s->dim))
        return ltc_fail(err, LTC_EINVAL,
                        "the data's samples are %lld x %lld x %lld, the network takes %lld x %lld x %lld",
                        (long long)s->dim[0], (long long)s->dim[1], (long long)s->dim[2],
                        (long long)v->dim[0], (long long)v->dim[1], (long long)v->dim[2]);
    if (d->sample_type != s->input->sample_type)
        return ltc_fail(err, LTC_EINVAL, "the data's samples are of type %u, the network's input of type %u",
                        d->sample_type, s->input->sample_type);
    if (d->sample_type != LTC_U8 && d->sample_type != LTC_F32)
        return ltc_fail(err, LTC_EUNSUPPORTED, "samples of type %u are not supported: only bytes and floats",
                        d->sample_type);
    if (d->sample_type == LTC_U8 ? !s->input->table : !s->input->mean || !s->input->std)
        return ltc_fail(err, LTC_EINVAL, "the input lacks its normalisation");
    return LTC_OK;
}

ltc_status lts_samples_open(lts_samples *s, const ltc_data_desc *data, const ltc_input *input,
                            const ltc_graph *graph, ltc_error *err)
{
    *s = (lts_samples){ .x = data->x, .label = data->label, .n = data->n, .input = input,
                        .dim = { 1, 1, 1, 1 } };
    if (data->rank < 1 || data->rank > 3)
        return ltc_fail(err, LTC_EUNSUPPORTED, "samples of rank %u are not supported: only 1 to 3",
                        data->rank);
    for (uint32_t i = 0; i < data->rank; i++)
        s->dim[i] = data->dim[i];
    const ltc_status st = check_shape(s, data, ltc_graph_value(graph, graph->input), err);
    if (st)
        return st;
    s->count = ltc_value_count(ltc_graph_value(graph, graph->input));
    const int64_t classes = ltc_graph_value(graph, graph->logits)->dim[0];
    for (uint64_t i = 0; i < s->n; i++)
        if (s->label[i] < 0 || s->label[i] >= classes)
            return ltc_fail(err, LTC_EINVAL, "row %llu has label %d, and the network has %lld classes",
                            (unsigned long long)i, s->label[i], (long long)classes);
    return LTC_OK;
}

lts_cut lts_cut_draw(uint32_t augment, ltc_key key, uint64_t i)
{
    lts_cut cut = { PAD, PAD, 0 };
    if (!augment)
        return cut;
    const ltc_rand draw = ltc_rand_block(key, i);             /* words 4i, 4i+1, ... */
    if (augment & LTC_AUGMENT_CROP)
        cut.down = draw.w[0] % SHIFTS, cut.right = draw.w[1] % SHIFTS;
    if (augment & LTC_AUGMENT_FLIP)
        cut.mirror = draw.w[2] & 1;
    return cut;
}

/* n pixels of a channel that follow each other, from element `at` of the split on; or n of its padding. */
static void get_pixels(const lts_samples *s, int64_t c, size_t at, int64_t n, float *out)
{
    if (s->input->sample_type == LTC_U8) {
        const uint8_t *x = (const uint8_t *)s->x + at;
        const float *table = s->input->table + 256 * c;
        for (int64_t i = 0; i < n; i++)
            out[i] = table[x[i]];
    } else {
        const float *x = (const float *)s->x + at, mean = s->input->mean[c], std = s->input->std[c];
        for (int64_t i = 0; i < n; i++)
            out[i] = (x[i] - mean) / std;
    }
}

static void get_padding(const lts_samples *s, int64_t c, int64_t n, float *out)
{
    const float none = s->input->sample_type == LTC_U8 ? s->input->table[256 * c]
                                                       : (0 - s->input->mean[c]) / s->input->std[c];
    for (int64_t i = 0; i < n; i++)
        out[i] = none;
}

static void mirror(float *row, int64_t n)
{
    for (int64_t i = 0, j = n - 1; i < j; i++, j--) {
        const float x = row[i];
        row[i] = row[j], row[j] = x;
    }
}

/* Row by row: what lies inside the image, with padding on either side. */
static void get_cut(const lts_samples *s, uint64_t row, lts_cut cut, float *out)
{
    const int64_t height = s->dim[1], wide = s->dim[2], shift = (int64_t)cut.right - PAD;
    int64_t left = shift < 0 ? -shift : 0, right = shift > 0 ? shift : 0;
    left = left < wide ? left : wide, right = right < wide ? right : wide;
    for (int64_t c = 0; c < s->dim[0]; c++)
        for (int64_t y = 0; y < height; y++, out += wide) {
            const int64_t from = y + cut.down - PAD;
            if (from < 0 || from >= height || left + right >= wide) {
                get_padding(s, c, wide, out);
                continue;
            }
            const size_t at = row * s->count + (size_t)((c * height + from) * wide + right);
            get_padding(s, c, left, out);
            get_pixels(s, c, at, wide - left - right, out + left);
            get_padding(s, c, right, out + wide - right);
            if (cut.mirror)
                mirror(out, wide);
        }
}

static void get_whole(const lts_samples *s, uint64_t row, float *out)
{
    const size_t plane = (size_t)(s->dim[1] * s->dim[2]);
    for (int64_t c = 0; c < s->dim[0]; c++, out += plane)
        get_pixels(s, c, row * s->count + (size_t)c * plane, (int64_t)plane, out);
}

void lts_sample_get(const lts_samples *s, uint64_t row, lts_cut cut, float *x)
{
    if (cut.down == PAD && cut.right == PAD && !cut.mirror)
        get_whole(s, row, x);
    else
        get_cut(s, row, cut, x);
}
