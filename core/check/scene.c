/* Owns a scene: its graph, and the samples, labels and tables in its arena. */
#include "check/scene.h"

#include <string.h>

#include "graph/builder.h"

enum { STREAM_VALUES = 1, STREAM_PIXELS, STREAM_LABELS, STREAM_ROWS, STREAM_KEYS };

static ltc_key stream(const lt_scene *s, uint64_t purpose, uint64_t which)
{
    return ltc_key_fold((ltc_key){ s->seed, purpose }, which);
}

static ltc_status build(lt_scene *s, ltc_error *err)
{
    const lt_graph_request r = { .n_classes = s->recipe.n_classes, .rank = 3, .dim = s->recipe.dim };
    lt_builder *b = NULL;
    ltc_builder *table = NULL;
    ltc_status st = lt_builder_create(&r, sizeof *table, sizeof(ltc_value), &b, &table, err);
    if (st)
        return st;
    const ltc_val logits = s->recipe.build(table);
    st = lt_builder_finish(b, logits, &s->graph, err);
    lt_builder_destroy(b);
    return st;
}

/* (byte - 128) / 64 plus channel / 32; floats are normalised to the same. */
static bool make_input(lt_scene *s)
{
    const size_t channels = (size_t)s->recipe.dim[0];
    float *table = lt_arena_array(&s->arena, channels, 256 * sizeof *table);
    float *mean = lt_arena_array(&s->arena, channels, sizeof *mean);
    float *std = lt_arena_array(&s->arena, channels, sizeof *std);
    if (!table || !mean || !std)
        return false;
    for (size_t c = 0; c < channels; c++) {
        for (int byte = 0; byte < 256; byte++)
            table[c * 256 + (size_t)byte] = (float)(byte - 128) / 64 + (float)c / 32;
        mean[c] = 128 - 2 * (float)c, std[c] = 64;
    }
    s->input = (ltc_input){ .size = sizeof s->input, .sample_type = s->recipe.sample_type,
                            .table = table, .mean = mean, .std = std };
    return true;
}

static bool make_data(lt_scene *s)
{
    const lt_recipe *r = &s->recipe;
    const bool bytes = r->sample_type == LTC_U8;
    const size_t count = (size_t)(r->dim[0] * r->dim[1] * r->dim[2]), n = count * r->n_rows;
    uint8_t *u8 = lt_arena_array(&s->arena, n, 1);
    float *f32 = lt_arena_array(&s->arena, n, sizeof *f32);
    int32_t *label = lt_arena_array(&s->arena, r->n_rows, sizeof *label);
    if (!u8 || !f32 || !label)
        return false;
    for (size_t i = 0; i < n; i++) {
        u8[i] = (uint8_t)(ltc_rand_u32(stream(s, STREAM_PIXELS, 0), i) >> 24);
        f32[i] = u8[i];
    }
    for (size_t i = 0; i < r->n_rows; i++)
        label[i] = (int32_t)ltc_rand_below(stream(s, STREAM_LABELS, 0), i, r->n_classes);
    s->data = (ltc_data_desc){ .size = sizeof s->data, .sample_type = r->sample_type, .rank = 3,
                               .dim = s->recipe.dim, .n = r->n_rows,
                               .x = bytes ? (const void *)u8 : f32, .label = label };
    return true;
}

ltc_status lt_scene_open(const lt_recipe *recipe, uint64_t seed, lt_scene *s, ltc_error *err)
{
    *s = (lt_scene){ .recipe = *recipe, .seed = seed };
    if (!s->recipe.sample_type)
        s->recipe.sample_type = LTC_U8;
    ltc_status st = build(s, err);
    if (!st && (!make_input(s) || !make_data(s)))
        st = ltc_fail(err, LTC_ENOMEM, "no memory for the network '%s'", recipe->name);
    if (st)
        lt_scene_close(s);
    return st;
}

void lt_scene_close(lt_scene *s)
{
    lt_graph_free(&s->graph);
    lt_arena_free(&s->arena);
    *s = (lt_scene){ 0 };
}

/* The power of two at or above 1 / sqrt(fan-in). */
static float unit_of(const ltc_value *v)
{
    const size_t fan_in = ltc_value_count(v) / (size_t)v->dim[0];
    float unit = 1;
    for (size_t n = 4; n <= fan_in; n *= 4)
        unit /= 2;
    return unit;
}

/* Weights: multiples of unit / 8, never 0. Biases: odd multiples of 2^-14, below 1/8. Gains and statistics:
 * within 1/4 of where they start. */
void lt_scene_value(const lt_scene *s, uint32_t who, uint32_t param, float *value)
{
    const ltc_param *p = ltc_graph_param(&s->graph.view, param);
    const float unit = unit_of(ltc_graph_value(&s->graph.view, p->value));
    const float base = p->init.kind == LTC_INIT_CONST ? (float)p->init.a
                       : p->role & LTC_ROLE_NORM_GAIN ? 1 : 0;
    const ltc_key key = ltc_key_fold(stream(s, STREAM_VALUES, who), param);
    for (size_t i = 0; i < p->n; i++) {
        const int k = (int)(ltc_rand_u32(key, i) >> 8) % 16 - 8;
        if (p->role & LTC_ROLE_WEIGHT)
            value[i] = (float)(k < 0 ? k : k + 1) * unit / 8;
        else if (p->role & (LTC_ROLE_BIAS | LTC_ROLE_NORM_BIAS))
            value[i] = (float)((int)(ltc_rand_u32(key, i) >> 8) % 2048 * 2 - 2047) * 0x1p-14f;
        else
            value[i] = base + (float)k / 32;
    }
}

/* Element i of a weight whose outputs have `row` elements each. */
static uint8_t mask_weight(uint32_t masks, size_t i, size_t row, uint64_t shift)
{
    switch (masks) {
    case LT_MASKS_SPARSE: return (i * 11 + shift) % 16 == 0 ? LTC_ALIVE : LTC_DEAD;
    case LT_MASKS_ROWS:   return (i / row + shift) % 2 ? LTC_ALIVE : LTC_DEAD;
    case LT_MASKS_SINGLE: return i == row / 2 ? LTC_ALIVE : LTC_DEAD;
    case LT_MASKS_FROZEN: return (i * 11 + shift) % 16 == 0 ? LTC_ALIVE : LTC_FROZEN;
    default:              return LTC_ALIVE;
    }
}

void lt_scene_mask(const lt_scene *s, uint32_t who, uint32_t masks, uint32_t param, uint8_t *mask)
{
    const ltc_param *p = ltc_graph_param(&s->graph.view, param);
    const ltc_value *v = ltc_graph_value(&s->graph.view, p->value);
    if (masks == LT_MASKS_UNEQUAL)
        masks = who % 2 ? LT_MASKS_SPARSE : LT_MASKS_MIXED;
    const size_t row = p->n / (size_t)v->dim[0], turn = masks == LT_MASKS_SHIFTED;
    const bool mixed = masks == LT_MASKS_MIXED || masks == LT_MASKS_SHIFTED;
    for (size_t i = 0; i < p->n; i++)
        mask[i] = mixed && p->trained ? (uint8_t)(((i + turn) * 7 + param + who) % 5 % 3)
                  : p->role & LTC_ROLE_WEIGHT ? mask_weight(masks, i, row, param + who)
                                              : LTC_ALIVE;
}

uint32_t lt_scene_row(const lt_scene *s, uint32_t who, uint64_t step, uint32_t batch, uint32_t i)
{
    return ltc_rand_below(stream(s, STREAM_ROWS, who), step * batch + i, s->recipe.n_rows);
}

float lt_scene_rate(float base, uint64_t step)
{
    return base * (1 + (float)(step % 3) / 4);
}

ltc_key lt_scene_key(const lt_scene *s, uint32_t who, uint32_t purpose)
{
    return ltc_key_fold(stream(s, STREAM_KEYS, who), purpose);
}

/* Pixel (y, x) of channel c, normalised; the border that cropping pads with is byte 0, or 0.0f. */
static double pixel(const lt_scene *s, uint32_t row, int64_t c, int64_t y, int64_t x)
{
    const int64_t *dim = s->recipe.dim;
    const bool inside = y >= 0 && y < dim[1] && x >= 0 && x < dim[2];
    const int64_t at = ((row * dim[0] + c) * dim[1] + y) * dim[2] + x;
    if (s->recipe.sample_type == LTC_U8)
        return (double)s->input.table[c * 256 + (inside ? ((const uint8_t *)s->data.x)[at] : 0)];
    return ((inside ? (double)((const float *)s->data.x)[at] : 0) - (double)s->input.mean[c]) /
           (double)s->input.std[c];
}

void lt_scene_sample(const lt_scene *s, uint32_t row, uint32_t augment, ltc_key key, uint64_t index,
                     double *x)
{
    const int64_t *dim = s->recipe.dim;
    const int64_t down = augment & LTC_AUGMENT_CROP ? (int64_t)(ltc_rand_u32(key, 4 * index) % 9) - 4 : 0;
    const int64_t right =
        augment & LTC_AUGMENT_CROP ? (int64_t)(ltc_rand_u32(key, 4 * index + 1) % 9) - 4 : 0;
    const bool mirror = augment & LTC_AUGMENT_FLIP && ltc_rand_u32(key, 4 * index + 2) % 2;
    for (int64_t c = 0; c < dim[0]; c++)
        for (int64_t i = 0; i < dim[1]; i++)
            for (int64_t j = 0; j < dim[2]; j++)
                *x++ = pixel(s, row, c, i + down, (mirror ? dim[2] - 1 - j : j) + right);
}
