/* Which channels of images are worked on: those that somebody hears, the others are not there for any pass.
 * A channel that no weight reads, or only weights of channels that nobody hears either, has a gradient of
 * zero, and so have the weights and the bias that make it. They are kept behind all others, and the optimizer
 * alone sees them.
 *
 * Images between which operations go channel by channel form a group, and have the same channels. A group is
 * whole where somebody looks at all of them: a norm, which keeps statistics of each, a linear layer, a concat
 * and the like. Called by shape.c at compile, and by state.c when weights are made ready. */
#include <stdlib.h>
#include <string.h>

#include <ltcore/ops.h>

#include "cpu.h"

static bool is_image(const cpu_program *p, uint32_t value)
{
    return ltc_graph_value(p->graph, value)->rank == 3;
}

static uint32_t group_of(const cpu_program *p, uint32_t value)
{
    while (p->channels[value].group != value)
        value = p->channels[value].group;
    return value;
}

static void join(cpu_program *p, uint32_t value, uint32_t other)
{
    p->channels[group_of(p, value)].group = group_of(p, other);
}

static bool goes_by_channel(const cpu_program *p, const ltc_node *n)
{
    switch (n->op) {
    case LTC_OP_RELU:
    case LTC_OP_ADD:
    case LTC_OP_MAX_POOL:
    case LTC_OP_AVG_POOL:      return true;
    case LTC_OP_GLOBAL_POOL:
    case LTC_OP_ADAPTIVE_POOL: return is_image(p, n->out);
    default:                   return false;
    }
}

/* Does a node know which of its input's and output's channels are there? */
static bool knows_channels(const cpu_program *p, const cpu_node *n)
{
    if (n->node->op == LTC_OP_CONV2D)
        return n->conv_shape.groups == 1;
    return n->node->op == LTC_OP_FLATTEN ? n->node->in[0] != p->graph->input
                                         : goes_by_channel(p, n->node);
}

/* Conv's weights and bias are no images, and nobody asks for their groups. */
static void close_around(cpu_program *p, const ltc_node *n)
{
    for (uint32_t k = 0; k < n->n_in; k++)
        p->channels[group_of(p, n->in[k])].whole = true;
    p->channels[group_of(p, n->out)].whole = true;
}

void cpu_channels_group(cpu_program *p)
{
    for (uint32_t v = 0; v < p->graph->n_values; v++)
        p->channels[v].group = v;
    for (uint32_t i = 0; i < p->graph->n_nodes; i++) {
        const ltc_node *n = p->node[i].node;
        for (uint32_t k = 0; k < n->n_in && goes_by_channel(p, n); k++)
            join(p, n->in[k], n->out);
    }
    for (uint32_t i = 0; i < p->graph->n_nodes; i++)
        if (!knows_channels(p, &p->node[i]))
            close_around(p, p->node[i].node);
    for (uint32_t v = 1; v < p->graph->n_values; v++)
        p->channels[v].group = group_of(p, v);
    p->channels[p->channels[p->graph->input].group].whole = true;
    p->channels[p->channels[p->graph->logits].group].whole = true;
}

static cpu_channels *channels_of(const cpu_program *p, uint32_t value)
{
    return &p->channels[p->channels[value].group];
}

const cpu_channels *cpu_channels_of(const cpu_program *p, uint32_t value)
{
    return channels_of(p, value);
}

static const uint8_t *mask_of(const cpu_program *p, const cpu_node *n)
{
    const cpu_param *w = cpu_param_of(p, n, 1);
    return w->masked ? w->host_mask : NULL;
}

/* true: one more is heard now. */
static bool hear(cpu_channels *of, int64_t channel)
{
    const bool new = !of->heard[channel];
    of->heard[channel] = 1;
    return new;
}

static bool is_read(const uint8_t *mask, size_t first, size_t n)
{
    bool read = !mask;
    for (size_t i = first; i < first + n && !read; i++)
        read = mask[i] != LTC_DEAD;
    return read;
}

static bool listen_by_conv(const cpu_program *p, const cpu_node *n)
{
    cpu_channels *in = channels_of(p, n->node->in[0]), *out = channels_of(p, n->node->out);
    const uint8_t *mask = mask_of(p, n);
    const size_t taps = (size_t)(n->conv_shape.kernel_h * n->conv_shape.kernel_w);
    bool more = false;
    for (int64_t o = 0; o < out->all; o++)
        for (int64_t i = 0; i < in->all && out->heard[o]; i++)
            if (!in->heard[i] && is_read(mask, (size_t)(o * in->all + i) * taps, taps))
                more = hear(in, i) || more;
    return more;
}

/* The linear layer that alone reads a value, or NULL. */
static const cpu_node *linear_reader(const cpu_program *p, uint32_t value)
{
    for (uint32_t i = 0; i < p->graph->n_nodes && cpu_alias_uses(p, value) == 1; i++)
        if (p->node[i].node->in[0] == value && p->node[i].node->op == LTC_OP_LINEAR)
            return &p->node[i];
    return NULL;
}

/* Do rows that are awake read any of inputs [first, first + count) of a linear layer? */
static bool is_read_by_linear(const cpu_program *p, const cpu_node *n, size_t first, size_t count)
{
    const ltc_value *shape = ltc_graph_value(p->graph, n->node->in[1]);
    bool read = false;
    for (size_t o = 0; o < (size_t)shape->dim[0] && !read; o++)
        read = n->awake[o] && is_read(mask_of(p, n), o * (size_t)shape->dim[1] + first, count);
    return read;
}

static bool listen_by_flatten(const cpu_program *p, const cpu_node *n)
{
    const ltc_value *x = ltc_graph_value(p->graph, n->node->in[0]);
    const size_t plane = is_image(p, n->node->in[0]) ? (size_t)(x->dim[1] * x->dim[2]) : 0;
    const cpu_node *reader = linear_reader(p, n->node->out);
    cpu_channels *in = channels_of(p, n->node->in[0]);
    bool more = false;
    for (int64_t c = 0; plane && c < in->all; c++)
        if (!in->heard[c] && (!reader || is_read_by_linear(p, reader, (size_t)c * plane, plane)))
            more = hear(in, c) || more;
    return more;
}

static bool listen(const cpu_program *p, const cpu_node *n)
{
    if (n->node->op == LTC_OP_FLATTEN)
        return listen_by_flatten(p, n);
    return n->node->op == LTC_OP_CONV2D && n->conv_shape.groups == 1 && listen_by_conv(p, n);
}

/* Nobody has heard anything yet, but for whole groups. */
static bool begin(cpu_program *p)
{
    bool there = true;
    for (uint32_t v = 1; v < p->graph->n_values; v++) {
        cpu_channels *c = &p->channels[v];
        free(c->heard), free(c->order);
        c->heard = NULL, c->order = NULL, c->there = c->all = ltc_graph_value(p->graph, v)->dim[0];
        if (c->group != v || !is_image(p, v))
            continue;
        c->heard = cpu_block((size_t)c->all, 1), c->order = cpu_block((size_t)c->all, sizeof *c->order);
        there = there && c->heard && c->order;
        if (c->heard)
            memset(c->heard, c->whole, (size_t)c->all);
    }
    return there;
}

/* From the last node to the first, and again where a sum brings back what is heard behind it. */
static void listen_around(const cpu_program *p)
{
    for (bool more = true; more;) {
        more = false;
        for (uint32_t i = p->graph->n_nodes; i-- > 0;)
            more = listen(p, &p->node[i]) || more;
    }
}

/* No image is without channels: of a group that nobody hears the first is heard all the same. */
static bool hear_silent(cpu_program *p)
{
    bool more = false;
    for (uint32_t v = 1; v < p->graph->n_values; v++) {
        cpu_channels *c = &p->channels[v];
        if (c->heard && !memchr(c->heard, 1, (size_t)c->all))
            more = hear(c, 0) || more;
    }
    return more;
}

/* Those that are heard in their order, then the others. */
static void settle(cpu_channels *c)
{
    int64_t n = 0;
    c->there = 0;
    for (int64_t i = 0; i < c->all; i++)
        c->there += c->heard[i];
    for (int heard = 1; heard >= 0; heard--)
        for (int64_t i = 0; i < c->all; i++)
            if (c->heard[i] == heard)
                c->order[n++] = (uint32_t)i;
}

void cpu_channels_free(cpu_program *p)
{
    for (uint32_t v = 1; p->channels && v < p->graph->n_values; v++)
        free(p->channels[v].heard), free(p->channels[v].order);
    free(p->channels);
}

ltc_status cpu_channels_find(cpu_program *p, ltc_error *err)
{
    if (!begin(p))
        return ltc_fail(err, LTC_ENOMEM, "no memory for a network's channels");
    do
        listen_around(p);
    while (hear_silent(p));
    for (uint32_t v = 1; v < p->graph->n_values; v++)
        if (p->channels[v].heard)
            settle(&p->channels[v]);
    return LTC_OK;
}
