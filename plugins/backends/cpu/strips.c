/* A linear layer on an input that is mostly one number, as MNIST's is: what differs from it is listed, sample after
 * sample for the forward pass and feature after feature for the weights' gradients, and only that is multiplied. The
 * rest is the base times the sum of a row of weights, which is kept up to date beside them.
 *
 * A strip of CPU_STRIP outputs is worked on for all samples before the next, CPU_SPAN features at a time, so that
 * both its sums and its weights stay in the first cache. */
#include "shuffle.h"
#include "tile.h"
#include "update.h"

static int64_t spans_of(int64_t in)
{
    return (in + CPU_SPAN - 1) / CPU_SPAN;
}

/* Appends what is not 0 of sixteen bytes from feature i on; returns the new number of entries. */
VEC_INLINE uint32_t list_16(const uint8_t *x, int64_t i, int64_t n, float scale, uint16_t *feature, float *value,
                            uint32_t at)
{
#if defined(__AVX512BW__) && defined(__AVX512VL__)
    if (n == CPU_LANES) {
        const __m128i bytes = _mm_loadu_si128((const void *)x);
        const __mmask16 k = _mm_test_epi8_mask(bytes, bytes);
        const __m512i place = _mm512_add_epi32(_mm512_set1_epi32((int)i), _mm512_set_epi32(
            15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
        const __m512 number = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes)), _mm512_set1_ps(scale));
        _mm512_storeu_ps(value + at, _mm512_maskz_compress_ps(k, number));
        _mm256_storeu_si256((void *)(feature + at), _mm512_cvtepi32_epi16(_mm512_maskz_compress_epi32(k, place)));
        return at + (uint32_t)__builtin_popcount(k);
    }
#endif
    for (int64_t j = 0; j < n; j++)
        if (x[j]) {
            feature[at] = (uint16_t)(i + j);
            value[at++] = (float)x[j] * scale;
        }
    return at;
}

static void list_sample(const cpu_gather *g, int64_t b, cpu_nonzeros *to)
{
    const int64_t in = to->in, spans = spans_of(in);
    const uint8_t *x = (const uint8_t *)g->x + (int64_t)g->sample[b] * in;
    uint16_t *feature = to->feature + b * (in + CPU_LANES);
    float *value = to->value + b * (in + CPU_LANES);
    uint32_t n = 0;
    for (int64_t i = 0; i < in; i += CPU_LANES) {
        if (i % CPU_SPAN == 0)
            to->mark[b * (spans + 1) + i / CPU_SPAN] = n;
        n = list_16(x + i, i, in - i < CPU_LANES ? in - i : CPU_LANES, g->scale[0], feature, value, n);
    }
    to->mark[b * (spans + 1) + spans] = n;
    for (uint32_t q = 0; q < n; q++) {
        const int64_t at = feature[q] * to->batch + to->count[feature[q]]++;
        to->sample[at] = (uint16_t)b;
        to->of_sample[at] = value[q];
    }
}

void CPU_NAME(cpu_strips_list)(const cpu_gather *g, cpu_nonzeros *to)
{
    memset(to->count, 0, (size_t)to->in * sizeof *to->count);
    for (int64_t b = 0; b < to->batch; b++)
        list_sample(g, b, to);
}

/* sums[o] = sum over i of w[o][i], i ascending: as strips_update leaves it. */
void CPU_NAME(cpu_strips_sums)(const cpu_strips *s)
{
    for (int64_t t = 0; t < s->strips; t++) {
        const float *w = s->weights.w + t * s->in * CPU_STRIP;
        vec4 sum = vec4_all(vec_zero());
        for (int64_t i = 0; i < s->in; i++, w += CPU_STRIP)
            sum = vec4_add(sum, vec4_load(w));
        vec4_store(s->sums + t * CPU_STRIP, sum);
    }
}

/* Adds a span's entries of one sample to its sums. */
VEC_INLINE void add_entries(const float *w, const uint16_t *feature, const float *value, uint32_t q, uint32_t end,
                            float *sums)
{
    vec4 sum = vec4_load(sums);
    for (; q < end; q++)
        sum = vec4_fma(value[q], vec4_load(w + feature[q] * CPU_STRIP), sum);
    vec4_store(sums, sum);
}

static void begin_sums(const cpu_strips *s, int64_t t, float *sums)
{
    float *begin = s->scratch + s->strips * s->lanes * CPU_STRIP;
    for (int64_t j = 0; j < CPU_STRIP; j++) {
        const int64_t o = t * CPU_STRIP + j;
        begin[j] = s->base * s->sums[o] + (s->bias && o < s->out ? s->bias[o] : 0.0f);
    }
    const vec4 first = vec4_load(begin);
    for (int64_t b = 0; b < s->lanes; b++)
        vec4_store(sums + b * CPU_STRIP, first);
}

/* sums [lanes][CPU_STRIP] -> y[strip's outputs][lanes] */
static void end_sums(const cpu_strips *s, int64_t t, const float *sums)
{
    for (int64_t j = 0; j < CPU_STRIP && t * CPU_STRIP + j < s->out; j += CPU_LANES)
        for (int64_t l = 0; l < s->lanes; l += CPU_LANES) {
            vec x[CPU_LANES];
            float to[CPU_LANES * CPU_LANES] __attribute__((aligned(64)));
            for (int64_t k = 0; k < CPU_LANES; k++) {
                const vec sum = vec_load(sums + (l + k) * CPU_STRIP + j);
                x[k] = s->relu ? vec_relu(sum) : sum;
            }
            transpose_16(x, to, CPU_LANES);
            for (int64_t k = 0; k < CPU_LANES && t * CPU_STRIP + j + k < s->out; k++)
                vec_store(s->y + (t * CPU_STRIP + j + k) * s->lanes + l, vec_load(to + k * CPU_LANES));
        }
}

void CPU_NAME(cpu_strips_forward)(const cpu_strips *s)
{
    const cpu_nonzeros *z = s->nonzeros;
    const int64_t spans = spans_of(s->in);
    for (int64_t t = 0; t < s->strips; t++) {
        float *sums = s->scratch + t * s->lanes * CPU_STRIP;
        begin_sums(s, t, sums);
        for (int64_t span = 0; span < spans; span++)
            for (int64_t b = 0; b < s->batch; b++) {
                const uint32_t *mark = z->mark + b * (spans + 1) + span;
                add_entries(s->weights.w + t * s->in * CPU_STRIP, z->feature + b * (s->in + CPU_LANES),
                            z->value + b * (s->in + CPU_LANES), mark[0], mark[1], sums + b * CPU_STRIP);
            }
        end_sums(s, t, sums);
    }
}

/* rows [lanes][CPU_STRIP] of the strip's gradients; 0 beyond the last output. */
static void rows_of_gradient(const cpu_strips *s, int64_t t, float *rows)
{
    for (int64_t j = 0; j < CPU_STRIP; j += CPU_LANES)
        for (int64_t l = 0; l < s->lanes; l += CPU_LANES) {
            vec x[CPU_LANES];
            for (int64_t k = 0; k < CPU_LANES; k++) {
                const int64_t o = t * CPU_STRIP + j + k;
                x[k] = o < s->out ? vec_load(s->g + o * s->lanes + l) : vec_zero();
            }
            transpose_16(x, rows + l * CPU_STRIP + j, CPU_STRIP);
        }
}

/* dw[i] = sum over samples of (x[i] - base) g, and base times the sum of g. */
static void update_strip(const cpu_strips *s, int64_t t, const float *rows, const cpu_rule *r, const vec_rule *k)
{
    const cpu_nonzeros *z = s->nonzeros;
    float g[CPU_STRIP] __attribute__((aligned(64)));
    vec4 common = vec4_all(vec_zero()), sum = common;
    for (int64_t b = 0; b < s->lanes; b++)
        common = vec4_add(common, vec4_load(rows + b * CPU_STRIP));
    common = vec4_fma(s->base, common, vec4_all(vec_zero()));
    for (int64_t i = 0; i < s->in; i++) {
        const uint16_t *sample = z->sample + i * z->batch;
        const float *value = z->of_sample + i * z->batch;
        const int64_t at = (t * s->in + i) * CPU_STRIP;
        vec4 dw = common;
        for (uint32_t q = 0; q < z->count[i]; q++)
            dw = vec4_fma(value[q], vec4_load(rows + sample[q] * CPU_STRIP), dw);
        vec4_store(g, dw);
        update_run(r, k, &s->weights, at, g, CPU_STRIP);
        sum = vec4_add(sum, vec4_load(s->weights.w + at));
    }
    vec4_store(s->sums + t * CPU_STRIP, sum);
}

void CPU_NAME(cpu_strips_update)(const cpu_strips *s, const cpu_rule *r)
{
    const vec_rule k = vec_rule_of(r);
    for (int64_t t = 0; t < s->strips; t++) {
        float *rows = s->scratch + t * s->lanes * CPU_STRIP;
        rows_of_gradient(s, t, rows);
        update_strip(s, t, rows, r, &k);
    }
}
