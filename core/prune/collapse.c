/* Owns one walk over the operations, forwards, with a byte for each channel. Called by level_collapse.c
 * for every mask before it is trained. */
#include "prune/collapse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ltcore/ops.h>

#include "util/memory.h"

/* lives[value]: [channels], 1 where the channel depends on the input; NULL: not a value of samples. */
typedef struct walk {
    const ltc_graph *g;
    const uint8_t  **mask;                    /* by value: of the parameter there; NULL: whole, or none */
    uint8_t        **lives;
} walk;

static size_t channels_of(const walk *w, uint32_t value)
{
    return (size_t)ltc_graph_value(w->g, value)->dim[0];
}

static bool any(const uint8_t *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (v[i])
            return true;
    return false;
}

/* Is element i of weight `value` kept? */
static bool is_kept(const walk *w, uint32_t value, size_t i)
{
    return !w->mask[value] || w->mask[value][i] != 0;
}

/* C, H, W -> C*H*W: a channel owns H*W units. */
static void flatten(const walk *w, const ltc_node *n)
{
    const size_t each = channels_of(w, n->out) / channels_of(w, n->in[0]);
    for (size_t i = 0; i < channels_of(w, n->out); i++)
        w->lives[n->out][i] = w->lives[n->in[0]][i / each];
}

static void linear(const walk *w, const ltc_node *n)
{
    const size_t in = channels_of(w, n->in[0]);
    for (size_t o = 0; o < channels_of(w, n->out); o++)
        for (size_t i = 0; i < in; i++)
            w->lives[n->out][o] |= w->lives[n->in[0]][i] && is_kept(w, n->in[1], o * in + i);
}

/* Does tap k of a kernel ever meet the input, of `size`, and not only padding? */
static bool meets_input(const ltc_conv2d_desc *d, int64_t k, int64_t size, int64_t places)
{
    for (int64_t i = 0; i < places; i++) {
        const int64_t at = i * d->stride + k * d->dilation - d->pad;
        if (at >= 0 && at < size)
            return true;
    }
    return false;
}

/* Has the kernel at `first`, for one pair of channels, a weight that is kept and meets the input? */
static bool kernel_lives(const walk *w, const ltc_node *n, size_t first)
{
    const ltc_conv2d_desc *d = n->desc;
    const ltc_value *k = ltc_graph_value(w->g, n->in[1]), *x = ltc_graph_value(w->g, n->in[0]),
                    *y = ltc_graph_value(w->g, n->out);
    for (int64_t row = 0; row < k->dim[2]; row++)
        for (int64_t column = 0; column < k->dim[3]; column++)
            if (is_kept(w, n->in[1], first + (size_t)(row * k->dim[3] + column)) &&
                meets_input(d, row, x->dim[1], y->dim[1]) && meets_input(d, column, x->dim[2], y->dim[2]))
                return true;
    return false;
}

static void conv2d(const walk *w, const ltc_node *n)
{
    const ltc_conv2d_desc *d = n->desc;
    const ltc_value *k = ltc_graph_value(w->g, n->in[1]);
    const size_t out = channels_of(w, n->out), in = (size_t)k->dim[1], taps = (size_t)(k->dim[2] * k->dim[3]);
    for (size_t o = 0; o < out; o++) {
        const uint8_t *from = w->lives[n->in[0]] + o / (out / d->groups) * in;
        for (size_t i = 0; i < in && !w->lives[n->out][o]; i++)
            w->lives[n->out][o] = from[i] && kernel_lives(w, n, (o * in + i) * taps);
    }
}

static void batch_norm(const walk *w, const ltc_node *n)
{
    for (size_t c = 0; c < channels_of(w, n->out); c++)
        w->lives[n->out][c] = w->lives[n->in[0]][c] && is_kept(w, n->in[1], c);
}

static void add(const walk *w, const ltc_node *n)
{
    for (size_t c = 0; c < channels_of(w, n->out); c++)
        w->lives[n->out][c] = w->lives[n->in[0]][c] || w->lives[n->in[1]][c];
}

static void concat(const walk *w, const ltc_node *n)
{
    size_t at = 0;
    for (uint32_t j = 0; j < n->n_in; j++) {
        memcpy(w->lives[n->out] + at, w->lives[n->in[j]], channels_of(w, n->in[j]));
        at += channels_of(w, n->in[j]);
    }
}

static void pad_channels(const walk *w, const ltc_node *n)
{
    const ltc_pad_channels_desc *d = n->desc;
    memcpy(w->lives[n->out] + d->before, w->lives[n->in[0]], channels_of(w, n->in[0]));
}

/* Channels stay what they are. */
static void pass(const walk *w, const ltc_node *n)
{
    memcpy(w->lives[n->out], w->lives[n->in[0]], channels_of(w, n->out));
}

static void (*const steps[LTC_OP_COUNT])(const walk *, const ltc_node *) = {
    [LTC_OP_FLATTEN] = flatten, [LTC_OP_LINEAR] = linear, [LTC_OP_CONV2D] = conv2d,
    [LTC_OP_BATCH_NORM] = batch_norm, [LTC_OP_ADD] = add, [LTC_OP_CONCAT] = concat,
    [LTC_OP_PAD_CHANNELS] = pad_channels,
};

static bool open_walk(walk *w, const ltc_graph *g, const lt_masks *m)
{
    *w = (walk){ .g = g, .mask = lt_array(g->n_values, sizeof *w->mask),
                 .lives = lt_array(g->n_values, sizeof *w->lives) };
    for (uint32_t p = 0; w->mask && p < g->n_params; p++)
        w->mask[ltc_graph_param(g, p)->value] = m->mask[p];
    bool ok = w->mask && w->lives;
    for (uint32_t v = 1; ok && v < g->n_values; v++)
        ok = ltc_graph_value(g, v)->kind != LTC_SAMPLE || (w->lives[v] = lt_array(channels_of(w, v), 1));
    return ok;
}

static void close_walk(walk *w)
{
    for (uint32_t v = 0; w->lives && v < w->g->n_values; v++)
        free(w->lives[v]);
    free(w->lives);
    free(w->mask);
}

static bool reaches_logits(const walk *w)
{
    memset(w->lives[w->g->input], 1, channels_of(w, w->g->input));
    for (uint32_t i = 0; i < w->g->n_nodes; i++) {
        const ltc_node *n = ltc_graph_node(w->g, i);
        (steps[n->op] ? steps[n->op] : pass)(w, n);
    }
    return any(w->lives[w->g->logits], channels_of(w, w->g->logits));
}

ltc_status lt_collapse_find(const ltc_graph *g, const lt_masks *m, lt_collapse *c, ltc_error *err)
{
    walk w;
    *c = (lt_collapse){ 0 };
    for (uint32_t p = 0; p < g->n_params; p++) {
        const ltc_param *param = ltc_graph_param(g, p);
        if (!m->mask[p] || !(param->role & LTC_ROLE_WEIGHT) || any(m->mask[p], param->n))
            continue;
        c->first = c->n_empty++ ? c->first : p;
    }
    const bool ok = open_walk(&w, g, m);
    if (ok)
        c->cut = !reaches_logits(&w);
    close_walk(&w);
    return ok ? LTC_OK : ltc_fail(err, LTC_ENOMEM, "no memory to follow a network's channels");
}

void lt_collapse_text(const ltc_graph *g, const lt_collapse *c, char *text, size_t n)
{
    static const char guess[] = "the logits no longer depend on the input, and accuracy is that of guessing";
    char others[48] = "";
    if (c->n_empty > 1)
        snprintf(others, sizeof others, " and of %u other layer%s", c->n_empty - 1,
                 c->n_empty > 2 ? "s" : "");
    if (!c->n_empty)
        snprintf(text, n, "every layer has weights left, but no path through them leads from the input to "
                 "the logits: %s", guess);
    else
        snprintf(text, n, "nothing is left of %.100s%s: %s", ltc_graph_param(g, c->first)->name, others,
                 c->cut ? guess : "the input reaches the logits around it");
}
