#include "conv_rig.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ltcore/backend.h>

#include "conv_layer.h"

static float *aligned(size_t floats)
{
    const size_t bytes = (floats * sizeof(float) + 63) / 64 * 64 + 64;
    float *p = aligned_alloc(64, bytes);
    if (p)
        memset(p, 0, bytes);
    return p;
}

static uint32_t next(uint32_t *seed)
{
    *seed ^= *seed << 13, *seed ^= *seed >> 17, *seed ^= *seed << 5;
    return *seed;
}

static float number(uint32_t *seed)
{
    return (float)(next(seed) >> 8) / 8388608.0f - 1;
}

static cpu_view view_of(int64_t blocks, int64_t channels, int64_t h, int64_t w, int64_t halo)
{
    const ptrdiff_t row = (w + 2 * halo) * CPU_LANES, channel = row * (h + 2 * halo);
    return (cpu_view){ .block = channels * channel, .channel = channel, .row = row, .blocks = blocks,
                       .channels = channels, .h = h, .w = w, .halo = halo };
}

size_t lt_conv_floats(const cpu_view *v)
{
    return (size_t)(v->blocks * v->block);
}

static float *make(cpu_view *v, const cpu_view *like)
{
    *v = *like;
    float *memory = aligned(lt_conv_floats(v));
    v->at = memory ? memory + v->halo * (v->row + CPU_LANES) : NULL;
    return memory;
}

static float *element(const cpu_view *v, int64_t sample, int64_t c, int64_t y, int64_t x)
{
    return cpu_at(v, sample / CPU_LANES, c) + y * v->row + x * CPU_LANES + sample % CPU_LANES;
}

static void randomise(const cpu_view *v, int64_t batch, uint32_t *seed)
{
    for (int64_t n = 0; n < batch; n++)
        for (int64_t c = 0; c < v->channels; c++)
            for (int64_t y = 0; y < v->h; y++)
                for (int64_t x = 0; x < v->w; x++)
                    *element(v, n, c, y, x) = number(seed);
}

static void choose_weights(lt_conv *c, double density, uint32_t *seed)
{
    for (int64_t i = 0; i < c->weights; i++) {
        const bool dead = (double)(next(seed) >> 8) / 16777216.0 >= density ||
                          (density < 1 && i < c->weights / c->shape.outputs); /* the first output has none */
        c->mask[i] = dead ? LTC_DEAD : i % 5 ? LTC_ALIVE : LTC_FROZEN;
        c->host[i] = dead ? 0 : number(seed);
    }
}

static bool allocate(lt_conv *c, int64_t blocks)
{
    const cpu_conv_shape *s = &c->shape;
    const cpu_view in = view_of(blocks, s->channels, s->h, s->w, c->needs.halo_x),
                   out = view_of(blocks, s->outputs, s->out_h, s->out_w, c->needs.halo_g);
    c->memory[0] = make(&c->x, &in), c->memory[1] = make(&c->y, &out);
    c->memory[2] = make(&c->g, &out), c->memory[3] = make(&c->dx, &in);
    c->mask = calloc((size_t)c->weights, 1), c->host = aligned((size_t)c->weights);
    c->w = aligned((size_t)c->weights + CPU_LANES), c->dw = aligned((size_t)c->weights + CPU_LANES);
    c->bias = aligned((size_t)s->outputs), c->scratch = aligned(c->needs.scratch);
    return c->memory[0] && c->memory[1] && c->memory[2] && c->memory[3] && c->mask && c->host && c->w &&
           c->dw && c->bias && c->scratch;
}

static int64_t out_of(int64_t n, int64_t kernel, const cpu_conv_shape *s)
{
    return (n + 2 * s->pad - (kernel - 1) * s->dilation - 1) / s->stride + 1;
}

static uint32_t place_of(const lt_conv *c, size_t i)
{
    const uint32_t *places = cpu_conv_places(c->layer);
    return places ? places[i] : (uint32_t)i;
}

bool lt_conv_open(lt_conv *c, const cpu_conv_shape *s, double density, int64_t batch, cpu_isa isa)
{
    uint32_t seed = 2463534242u;
    *c = (lt_conv){ .shape = *s, .batch = batch };
    c->shape.out_h = out_of(s->h, s->kernel_h, s), c->shape.out_w = out_of(s->w, s->kernel_w, s);
    c->shape.blocks = (batch + CPU_LANES - 1) / CPU_LANES;
    c->weights = s->outputs * (s->channels / s->groups) * s->kernel_h * s->kernel_w;
    c->needs = cpu_conv_needs_of(&c->shape, isa);
    if (!allocate(c, c->shape.blocks))
        return false;
    c->shape.x_channel = c->x.channel, c->shape.x_row = c->x.row;
    c->shape.g_channel = c->g.channel, c->shape.g_row = c->g.row;
    choose_weights(c, density, &seed);
    randomise(&c->x, batch, &seed), randomise(&c->g, batch, &seed);
    for (int64_t o = 0; o < s->outputs; o++)
        c->bias[o] = number(&seed);
    if (cpu_conv_open(&c->layer, &c->shape, density < 1 ? c->mask : NULL, isa,
                      conv_costs_shipped(isa), NULL))
        return false;
    for (size_t i = 0; i < cpu_conv_stored(c->layer); i++)
        c->w[i] = c->host[place_of(c, i)];
    cpu_conv_prepare(c->layer, c->w);
    return true;
}

void lt_conv_close(lt_conv *c)
{
    cpu_conv_close(c->layer);
    for (size_t i = 0; i < sizeof c->memory / sizeof *c->memory; i++)
        free(c->memory[i]);
    free(c->mask), free(c->host), free(c->w), free(c->dw), free(c->bias), free(c->scratch);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void lt_conv_forward(lt_conv *c, bool relu, int64_t part)
{
    const cpu_conv_call call = { .w = c->w, .bias = c->bias, .x = &c->x, .y = &c->y, .relu = relu,
                                 .scratch = c->scratch };
    for (int64_t b = 0; b < c->x.blocks; b += part)
        cpu_conv_forward(c->layer, &call, b, least(c->x.blocks, b + part));
}

void lt_conv_data_gradient(lt_conv *c, lt_conv_way way, int64_t part)
{
    const cpu_conv_call call = { .w = c->w, .x = &c->dx, .y = &c->g, .gate = way & LT_GATED ? &c->x : NULL,
                                 .scratch = c->scratch };
    for (int64_t b = 0; b < c->x.blocks; b += part)
        cpu_conv_data_gradient(c->layer, &call, way & LT_ADDED, b, least(c->x.blocks, b + part));
}

void lt_conv_weight_gradient(lt_conv *c, int64_t part)
{
    const cpu_conv_call call = { .w = c->w, .x = &c->x, .y = &c->g, .scratch = c->scratch };
    for (int64_t o = 0; o < c->shape.outputs; o += part)
        cpu_conv_weight_gradient(c->layer, &call, c->dw, o, least(c->shape.outputs, o + part));
}

bool lt_conv_weight_sums(lt_conv *c, int64_t part)
{
    const cpu_conv_call call = { .w = c->w, .x = &c->x, .y = &c->g, .scratch = c->scratch };
    const size_t n = cpu_conv_sums(c->layer);
    const int64_t parts = (c->x.blocks + part - 1) / part;
    float *sums = n ? aligned((size_t)parts * n) : NULL;
    for (int64_t k = parts; sums && k-- > 0;)
        cpu_conv_sum(c->layer, &call, sums + (size_t)k * n, k * part, least(c->x.blocks, (k + 1) * part));
    if (sums)
        cpu_conv_settle(c->layer, &call, sums, parts, c->dw);
    free(sums);
    return sums != NULL;
}

/* What every term of the convolution is shown to: weight i of output o reads x[c][iy][ix] for
 * y[o][oy][ox]. */
typedef struct term { int64_t weight, sample, o, oy, ox, c, iy, ix; } term;
typedef struct sums { double *sum, *size; } sums;
typedef void visit(const lt_conv *c, const term *t, sums *s);

static void each_pixel(const lt_conv *c, term *t, int64_t ky, int64_t kx, visit *show, sums *s)
{
    const cpu_conv_shape *z = &c->shape;
    for (t->sample = 0; t->sample < c->batch; t->sample++)
        for (t->oy = 0; t->oy < z->out_h; t->oy++)
            for (t->ox = 0; t->ox < z->out_w; t->ox++) {
                t->iy = t->oy * z->stride + ky * z->dilation - z->pad;
                t->ix = t->ox * z->stride + kx * z->dilation - z->pad;
                if (t->iy >= 0 && t->iy < z->h && t->ix >= 0 && t->ix < z->w)
                    show(c, t, s);
            }
}

static void each_term(const lt_conv *c, visit *show, sums *s)
{
    const cpu_conv_shape *z = &c->shape;
    const int64_t in = z->channels / z->groups, out = z->outputs / z->groups;
    const int64_t taps = z->kernel_h * z->kernel_w;
    for (int64_t i = 0; i < c->weights; i++) {
        term t = { .weight = i, .o = i / taps / in };
        t.c = t.o / out * in + i / taps % in;
        if (c->mask[i] != LTC_DEAD)
            each_pixel(c, &t, i % taps / z->kernel_w, i % z->kernel_w, show, s);
    }
}

static size_t index_of(const cpu_view *v, const float *memory, int64_t sample, int64_t c, int64_t y,
                       int64_t x)
{
    return (size_t)(element(v, sample, c, y, x) - memory);
}

static void add(sums *s, size_t i, double v)
{
    s->sum[i] += v, s->size[i] += fabs(v);
}

static void show_y(const lt_conv *c, const term *t, sums *s)
{
    add(s, index_of(&c->y, c->memory[1], t->sample, t->o, t->oy, t->ox),
        (double)c->host[t->weight] * *element(&c->x, t->sample, t->c, t->iy, t->ix));
}

static void show_dx(const lt_conv *c, const term *t, sums *s)
{
    add(s, index_of(&c->dx, c->memory[3], t->sample, t->c, t->iy, t->ix),
        (double)c->host[t->weight] * *element(&c->g, t->sample, t->o, t->oy, t->ox));
}

static void show_dw(const lt_conv *c, const term *t, sums *s)
{
    add(s, (size_t)t->weight, (double)*element(&c->g, t->sample, t->o, t->oy, t->ox) *
                                  *element(&c->x, t->sample, t->c, t->iy, t->ix));
}

static sums sums_of(size_t n)
{
    return (sums){ calloc(n, sizeof(double)), calloc(n, sizeof(double)) };
}

/* The larger of the error so far and that of one number. NaN is infinitely wrong. */
static double worse(double error, double is, double sum, double size)
{
    const double e = fabs(is - sum) / (size + 1e-3);
    return isnan(e) ? INFINITY : e > error ? e : error;
}

static void free_sums(sums *s)
{
    free(s->sum), free(s->size);
}

/* Of a pass by Winograd a small part of the mean magnitude: a number that few terms reach shares its tile
 * with others that many do, and the rounding of their sums with them. Of others nothing. */
static double share_of_mean(const lt_conv *c, conv_pass pass, const sums *s, size_t n)
{
    if (c->layer->way[pass] != CONV_BY_WINOGRAD)
        return 0;
    double all = 0, there = 1;
    for (size_t i = 0; i < n; i++)
        all += s->size[i], there += s->size[i] > 0;
    return all / there / 20;
}

static double largest(const cpu_view *v, const float *memory, const sums *s, double least, const float *bias,
                      const float *before, bool relu)
{
    double error = 0;
    for (int64_t n = 0; n < v->blocks * CPU_LANES; n++)
        for (int64_t c = 0; c < v->channels; c++)
            for (int64_t p = 0; p < v->h * v->w; p++) {
                const size_t i = index_of(v, memory, n, c, p / v->w, p % v->w);
                const double begin = (bias ? (double)bias[c] : 0) + (before ? (double)before[i] : 0);
                const double want = relu && s->sum[i] + begin < 0 ? 0 : s->sum[i] + begin;
                error = worse(error, memory[i], want, s->size[i] + fabs(begin) + least);
            }
    return error;
}

double lt_conv_forward_error(const lt_conv *c, bool relu)
{
    sums s = sums_of(lt_conv_floats(&c->y));
    each_term(c, show_y, &s);
    const double least = share_of_mean(c, CONV_FORWARD, &s, lt_conv_floats(&c->y));
    const double e = largest(&c->y, c->memory[1], &s, least, c->bias, NULL, relu);
    free_sums(&s);
    return e;
}

double lt_conv_data_error(const lt_conv *c, const float *before)
{
    sums s = sums_of(lt_conv_floats(&c->dx));
    each_term(c, show_dx, &s);
    const double least = share_of_mean(c, CONV_DATA_GRADIENT, &s, lt_conv_floats(&c->dx));
    const double e = largest(&c->dx, c->memory[3], &s, least, NULL, before, false);
    free_sums(&s);
    return e;
}

double lt_conv_weight_error(const lt_conv *c)
{
    double error = 0;
    sums s = sums_of((size_t)c->weights);
    each_term(c, show_dw, &s);
    for (size_t i = 0; i < cpu_conv_stored(c->layer); i++)
        error = worse(error, c->dw[i], s.sum[place_of(c, i)], s.size[place_of(c, i)]);
    free_sums(&s);
    return error;
}

static bool is_inside(const cpu_view *v, int64_t y, int64_t x)
{
    return y >= v->halo && y < v->h + v->halo && x >= v->halo && x < v->w + v->halo;
}

bool lt_conv_halo_is_zero(const cpu_view *v)
{
    const float *memory = v->at - v->halo * (v->row + CPU_LANES);
    bool zero = true;
    for (int64_t plane = 0; plane < v->blocks * v->channels; plane++)
        for (int64_t y = 0; y < v->h + 2 * v->halo; y++)
            for (int64_t x = 0; x < v->w + 2 * v->halo; x++)
                for (int lane = 0; lane < CPU_LANES && !is_inside(v, y, x); lane++)
                    zero = zero && memory[plane * v->channel + y * v->row + x * CPU_LANES + lane] == 0;
    return zero;
}
