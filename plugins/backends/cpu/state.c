/* The state of a program's one replica: what put and get move lies in the host's order until ready() hands it to the
 * layers, which keep what is not dead in orders of their own, and is fetched back when the next put comes. */
#include <string.h>

#include <stdlib.h>

#include <ltcore/ops.h>

#include "cpu.h"

/* On the host's side. NULL: the program has none, and it reads as lts_state_none. */
static void *place_of(cpu_program *p, const lts_state_name *x)
{
    if (x->what == LTC_STATE_CLOCK)
        return &p->clock;
    if (x->what == LTC_STATE_MASK)
        return p->param[x->param].host_mask;
    return p->param[x->param].host[x->what == LTC_STATE_VALUE ? 0 : x->what - LTC_STATE_SLOT_1 + 1];
}

/* One of value and slots from the layer's order to the host's, which may lie anywhere: what is not stored is dead, and
 * +0.0. */
static void fetch(const cpu_param *q, int which, void *to)
{
    const float *from = which ? q->keep.slot[which - 1] : q->keep.w;
    if (!q->place) {
        memcpy(to, from, q->n * sizeof *from);
        return;
    }
    memset(to, 0, q->n * sizeof *from);
    for (size_t k = 0; k < q->stored; k++)
        if (q->place[k] != UINT32_MAX)
            memcpy((char *)to + q->place[k] * sizeof *from, &from[k], sizeof *from);
}

static void fetch_all(cpu_program *p)
{
    for (uint32_t i = 0; i < p->graph->n_params; i++)
        for (int which = 0; which < 3; which++)
            if (p->param[i].host[which])
                fetch(&p->param[i], which, p->param[i].host[which]);
}

ltc_status cpu_program_put(void *prog, uint32_t what, uint32_t replica, uint32_t param, const void *src,
                           size_t bytes, ltc_error *err)
{
    cpu_program *p = prog;
    const lts_state_name x = { what, replica, param };
    ltc_status st = lts_request_state(p->graph, 1, &x, bytes, err);
    if (st)
        return st;
    void *to = place_of(p, &x);
    st = lts_request_content(&x, src, bytes, to, err);
    if (st || !to)
        return st;
    if (p->ready)
        fetch_all(p);
    p->ready = false;
    memcpy(to, src, bytes);
    if (what == LTC_STATE_VALUE)
        p->has_value[param] = true;
    return LTC_OK;
}

ltc_status cpu_program_get(void *prog, uint32_t what, uint32_t replica, uint32_t param, void *dst, size_t bytes,
                           ltc_error *err)
{
    cpu_program *p = prog;
    const lts_state_name x = { what, replica, param };
    const ltc_status st = lts_request_state(p->graph, 1, &x, bytes, err);
    if (st)
        return st;
    const void *from = place_of(p, &x);
    if (!from)
        memset(dst, lts_state_none(what), bytes);
    else if (p->ready && what != LTC_STATE_MASK && what != LTC_STATE_CLOCK)
        fetch(&p->param[param], what == LTC_STATE_VALUE ? 0 : (int)(what - LTC_STATE_SLOT_1 + 1), dst);
    else
        memcpy(dst, from, bytes);
    return LTC_OK;
}

/* Dead places become +0.0, slots of frozen ones too. */
static void settle(cpu_param *q)
{
    q->masked = false;
    for (size_t i = 0; q->host_mask && i < q->n; i++) {
        const uint8_t m = q->host_mask[i];
        q->masked = q->masked || m != LTC_ALIVE;
        if (m == LTC_DEAD)
            q->host[0][i] = 0.0f;
        for (int slot = 1; slot < 3 && m != LTC_ALIVE; slot++)
            if (q->host[slot])
                q->host[slot][i] = 0.0f;
    }
}

static cpu_node *layer_of(cpu_program *p, uint32_t value)
{
    for (uint32_t i = 0; i < p->graph->n_nodes; i++) {
        const ltc_node *n = p->node[i].node;
        if ((n->op == LTC_OP_LINEAR || n->op == LTC_OP_CONV2D) && n->in[1] == value)
            return &p->node[i];
    }
    return NULL;
}

static ltc_status open_conv(cpu_program *p, cpu_node *n, cpu_param *q, ltc_error *err)
{
    cpu_conv_close(n->conv);
    n->conv = NULL;
    const ltc_status st = cpu_conv_open(&n->conv, &n->conv_shape, q->masked ? q->host_mask : NULL, p->device->isa, err);
    if (st)
        return st;
    const size_t stored = cpu_conv_stored(n->conv);
    const uint32_t *places = cpu_conv_places(n->conv);
    n->heavy = stored * (size_t)(n->conv_shape.out_h * n->conv_shape.out_w) * p->batch > (size_t)8 << 20;
    q->stored = (size_t)cpu_round((int64_t)stored, CPU_LANES);
    if (!places)
        return LTC_OK;
    q->place = cpu_block(q->stored, sizeof *q->place);
    if (!q->place)
        return ltc_fail(err, LTC_ENOMEM, "no memory for a layer's weights");
    for (size_t k = 0; k < q->stored; k++)
        q->place[k] = k < stored ? places[k] : UINT32_MAX;
    return LTC_OK;
}

static ltc_status allocate_kept(cpu_param *q, bool wants_gradient, ltc_error *err)
{
    free(q->keep.w), free(q->keep.slot[0]), free(q->keep.slot[1]), free(q->mask), free(q->g);
    q->keep = (cpu_stored){ .w = cpu_block(q->stored, sizeof(float)) };
    bool there = q->keep.w != NULL;
    for (int slot = 0; slot < 2; slot++)
        if (q->host[slot + 1])
            there = (q->keep.slot[slot] = cpu_block(q->stored, sizeof(float))) && there;
    q->g = wants_gradient ? cpu_block(q->stored, sizeof(float)) : NULL;
    q->mask = cpu_block(q->stored, 1);
    there = there && q->mask && (q->g || !wants_gradient);
    return there ? LTC_OK : ltc_fail(err, LTC_ENOMEM, "no memory for a layer's weights");
}

/* From the host's order to the layer's. A mask is kept where something stored is not alive. */
static void store(cpu_param *q)
{
    bool partial = false;
    for (size_t k = 0; k < q->stored; k++) {
        const size_t from = q->place ? q->place[k] : k < q->n ? k : UINT32_MAX;
        q->mask[k] = LTC_ALIVE;
        if (from == UINT32_MAX)
            continue;
        q->keep.w[k] = q->host[0][from];
        for (int slot = 0; slot < 2; slot++)
            if (q->host[slot + 1])
                q->keep.slot[slot][k] = q->host[slot + 1][from];
        if (q->host_mask)
            q->mask[k] = q->host_mask[from];
        partial = partial || q->mask[k] != LTC_ALIVE;
    }
    q->keep.mask = partial ? q->mask : NULL;
}

static ltc_status open_param(cpu_program *p, uint32_t i, ltc_error *err)
{
    cpu_param *q = &p->param[i];
    const ltc_param *of = ltc_graph_param(p->graph, i);
    cpu_node *layer = layer_of(p, of->value);
    const bool linear = layer && layer->node->op == LTC_OP_LINEAR;
    ltc_status st = LTC_OK;
    settle(q);
    free(q->place);
    q->place = NULL;
    q->stored = (size_t)cpu_round((int64_t)q->n, CPU_LANES);
    if (layer)
        st = linear ? cpu_linear_open(p, layer, q, err) : open_conv(p, layer, q, err);
    if (!st)
        st = allocate_kept(q, of->trained && !linear, err);
    if (st)
        return st;
    store(q);
    if (linear)
        cpu_linear_begin(p, layer, q);
    else if (layer)
        cpu_conv_prepare(layer->conv, q->keep.w);
    return LTC_OK;
}

ltc_status cpu_program_ready(void *prog, ltc_error *err)
{
    cpu_program *p = prog;
    if (p->ready)
        return LTC_OK;
    ltc_status st = lts_request_ready(p->graph, 1, p->has_value, err);
    for (uint32_t i = 0; i < p->graph->n_params && !st; i++)
        st = open_param(p, i, err);
    p->ready = !st;
    return st;
}
