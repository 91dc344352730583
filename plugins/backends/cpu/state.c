/* The state of a program's one replica: what put and get move lies in the host's order until ready()
 * hands it to the layers, which keep what is not dead in orders of their own, and is fetched back when
 * the next put comes. */
#include <stdlib.h>
#include <string.h>

#include <ltcore/ops.h>

#include "choice.h"
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

/* One of value and slots from the layer's order to the host's, which may lie anywhere: what is not stored
 * is dead, and +0.0. */
static void fetch(const cpu_param *q, int which, void *to)
{
    const cpu_kept *kept = &q->kept;
    const float *from = which ? kept->all.slot[which - 1] : kept->all.w;
    if (!kept->place) {
        memcpy(to, from, q->n * sizeof *from);
        return;
    }
    memset(to, 0, q->n * sizeof *from);
    for (size_t k = 0; k < kept->n; k++)
        if (kept->place[k] != UINT32_MAX)
            memcpy((char *)to + kept->place[k] * sizeof *from, &from[k], sizeof *from);
}

static void fetch_param(cpu_param *q)
{
    for (int which = 0; which < 3; which++)
        if (q->host[which])
            fetch(q, which, q->host[which]);
}

static void fetch_all(cpu_program *p)
{
    for (uint32_t i = 0; i < p->graph->n_params; i++)
        fetch_param(&p->param[i]);
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

ltc_status cpu_program_get(void *prog, uint32_t what, uint32_t replica, uint32_t param, void *dst,
                           size_t bytes, ltc_error *err)
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
    q->alive = q->n;
    for (size_t i = 0; q->host_mask && i < q->n; i++) {
        const uint8_t m = q->host_mask[i];
        q->masked = q->masked || m != LTC_ALIVE;
        q->alive -= m == LTC_DEAD;
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

static ltc_status no_memory(ltc_error *err)
{
    return ltc_fail(err, LTC_ENOMEM, "no memory for a layer's weights");
}

static void free_kept(cpu_kept *k)
{
    free(k->place), free(k->all.w), free(k->all.slot[0]), free(k->all.slot[1]), free(k->mask), free(k->g);
    *k = (cpu_kept){ 0 };
}

void cpu_state_free(cpu_param *q)
{
    for (int k = 0; k < 3; k++)
        free(q->host[k]);
    free(q->host_mask);
    free_kept(&q->kept), free_kept(&q->spare);
}

/* Room for kept.n elements. */
static ltc_status allocate_kept(cpu_param *q, bool wants_gradient, ltc_error *err)
{
    cpu_kept *k = &q->kept;
    bool there = (k->all.w = cpu_block(k->n, sizeof(float)));
    for (int slot = 0; slot < 2; slot++)
        if (q->host[slot + 1])
            there = (k->all.slot[slot] = cpu_block(k->n, sizeof(float))) && there;
    k->g = wants_gradient ? cpu_block(k->n, sizeof(float)) : NULL;
    k->mask = cpu_block(k->n, 1);
    return there && k->mask && (k->g || !wants_gradient) ? LTC_OK : no_memory(err);
}

/* From the host's order to the layer's. A mask is kept where something stored is not alive. */
static void store(cpu_param *q)
{
    cpu_kept *to = &q->kept;
    bool partial = false;
    for (size_t k = 0; k < to->n; k++) {
        const size_t from = to->place ? to->place[k] : k < q->n ? k : UINT32_MAX;
        to->mask[k] = LTC_ALIVE;
        if (from == UINT32_MAX)
            continue;
        to->all.w[k] = q->host[0][from];
        for (int slot = 0; slot < 2; slot++)
            if (q->host[slot + 1])
                to->all.slot[slot][k] = q->host[slot + 1][from];
        if (q->host_mask)
            to->mask[k] = q->host_mask[from];
        partial = partial || to->mask[k] != LTC_ALIVE;
    }
    to->all.mask = partial ? to->mask : NULL;
}

/* The last form opened is the one that it is in. */
static ltc_status open_linear(cpu_program *p, cpu_node *n, cpu_param *q, ltc_error *err)
{
    const uint32_t forms = cpu_linear_forms(p, n, q);
    ltc_status st = LTC_OK;
    cpu_linear_close(&n->linear), cpu_linear_close(&n->spare);
    for (cpu_form form = 0; form < CPU_FORMS && !st; form++) {
        if (!(forms >> form & 1))
            continue;
        cpu_linear_swap(n, q);
        st = cpu_linear_open(p, n, q, form, err);
        if (!st)
            st = allocate_kept(q, false, err);
    }
    if (st)
        return st;
    store(q);
    cpu_linear_begin(p, n, q);
    return LTC_OK;
}

/* Room for the sums of a convolution's parts. */
static ltc_status open_sums(cpu_program *p, cpu_node *n, ltc_error *err)
{
    const int64_t blocks = cpu_round(p->batch, CPU_LANES) / CPU_LANES;
    const size_t parts = (size_t)((blocks + n->chunk - 1) / n->chunk), sums = cpu_conv_sums(n->conv);
    const size_t bias_sums = (size_t)(n->conv_shape.outputs * CPU_LANES);
    free(n->sums), free(n->bias_sums);
    n->sums = sums ? cpu_block(parts * sums, sizeof *n->sums) : NULL;
    n->bias_sums = cpu_block(parts * bias_sums, sizeof *n->bias_sums);
    return n->bias_sums && (n->sums || !sums) ? LTC_OK : no_memory(err);
}

static ltc_status open_conv(cpu_program *p, cpu_node *n, cpu_param *q, ltc_error *err)
{
    ltc_status st = cpu_conv_node_open(p, n, q, err);
    if (!st)
        st = allocate_kept(q, ltc_graph_param(p->graph, p->param_of[n->node->in[1]] - 1)->trained, err);
    if (!st)
        st = open_sums(p, n, err);
    if (st)
        return st;
    store(q);
    cpu_conv_prepare(n->conv, q->kept.all.w);
    return LTC_OK;
}

static ltc_status open_plain(cpu_program *p, const ltc_param *of, cpu_param *q, ltc_error *err)
{
    q->kept.n = (size_t)cpu_round((int64_t)q->n, CPU_LANES);
    ltc_status st = cpu_conv_place_bias(p, of->value, &q->kept, err);
    if (!st)
        st = allocate_kept(q, of->trained, err);
    if (!st)
        store(q);
    return st;
}

static ltc_status open_param(cpu_program *p, uint32_t i, ltc_error *err)
{
    cpu_param *q = &p->param[i];
    const ltc_param *of = ltc_graph_param(p->graph, i);
    cpu_node *layer = layer_of(p, of->value);
    free_kept(&q->kept), free_kept(&q->spare);
    if (!layer)
        return open_plain(p, of, q, err);
    return layer->node->op == LTC_OP_LINEAR ? open_linear(p, layer, q, err) : open_conv(p, layer, q, err);
}

ltc_status cpu_program_ready(void *prog, ltc_error *err)
{
    cpu_program *p = prog;
    if (p->ready)
        return LTC_OK;
    ltc_status st = lts_request_ready(p->graph, 1, p->has_value, err);
    for (uint32_t i = 0; i < p->graph->n_params && !st; i++)
        settle(&p->param[i]);
    if (!st)
        st = cpu_awake_find(p, err);
    if (!st)
        st = cpu_channels_find(p, err);
    if (!st)
        cpu_shape_lay_views(p);
    for (uint32_t i = 0; i < p->graph->n_params && !st; i++)
        st = open_param(p, i, err);
    if (!st)
        st = cpu_arranged_open(p, err);
    p->ready = !st;
    return st;
}

ltc_status cpu_state_lay_out(cpu_program *p, ltc_error *err)
{
    fetch_all(p);
    p->ready = false;
    return cpu_program_ready(p, err);
}

void cpu_state_suit(cpu_program *p, uint32_t split, bool training)
{
    for (uint32_t i = 0; i < p->graph->n_nodes; i++) {
        cpu_node *n = &p->node[i];
        cpu_param *w = n->node->op == LTC_OP_LINEAR ? cpu_param_of(p, n, 1) : NULL;
        if (!w || cpu_linear_form(p, n, w, &p->split[split], training) == n->linear.form)
            continue;
        fetch_param(w);
        cpu_linear_swap(n, w);
        store(w);
        cpu_linear_begin(p, n, w);
    }
}
