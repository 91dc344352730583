/* A convolution of those channels that are there: its layer is as narrow as they are, and holds their weights
 * in its own order; weights that make other channels sleep behind them. Called by state.c when weights are
 * made ready. */
#include <stdlib.h>
#include <string.h>

#include <ltcore/ops.h>

#include "choice.h"
#include "cpu.h"

/* The weights' tensor [outputs][inputs][taps] as the host has it, and what of it is there. */
typedef struct frame { const cpu_channels *out, *in; size_t taps; } frame;

static frame frame_of(const cpu_program *p, const cpu_node *n)
{
    return (frame){ cpu_channels_of(p, n->node->out), cpu_channels_of(p, n->node->in[0]),
                    (size_t)(n->conv_shape.kernel_h * n->conv_shape.kernel_w) };
}

static bool is_whole(const frame *f)
{
    return f->out->there == f->out->all && f->in->there == f->in->all;
}

/* Of a weight of the narrow tensor: its place in the host's. */
static size_t place_of(const frame *f, size_t narrow)
{
    const size_t inputs = (size_t)f->in->there, input = narrow / f->taps % inputs,
                 output = narrow / f->taps / inputs;
    return (f->out->order[output] * (size_t)f->in->all + f->in->order[input]) * f->taps + narrow % f->taps;
}

static ltc_status open_narrow(cpu_node *n, const frame *f, const cpu_param *w, const cpu_device *d,
                              ltc_error *err)
{
    const size_t count = (size_t)(f->out->there * f->in->there) * f->taps;
    uint8_t *mask = malloc(count);
    if (!mask)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a mask of %zu weights", count);
    for (size_t i = 0; i < count; i++)
        mask[i] = w->host_mask[place_of(f, i)];
    const ltc_status st = cpu_conv_open(&n->conv, &n->conv_shape, mask, d->isa, &d->costs.conv, err);
    free(mask);
    return st;
}

static ltc_status open_layer(const cpu_program *p, cpu_node *n, const cpu_param *w, ltc_error *err)
{
    const cpu_view *x = &cpu_in(p, n, 0)->value, *g = &cpu_out(p, n)->grad;
    const frame f = frame_of(p, n);
    cpu_conv_shape *s = &n->conv_shape;
    cpu_conv_close(n->conv);
    n->conv = NULL;
    s->channels = x->channels, s->outputs = g->channels;
    s->x_channel = x->channel, s->x_row = x->row, s->g_channel = g->channel, s->g_row = g->row;
    if (w->host_mask && !is_whole(&f))
        return open_narrow(n, &f, w, p->device, err);
    return cpu_conv_open(&n->conv, s, w->masked ? w->host_mask : NULL, p->device->isa,
                         &p->device->costs.conv, err);
}

/* The weights of one channel that is not there, but for dead ones; place NULL: counts them. */
static size_t place_row(const frame *f, const cpu_param *w, size_t output, uint32_t *place)
{
    const size_t row = (size_t)f->in->all * f->taps;
    size_t n = 0;
    for (size_t i = output * row; i < (output + 1) * row; i++) {
        if (w->host_mask && w->host_mask[i] == LTC_DEAD)
            continue;
        if (place)
            place[n] = (uint32_t)i;
        n++;
    }
    return n;
}

static size_t place_sleepers(const frame *f, const cpu_param *w, uint32_t *place)
{
    size_t n = 0;
    for (int64_t o = f->out->there; o < f->out->all; o++)
        n += place_row(f, w, f->out->order[o], place ? place + n : NULL);
    return n;
}

static ltc_status place_weights(const cpu_program *p, const cpu_node *n, cpu_param *w, ltc_error *err)
{
    const frame f = frame_of(p, n);
    const size_t stored = cpu_conv_stored(n->conv), begin = (size_t)cpu_round((int64_t)stored, CPU_LANES);
    const uint32_t *places = cpu_conv_places(n->conv);
    w->kept.n = begin + (size_t)cpu_round((int64_t)place_sleepers(&f, w, NULL), CPU_LANES);
    if (!places && is_whole(&f))
        return LTC_OK;
    w->kept.place = cpu_block(w->kept.n, sizeof *w->kept.place);
    if (!w->kept.place)
        return ltc_fail(err, LTC_ENOMEM, "no memory for the places of %zu weights", w->kept.n);
    memset(w->kept.place, 0xff, w->kept.n * sizeof *w->kept.place);       /* padding */
    for (size_t k = 0; k < stored; k++)
        w->kept.place[k] = (uint32_t)place_of(&f, places ? places[k] : k);
    place_sleepers(&f, w, w->kept.place + begin);
    return LTC_OK;
}

ltc_status cpu_conv_node_open(const cpu_program *p, cpu_node *n, cpu_param *w, ltc_error *err)
{
    ltc_status st = open_layer(p, n, w, err);
    if (st)
        return st;
    n->heavy = cpu_conv_stored(n->conv) * (size_t)(n->conv_shape.out_h * n->conv_shape.out_w) * p->batch >
               CPU_HEAVY;
    return place_weights(p, n, w, err);
}

static const cpu_node *node_of_bias(const cpu_program *p, uint32_t value)
{
    for (uint32_t i = 0; i < p->graph->n_nodes; i++)
        if (p->node[i].node->op == LTC_OP_CONV2D && p->node[i].node->in[2] == value)
            return &p->node[i];
    return NULL;
}

ltc_status cpu_conv_place_bias(const cpu_program *p, uint32_t value, cpu_kept *kept, ltc_error *err)
{
    const cpu_node *n = node_of_bias(p, value);
    const cpu_channels *c = n ? cpu_channels_of(p, n->node->out) : NULL;
    if (!c || c->there == c->all)
        return LTC_OK;
    kept->place = cpu_block(kept->n, sizeof *kept->place);
    if (!kept->place)
        return ltc_fail(err, LTC_ENOMEM, "no memory for the places of %lld numbers", (long long)c->all);
    memset(kept->place, 0xff, kept->n * sizeof *kept->place);             /* padding */
    memcpy(kept->place, c->order, (size_t)c->all * sizeof *c->order);
    return LTC_OK;
}
