/* Owns what evaluations keep of their splits, which never change: for a network whose input is a row of
 * bytes, blocks of them turned already, or its first layer's lists of what is not zero. A block is made the
 * first time it is evaluated and kept while there is room, which is set aside when weights are made ready:
 * then the first layer's form is known. What is kept holds the same numbers as what is made anew. Called by
 * span.c, state.c and program.c. */
#include <stdlib.h>
#include <string.h>

#include "cpu.h"

#include "op.h"

/* 20,000 of MNIST's images. Beyond it blocks are made anew each time. */
enum { MOST = 16 << 20 };

static uint64_t blocks_of(const cpu_split *s)
{
    return (s->samples.n + CPU_EVAL_ROWS - 1) / CPU_EVAL_ROWS;
}

size_t cpu_arranged_most(const cpu_program *p)
{
    const ltc_value *x = ltc_graph_value(p->graph, p->graph->input);
    const bool row = x->rank == 1 || p->value[p->graph->input].flat;
    return row && p->input->sample_type == LTC_U8 ? MOST : 0;
}

/* How lists lie in a block's memory: marks, features, and bytes. */
typedef struct lists { uint32_t *mark; uint16_t *feature; uint8_t *byte; size_t bytes; } lists;

static lists lists_at(void *at, const cpu_nonzeros *z, size_t entries)
{
    const size_t spans = ((size_t)z->in + CPU_SPAN - 1) / CPU_SPAN;
    lists l = { .mark = at };
    l.feature = (uint16_t *)(l.mark + CPU_EVAL_ROWS * (spans + 1));
    l.byte = (uint8_t *)(l.feature + entries);
    l.bytes = (size_t)(l.byte - (uint8_t *)at) + entries;
    return l;
}

static uint32_t entries_of(const cpu_nonzeros *z)
{
    return z->mark[CPU_EVAL_ROWS * ((z->in + CPU_SPAN - 1) / CPU_SPAN + 1) - 1];
}

/* NULL: there is no room. */
static void *take(cpu_arranged *a, size_t bytes)
{
    const size_t rounded = (bytes + 63) / 64 * 64;
    if (rounded > a->bytes - a->used)
        return NULL;
    a->used += rounded;
    return a->room + a->used - rounded;
}

static const uint8_t *row_of(const cpu_program *p, const cpu_split *s, int64_t lane)
{
    return (const uint8_t *)s->samples.x + (size_t)p->sample[lane] * s->samples.count;
}

static void *make_bytes(cpu_program *p, const cpu_split *s)
{
    const uint8_t *row[CPU_EVAL_ROWS];
    uint8_t *to = take(&p->arranged, CPU_EVAL_ROWS * s->samples.count);
    for (int64_t i = 0; i < CPU_EVAL_ROWS; i++)
        row[i] = row_of(p, s, i);
    if (to)
        p->device->kernels->turn_bytes(row, (int64_t)s->samples.count, to);
    return to;
}

/* The lists are there afterwards, whether they are kept or not. */
static void *make_lists(cpu_program *p, const cpu_split *s, const cpu_nonzeros *z)
{
    cpu_input_gather(p, s, CPU_EVAL_ROWS, false);
    const uint32_t n = entries_of(z);
    void *to = take(&p->arranged, lists_at((void *)64, z, n).bytes);
    if (!to)
        return NULL;
    const lists l = lists_at(to, z, n);
    const size_t spans = ((size_t)z->in + CPU_SPAN - 1) / CPU_SPAN;
    memcpy(l.mark, z->mark, CPU_EVAL_ROWS * (spans + 1) * sizeof *l.mark);
    memcpy(l.feature, z->feature, n * sizeof *l.feature);
    for (size_t i = 0; i < CPU_EVAL_ROWS; i++)
        for (uint32_t q = l.mark[i * (spans + 1)]; q < l.mark[(i + 1) * (spans + 1) - 1]; q++)
            l.byte[q] = row_of(p, s, (int64_t)i)[l.feature[q]];
    return to;
}

static void show_bytes(cpu_program *p, const cpu_split *s, cpu_linear *layer, const uint8_t *x)
{
    if (layer)
        layer->by_halves = layer->halves;
    if (layer && layer->halves) {
        p->device->kernels->spread_halves(x, layer->in, layer->live, layer->halves);
        return;
    }
    const size_t channels = (size_t)s->samples.dim[0], plane = s->samples.count / channels;
    float *to = p->value[p->graph->input].value.at;
    for (size_t c = 0; c < channels; c++)
        p->device->kernels->spread_bytes(x + c * plane * CPU_EVAL_ROWS,
                                         (int64_t)(plane * CPU_EVAL_ROWS / CPU_LANES), s->table[c],
                                         s->table[channels + c], to + c * plane * CPU_EVAL_ROWS);
}

static void show_lists(cpu_program *p, const cpu_split *s, cpu_linear *layer, void *kept)
{
    cpu_nonzeros *z = &layer->listed;
    *z = layer->nonzeros;
    z->mark = kept, z->batch = CPU_EVAL_ROWS;
    const uint32_t n = entries_of(z);
    const lists l = lists_at(kept, z, n);
    z->feature = l.feature;
    p->device->kernels->strips_values(l.byte, n, s->table[0], z->value);
}

/* p->sample lists the block's rows. */
bool cpu_arranged_show(cpu_program *p, uint32_t split, uint64_t b)
{
    const cpu_split *s = &p->split[split];
    cpu_node *linear = cpu_input_linear(p);
    const cpu_input_kind kind = cpu_input_kind_of(p, s, linear);
    if (!p->arranged.block[split] || kind == CPU_INPUT_GATHERED)
        return false;
    void **kept = &p->arranged.block[split][b];
    if (!*kept && kind == CPU_INPUT_LISTS)
        return *kept = make_lists(p, s, &linear->linear.nonzeros), true;
    if (!*kept)
        *kept = make_bytes(p, s);
    if (*kept && kind == CPU_INPUT_LISTS)
        show_lists(p, s, &linear->linear, *kept);
    else if (*kept)
        show_bytes(p, s, linear ? &linear->linear : NULL, *kept);
    return *kept;
}

void cpu_arranged_close(cpu_program *p)
{
    for (uint32_t s = 0; s < LTS_MOST_SPLITS; s++)
        free(p->arranged.block[s]);
    free(p->arranged.room);
    p->arranged = (cpu_arranged){ 0 };
}

/* Room for all splits at once, if they are small. Memory that is not used is not touched either. */
ltc_status cpu_arranged_open(cpu_program *p, ltc_error *err)
{
    const size_t most = cpu_arranged_most(p);
    cpu_arranged *a = &p->arranged;
    bool there = true;
    cpu_arranged_close(p);
    for (uint32_t s = 0; s < LTS_MOST_SPLITS && most; s++) {
        const cpu_split *split = &p->split[s];
        if (!split->bound || !split->affine)
            continue;
        there = (a->block[s] = calloc(blocks_of(split) + 1, sizeof **a->block)) && there;
        const cpu_nonzeros z = { .in = (int64_t)split->samples.count };
        const size_t block = lists_at((void *)64, &z, CPU_EVAL_ROWS * split->samples.count).bytes + 64;
        a->bytes = blocks_of(split) > most / block ? most : a->bytes + blocks_of(split) * block;
        a->bytes = a->bytes < most ? a->bytes : most;
    }
    a->room = a->bytes ? aligned_alloc(64, a->bytes / 64 * 64) : NULL;
    a->bytes = a->bytes / 64 * 64;
    return there && (a->room || !a->bytes) ? LTC_OK
                                           : ltc_fail(err, LTC_ENOMEM, "no memory for evaluated splits");
}
