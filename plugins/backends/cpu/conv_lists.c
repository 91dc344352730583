#include "conv_lists.h"

#include <stdbool.h>
#include <stdlib.h>

#include <ltcore/backend.h>

static bool is_stored(const uint8_t *mask, int64_t place)
{
    return !mask || mask[place] != LTC_DEAD;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Where a walk over the lists stands; l->entry NULL: it counts only. */
typedef struct walk { conv_lists *l; const conv_map *map; const uint8_t *mask; int64_t row; } walk;

/* One input under one tap, for the outputs of a row: an entry, if any weight is there. */
static void add_entry(walk *k, int64_t place, int64_t outputs, int32_t entry)
{
    conv_lists *l = k->l;
    bool any = false;
    for (int64_t i = 0; i < outputs; i++)
        any = any || is_stored(k->mask, place + i * k->map->by_output);
    if (!any)
        return;
    if (l->entry) {
        l->entry[l->count] = entry;
        for (int64_t i = 0; i < l->wide; i++) {
            const int64_t at = place + i * k->map->by_output;
            const bool here = i < outputs && is_stored(k->mask, at);
            l->from[l->count * l->wide + i] = here ? (uint32_t)at : CONV_NONE;
        }
    }
    l->count++;
}

/* Inputs [first, end). */
typedef struct span { int64_t first, end; } span;

/* Inputs of a section under some taps. */
static void add_taps(walk *k, const span *s, int64_t group, int64_t output, int64_t from, int64_t to)
{
    const conv_map *m = k->map;
    for (int64_t input = s->first; input < s->end; input++)
        for (int64_t t = from; t < to; t++)
            add_entry(k, group * m->by_group + output * m->by_output + input * m->by_input + m->tap[t],
                      least(k->l->wide, m->outputs - output),
                      (int32_t)((group * m->inputs + input) * m->channel + m->distance[m->tap[t]]));
}

static void add_list(walk *k, int64_t group, int64_t output, int64_t section)
{
    conv_lists *l = k->l;
    const conv_map *m = k->map;
    const span s = { section * m->section, least(m->inputs, (section + 1) * m->section) };
    const int64_t taps = m->n_taps / l->pieces;
    for (int64_t p = 0; p < l->pieces; p++) {
        if (l->begin)
            l->begin[(section * l->rows + k->row) * l->pieces + p] = (uint32_t)l->count;
        add_taps(k, &s, group, output, p * taps, (p + 1) * taps);
    }
}

static void add_row(walk *k, int64_t group, int64_t output, int64_t section)
{
    conv_lists *l = k->l;
    const int64_t before = l->count;
    add_list(k, group, output, section);
    if (l->last && l->count > before)
        l->last[k->row] = (uint32_t)section;
    if (l->output)
        l->output[k->row] = (uint32_t)(group * k->map->outputs + output);
    k->row++;
}

static void add_all(conv_lists *l, const conv_map *map, const uint8_t *mask)
{
    walk k = { l, map, mask, 0 };
    l->count = 0;
    for (int64_t section = 0; section < l->sections; section++) {
        k.row = 0;
        for (int64_t group = 0; group < map->groups; group++)
            for (int64_t output = 0; output < map->outputs; output += l->wide)
                add_row(&k, group, output, section);
    }
}

static bool allocate(conv_lists *l)
{
    const size_t rows = (size_t)l->rows, count = (size_t)l->count,
                 pieces = (size_t)(l->sections * l->rows * l->pieces);
    l->begin = calloc(pieces + 1, sizeof *l->begin);
    l->output = calloc(rows + 1, sizeof *l->output);
    l->last = calloc(rows + 1, sizeof *l->last);
    l->entry = calloc(count + 1, sizeof *l->entry);
    l->from = calloc(count * l->wide + 1, sizeof *l->from);
    return l->begin && l->output && l->last && l->entry && l->from;
}

ltc_status conv_lists_make(conv_lists *l, const conv_map *map, const uint8_t *mask, uint32_t wide,
                           ltc_error *err)
{
    *l = (conv_lists){ .wide = wide, .frame = map->frame, .pieces = map->frame ? map->n_taps : 1 };
    l->sections = (map->inputs + map->section - 1) / map->section;
    l->rows = (map->outputs + wide - 1) / wide * map->groups;
    add_all(l, map, mask);
    if (!allocate(l)) {
        conv_lists_free(l);
        return ltc_fail(err, LTC_ENOMEM, "no memory for the lists of %lld weights", (long long)l->count);
    }
    add_all(l, map, mask);
    l->begin[l->sections * l->rows * l->pieces] = (uint32_t)l->count;
    l->output[l->rows] = (uint32_t)(map->groups * map->outputs);
    return LTC_OK;
}

void conv_lists_free(conv_lists *l)
{
    free(l->begin), free(l->output), free(l->last), free(l->entry), free(l->from);
    *l = (conv_lists){ 0 };
}
