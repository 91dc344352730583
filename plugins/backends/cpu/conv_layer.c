/* Opens a convolution: which way each pass goes, its lists, the order of what it stores, and what is derived
 * of that when weights have changed. */
#include "conv_layer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <ltcore/backend.h>

static const conv_kernels *kernels_of(cpu_isa isa)
{
#if defined(__x86_64__)
    static const conv_kernels *const all[CPU_ISAS] = {
        [CPU_AVX512] = &conv_kernels_avx512, [CPU_AVX2] = &conv_kernels_avx2,
        [CPU_PORTABLE] = &conv_kernels_portable,
    };
    return all[isa];
#else
    assert(isa == CPU_PORTABLE);
    return &conv_kernels_portable;
#endif
}

static int64_t taps_of(const cpu_conv_shape *s)
{
    return s->kernel_h * s->kernel_w;
}

static size_t weights_of(const cpu_conv_shape *s)
{
    return (size_t)(s->outputs * (s->channels / s->groups) * taps_of(s));
}

/* Partial sums of so many weights at once, if there are so many, stay in a near cache. */
enum { ROOM = 32768 };

/* Vectors of partial sums that a call may use: at least one row of wide lists, the widest there is. */
size_t conv_room(const cpu_conv_shape *s)
{
    const size_t row = weights_of(s) / (size_t)s->outputs * CONV_WIDE;
    return row > ROOM ? row : ROOM;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

cpu_conv_needs cpu_conv_needs_of(const cpu_conv_shape *s, cpu_isa isa)
{
    (void)isa;
    const conv_phase forward = conv_phase_of(s, false, 0);
    cpu_conv_needs n = { .halo_x = conv_phase_halo(&forward, s, s->h, s->w),
                         .scratch = conv_room(s) * CPU_LANES };
    n.scratch = larger(n.scratch, conv_winograd_scratch(s->channels > s->outputs ? s->channels : s->outputs,
                                                        conv_is_one_tile(s)));
    n.scratch = larger(n.scratch, conv_winograd_slope_scratch(s->outputs, s->channels));
    for (int64_t i = 0; i < conv_phases(s, true); i++) {
        const conv_phase back = conv_phase_of(s, true, i);
        const int64_t halo = conv_phase_halo(&back, s, s->out_h, s->out_w);
        n.halo_g = halo > n.halo_g ? halo : n.halo_g;
    }
    return n;
}

/* A part is a panel of Winograd's tiles, or a tile of several blocks. The weights' gradient reads, and
 * transforms, all inputs for each part. */
cpu_conv_grain cpu_conv_grain_of(const cpu_conv_shape *s)
{
    const int64_t pixels = s->out_h * s->out_w, enough = CONV_PANEL * 16;
    int64_t outputs = s->outputs;
    if (outputs > CONV_SLOPE_OUTPUTS)
        outputs = CONV_SLOPE_OUTPUTS;
    else if (outputs > CONV_SLOPE_OUTPUTS / 4)
        outputs = (outputs + 1) / 2;
    return (cpu_conv_grain){ .blocks = pixels < enough ? (enough + pixels - 1) / pixels : 1,
                             .outputs = outputs };
}

conv_taps conv_taps_of(const cpu_conv *l, const float *w, bool back)
{
    const int64_t in = l->shape.channels, out = l->shape.outputs, taps = taps_of(&l->shape);
    const conv_form form = conv_form_of(&l->shape);
    return back ? (conv_taps){ w, form, in, out, taps, in * taps, !conv_spreads(&l->shape) }
                : (conv_taps){ w, form, out, in, in * taps, taps, false };
}

static size_t count_stored(const uint8_t *mask, size_t n)
{
    size_t stored = 0;
    for (size_t i = 0; i < n; i++)
        stored += !mask || mask[i] != LTC_DEAD;
    return stored;
}

static ltc_status open_phase(conv_phase *p, const cpu_conv *l, const uint8_t *mask, double density,
                             conv_pass pass, ltc_error *err)
{
    if (l->way[pass] == CONV_BY_WINOGRAD)
        return LTC_OK;
    return conv_phase_open(p, &l->shape, mask, density, l->way[pass] == CONV_BY_LISTS ? 1 : CONV_WIDE, err);
}

/* Memory for the weights that Winograd's passes multiply by. A plane of one tile reads each once for four
 * blocks: it costs less to make them then than to fetch them, four times as large of 4 x 4. */
static ltc_status open_points(cpu_conv *l, ltc_error *err)
{
    const cpu_conv_shape *s = &l->shape;
    const bool forward = l->way[CONV_FORWARD] == CONV_BY_WINOGRAD,
               back = l->way[CONV_DATA_GRADIENT] == CONV_BY_WINOGRAD;
    for (int i = 0; i < 2 && !conv_is_one_tile(s); i++) {
        const conv_taps t = conv_taps_of(l, NULL, i);
        const size_t n = (i ? back : forward) ? conv_points_count(t.form, t.outputs, t.inputs) : 0;
        l->points[i] = n ? aligned_alloc(64, (n * sizeof *l->points[i] + 63) / 64 * 64) : NULL;
        if (n && !l->points[i])
            return ltc_fail(err, LTC_ENOMEM, "no memory for a convolution's weights at %zu points", n);
    }
    if ((forward || back) && l->places)
        l->host = calloc(weights_of(s), sizeof *l->host);
    return l->host || !l->places || !(forward || back)
               ? LTC_OK
               : ltc_fail(err, LTC_ENOMEM, "no memory for %zu weights in the host's order", weights_of(s));
}

static ltc_status open_phases(cpu_conv *l, const uint8_t *mask, double density, ltc_error *err)
{
    l->n_back = conv_phases(&l->shape, true);
    l->back = calloc((size_t)l->n_back, sizeof *l->back);
    if (!l->back)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a convolution");
    l->forward = conv_phase_of(&l->shape, false, 0);
    ltc_status st = open_phase(&l->forward, l, mask, density, CONV_FORWARD, err);
    for (int64_t i = 0; i < l->n_back && !st; i++) {
        l->back[i] = conv_phase_of(&l->shape, true, i);
        st = open_phase(&l->back[i], l, mask, density, CONV_DATA_GRADIENT, err);
    }
    l->own_slope = l->way[CONV_WEIGHT_GRADIENT] != l->way[CONV_FORWARD] &&
                   l->way[CONV_WEIGHT_GRADIENT] != CONV_BY_WINOGRAD;
    l->slope = conv_phase_of(&l->shape, false, 0);
    return st || !l->own_slope ? st : open_phase(&l->slope, l, mask, density, CONV_WEIGHT_GRADIENT, err);
}

/* The order of lists of single outputs, if a pass has some; else the host's. */
static const conv_lists *order_of(const cpu_conv *l)
{
    if (l->way[CONV_FORWARD] == CONV_BY_LISTS)
        return &l->forward.lists;
    return l->way[CONV_WEIGHT_GRADIENT] == CONV_BY_LISTS ? &l->slope.lists : NULL;
}

/* places, and the way back: rank[place]. */
static ltc_status order_weights(cpu_conv *l, const uint8_t *mask, uint32_t *rank, ltc_error *err)
{
    const size_t n = weights_of(&l->shape);
    const conv_lists *order = order_of(l);
    memset(rank, 0xff, n * sizeof *rank);     /* CONV_NONE */
    l->places = malloc((l->stored + 1) * sizeof *l->places);
    if (!l->places)
        return ltc_fail(err, LTC_ENOMEM, "no memory for the places of %zu weights", l->stored);
    for (size_t i = 0, k = 0; i < n && !order; i++)
        if (!mask || mask[i] != LTC_DEAD)
            l->places[k++] = (uint32_t)i;
    for (size_t k = 0; k < l->stored; k++) {
        if (order)
            l->places[k] = order->from[k];
        rank[l->places[k]] = (uint32_t)k;
    }
    if (!order && l->stored == n) {
        free(l->places);
        l->places = NULL;
    }
    return LTC_OK;
}

static ltc_status settle(cpu_conv *l, const uint8_t *mask, ltc_error *err)
{
    uint32_t *rank = malloc((weights_of(&l->shape) + 1) * sizeof *rank);
    if (!rank)
        return ltc_fail(err, LTC_ENOMEM, "no memory for the order of %zu weights", weights_of(&l->shape));
    ltc_status st = order_weights(l, mask, rank, err);
    const int64_t stored = (int64_t)l->stored;
    if (!st)
        st = conv_phase_settle(&l->forward, rank, stored, err);
    for (int64_t i = 0; i < l->n_back && !st; i++)
        st = conv_phase_settle(&l->back[i], rank, stored, err);
    if (!st && l->own_slope)
        st = conv_phase_settle(&l->slope, rank, stored, err);
    if (!st && l->places && l->way[CONV_WEIGHT_GRADIENT] == CONV_BY_WINOGRAD)
        l->rank = rank;
    else
        free(rank);
    return st;
}

ltc_status cpu_conv_open(cpu_conv **layer, const cpu_conv_shape *s, const uint8_t *mask, cpu_isa isa,
                         const conv_costs *costs, ltc_error *err)
{
    const size_t n = weights_of(s);
    if (n >= CONV_NONE || s->x_channel * (s->channels + 1) > INT32_MAX ||
        s->g_channel * (s->outputs + 1) > INT32_MAX)
        return ltc_fail(
            err, LTC_EUNSUPPORTED,
            "a convolution of %zu weights, or an image of its channels, is too large for this backend; "
            "use cpu-blas or ref",
            n);
    cpu_conv *l = calloc(1, sizeof *l);
    if (!l)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a convolution");
    *l = (cpu_conv){ .shape = *s, .kernels = kernels_of(isa), .stored = count_stored(mask, n) };
    const double density = (double)l->stored / (double)n;
    for (conv_pass pass = 0; pass < CONV_PASSES; pass++)
        l->way[pass] = conv_choose(s, density, costs, pass);
    ltc_status st = open_phases(l, mask, density, err);
    if (!st)
        st = settle(l, mask, err);
    if (!st)
        st = open_points(l, err);
    if (st)
        cpu_conv_close(l);
    else
        *layer = l;
    return st;
}

void cpu_conv_close(cpu_conv *l)
{
    if (!l)
        return;
    conv_phase_close(&l->forward);
    conv_phase_close(&l->slope);
    for (int64_t i = 0; l->back && i < l->n_back; i++)
        conv_phase_close(&l->back[i]);
    free(l->back), free(l->places);
    free(l->points[0]), free(l->points[1]), free(l->host), free(l->rank);
    free(l);
}

size_t cpu_conv_stored(const cpu_conv *l)
{
    return l->stored;
}

const uint32_t *cpu_conv_places(const cpu_conv *l)
{
    return l->places;
}

const float *conv_host_weights(const cpu_conv *l, const float *w)
{
    return l->host ? l->host : w;
}

static void prepare_points(cpu_conv *l, const float *w)
{
    for (size_t i = 0; l->host && i < l->stored; i++)
        l->host[l->places[i]] = w[i];
    for (int i = 0; i < 2; i++) {
        const conv_taps t = conv_taps_of(l, conv_host_weights(l, w), i);
        if (l->points[i])
            l->kernels->weights(&t, 0, t.outputs, conv_point_stride(t.outputs, t.inputs), l->points[i]);
    }
}

void cpu_conv_prepare(cpu_conv *l, const float *w)
{
    prepare_points(l, w);
    conv_phase_pack(&l->forward, w);
    for (int64_t i = 0; i < l->n_back; i++)
        conv_phase_pack(&l->back[i], w);
}
