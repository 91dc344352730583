/* Where values and gradients lie: how wide their halos are, which operations go through them together. Called
 * by program.c at compile, and by spans when the number of samples changes. */
#include <ltcore/ops.h>

#include "cpu.h"

#include "op.h"

static bool is_of(const cpu_node *n, uint32_t op)
{
    return n && n->node->op == op;
}

/* What a gradient reaches: whatever depends on a trained parameter. */
static void find_wants(cpu_program *p)
{
    for (uint32_t i = 0; i < p->graph->n_params; i++)
        p->value[ltc_graph_param(p->graph, i)->value].wants = ltc_graph_param(p->graph, i)->trained;
    for (uint32_t i = 0; i < p->graph->n_nodes; i++)
        for (uint32_t k = 0; k < p->node[i].node->n_in; k++)
            if (p->node[i].node->in[k] && p->value[p->node[i].node->in[k]].wants &&
                !lts_op_is_statistic(p->node[i].node, k))
                p->value[p->node[i].node->out].wants = true;
}

/* Has the gradient at an input's place been begun, by the loss, by a later node or by an earlier
 * input of this one? */
static bool is_begun(const cpu_program *p, uint32_t i, uint32_t k)
{
    const uint32_t root = p->value[p->node[i].node->in[k]].grad_root;
    bool begun = root == p->value[p->graph->logits].grad_root;
    for (uint32_t j = i; j < p->graph->n_nodes && !begun; j++)
        for (uint32_t m = 0; m < (j == i ? k : p->node[j].node->n_in) && !begun; m++)
            begun = p->value[p->node[j].node->in[m]].grad_root == root;
    return begun;
}

static void find_adds(cpu_program *p)
{
    for (uint32_t i = 0; i < p->graph->n_nodes; i++)
        for (uint32_t k = 0; k < p->node[i].node->n_in; k++)
            if (p->node[i].node->in[k] && is_begun(p, i, k))
                p->node[i].add |= (uint64_t)1 << k;
}

static void find_halos(cpu_program *p)
{
    for (uint32_t i = 0; i < p->graph->n_nodes; i++) {
        const cpu_node *n = &p->node[i];
        if (n->node->op != LTC_OP_CONV2D)
            continue;
        const cpu_conv_needs needs = cpu_conv_needs_of(&n->conv_shape, p->device->isa);
        cpu_value *x = &p->value[p->value[n->node->in[0]].root],
                  *y = &p->value[p->value[n->node->out].grad_root];
        x->halo = needs.halo_x > x->halo ? needs.halo_x : x->halo;
        y->grad_halo = needs.halo_g > y->grad_halo ? needs.halo_g : y->grad_halo;
        p->scratch_count = needs.scratch > p->scratch_count ? needs.scratch : p->scratch_count;
    }
}

static cpu_conv_shape conv_shape_of(const cpu_program *p, const ltc_node *n)
{
    const ltc_value *x = ltc_graph_value(p->graph, n->in[0]), *w = ltc_graph_value(p->graph, n->in[1]),
                    *y = ltc_graph_value(p->graph, n->out);
    const ltc_conv2d_desc *d = n->desc;
    return (cpu_conv_shape){
        .channels = x->dim[0], .outputs = y->dim[0], .groups = d->groups, .kernel_h = w->dim[2],
        .kernel_w = w->dim[3], .stride = d->stride, .pad = d->pad, .dilation = d->dilation, .h = x->dim[1],
        .w = x->dim[2], .out_h = y->dim[1], .out_w = y->dim[2],
        .blocks = cpu_round(p->batch > CPU_EVAL_ROWS ? p->batch : CPU_EVAL_ROWS, CPU_LANES) / CPU_LANES,
    };
}

/* Sample values everywhere but at parameters' places, each parameter read once: what the kernels know. */
static ltc_status check_inputs(const cpu_program *p, const cpu_node *n, ltc_error *err)
{
    for (uint32_t k = 0; k < n->node->n_in; k++) {
        const uint32_t v = n->node->in[k];
        if (!v)
            continue;
        const bool layer = n->node->op == LTC_OP_LINEAR || n->node->op == LTC_OP_CONV2D ||
                           n->node->op == LTC_OP_BATCH_NORM;
        const uint32_t kind = layer && k > 0 ? LTC_PARAM : LTC_SAMPLE;
        if (ltc_graph_value(p->graph, v)->kind != kind || (kind == LTC_PARAM && cpu_alias_uses(p, v) != 1))
            return ltc_fail(err, LTC_EUNSUPPORTED,
                            "input %u of operation %u ('%s', %s) is shared or of a kind that this backend "
                            "does not take: use the backend cpu-blas",
                            k, n->index, n->node->name ? n->node->name : "",
                            lts_op_name(n->node->op));
    }
    return LTC_OK;
}

/* Neighbours that work on blocks join, unless their convolutions want parts of different sizes. */
static bool joins(const cpu_program *p, const cpu_segment *s, const cpu_node *n, int64_t grain)
{
    return s && !is_of(n, LTC_OP_LINEAR) && !is_of(n, LTC_OP_BATCH_NORM) &&
           !is_of(&p->node[s->first], LTC_OP_LINEAR) && (!grain || !s->grain || grain == s->grain);
}

/* Is there nobody who measures for the norm that begins at i? */
static bool wants_measure(const cpu_program *p, const cpu_segment *s, uint32_t i)
{
    return is_of(&p->node[i], LTC_OP_BATCH_NORM) && (!s || is_of(&p->node[s->first], LTC_OP_LINEAR));
}

static void find_segments(cpu_program *p)
{
    cpu_segment *s = NULL;
    for (uint32_t i = 0; i < p->graph->n_nodes; i++) {
        const cpu_node *n = &p->node[i];
        const int64_t grain = is_of(n, LTC_OP_CONV2D) ? cpu_conv_grain_of(&n->conv_shape).blocks : 0;
        if (wants_measure(p, s, i))
            p->segment[p->n_segments++] = (cpu_segment){ .first = i, .end = i };
        if (!joins(p, s, n, grain))
            s = &p->segment[p->n_segments++], *s = (cpu_segment){ .first = i };
        s->end = i + 1;
        s->grain = grain ? grain : s->grain;
    }
    for (s = p->segment; s < p->segment + p->n_segments; s++)
        for (uint32_t i = s->first; i < s->end; i++)
            p->node[i].chunk = cpu_walk_chunk(s, cpu_round(p->batch, CPU_LANES) / CPU_LANES);
}

#define UNSEEN UINT32_MAX

/* Someone in segment h - 1 looks at a place. */
static void look(uint32_t *home, uint32_t h)
{
    *home = *home == UNSEEN || *home == h ? h : 0;
}

static void look_at(cpu_program *p, uint32_t v, bool value, bool grad, uint32_t h)
{
    if (value)
        look(&p->value[p->value[v].root].home, h);
    if (grad)
        look(&p->value[p->value[v].grad_root].grad_home, h);
}

/* All that a segment's nodes look at; of norms, see cpu_segment. */
static void look_around(cpu_program *p, uint32_t h)
{
    const cpu_segment *s = &p->segment[h - 1];
    const cpu_node *head = cpu_walk_head(p, s), *tail = cpu_walk_tail(p, s);
    for (const cpu_node *n = &p->node[s->first]; n < &p->node[s->end]; n++) {
        for (uint32_t k = 0; k < n->node->n_in; k++)
            look_at(p, n->node->in[k], true, n != head, h);
        look_at(p, n->node->out, true, true, h);
        look_at(p, n->addend, true, false, h);
    }
    if (tail)
        look_at(p, tail->node->in[0], true, true, h), look_at(p, tail->node->out, false, true, h);
}

/* An image's place has a home where all that writes or reads it is in one segment. */
static void find_homes(cpu_program *p)
{
    const uint32_t common[] = { p->graph->input, p->graph->logits };
    for (uint32_t v = 0; v < p->graph->n_values; v++)
        p->value[v].home = p->value[v].grad_home = UNSEEN;
    for (uint32_t h = 1; h <= p->n_segments; h++)
        look_around(p, h);
    for (uint32_t v = 1; v < p->graph->n_values; v++) {
        cpu_value *x = &p->value[v];
        const bool image = ltc_graph_value(p->graph, v)->rank == 3 && !x->flat;
        x->home = image && x->home != UNSEEN ? x->home : 0;
        x->grad_home = image && x->grad_home != UNSEEN ? x->grad_home : 0;
    }
    for (int i = 0; i < 2; i++)
        p->value[p->value[common[i]].root].home = p->value[p->value[common[i]].grad_root].grad_home = 0;
}

/* Numbers from which on what is done to each, once, is worth several threads. */
enum { HEAVY_COPY = 1 << 19 };

/* A norm's output costs less to make once more than to store and to load. */
static void find_remade(cpu_program *p)
{
    for (uint32_t h = 1; h <= p->n_segments; h++) {
        const cpu_node *head = cpu_walk_head(p, &p->segment[h - 1]);
        cpu_value *y = head ? &p->value[cpu_out(p, head)->root] : NULL;
        if (y && y->home == h && !head->addend)
            y->remade = true;
    }
}

ltc_status cpu_shape_plan(cpu_program *p, ltc_error *err)
{
    for (uint32_t i = 0; i < p->graph->n_nodes; i++)
        p->node[i] = (cpu_node){ .node = ltc_graph_node(p->graph, i), .index = i };
    for (uint32_t i = 0; i < p->graph->n_nodes; i++) {
        cpu_node *n = &p->node[i];
        const ltc_status st = check_inputs(p, n, err);
        if (st)
            return st;
        if (n->node->op == LTC_OP_CONV2D)
            n->conv_shape = conv_shape_of(p, n->node);
        n->heavy = ltc_value_count(ltc_graph_value(p->graph, n->node->out)) * p->batch > HEAVY_COPY;
    }
    cpu_channels_group(p);
    cpu_alias_find(p);
    find_wants(p);
    find_adds(p);
    find_halos(p);
    find_segments(p);
    find_homes(p);
    find_remade(p);
    return LTC_OK;
}

/* Without `at`, for a pass of so many blocks. */
static cpu_view view_of(const ltc_value *v, bool flat, int64_t halo, int64_t blocks)
{
    if (v->rank == 3 && !flat) {
        const int64_t row = (v->dim[2] + 2 * halo) * CPU_LANES, plane = (v->dim[1] + 2 * halo) * row;
        return (cpu_view){ .block = v->dim[0] * plane, .channel = plane, .row = row, .blocks = blocks,
                           .channels = v->dim[0], .h = v->dim[1], .w = v->dim[2], .halo = halo };
    }
    return (cpu_view){ .block = CPU_LANES, .channel = blocks * CPU_LANES, .row = CPU_LANES, .blocks = blocks,
                       .channels = (int64_t)ltc_value_count(v), .h = 1, .w = 1 };
}

static cpu_view view_at(const ltc_value *v, bool flat, int64_t halo, int64_t blocks, float *base)
{
    cpu_view view = view_of(v, flat, halo, blocks);
    view.at = base ? base + view.halo * (view.row + CPU_LANES) : NULL;
    return view;
}

/* Blocks of a place: whole parts for all lanes, if parts forget it. */
static int64_t room_of(const cpu_program *p, uint32_t home)
{
    const int64_t count[] = { cpu_round(p->batch, CPU_LANES) / CPU_LANES, CPU_EVAL_ROWS / CPU_LANES };
    int64_t room = 0;
    for (int i = 0; i < 2; i++) {
        const int64_t chunk = home ? cpu_walk_chunk(&p->segment[home - 1], count[i]) : 1;
        room = cpu_round(count[i], chunk) > room ? cpu_round(count[i], chunk) : room;
    }
    return room;
}

size_t cpu_shape_bytes(const cpu_program *p, uint32_t value, bool grad)
{
    const cpu_value *v = &p->value[value];
    const ltc_value *of = ltc_graph_value(p->graph, value);
    if (of->kind != LTC_SAMPLE || (grad ? v->grad_root != value || !v->wants : v->root != value))
        return 0;
    const int64_t blocks = room_of(p, grad ? v->grad_home : v->home);
    const cpu_view view = view_of(of, v->flat, grad ? v->grad_halo : v->halo, blocks);
    const int64_t floats = of->rank == 3 && !v->flat ? view.block * blocks : view.channel * view.channels;
    return (size_t)floats * sizeof(float);
}

void cpu_shape_lay_views(cpu_program *p)
{
    for (uint32_t v = 1; v < p->graph->n_values; v++) {
        const cpu_value *root = &p->value[p->value[v].root], *grad_root = &p->value[p->value[v].grad_root];
        const ltc_value *of = ltc_graph_value(p->graph, v);
        cpu_value *x = &p->value[v];
        x->value = view_at(of, root->flat, root->halo, p->blocks, root->at);
        x->grad = view_at(of, grad_root->flat, grad_root->grad_halo, p->blocks, grad_root->grad_at);
        if (cpu_channels_of(p, v)->order && !root->flat)
            x->value.channels = x->grad.channels = cpu_channels_of(p, v)->there;
    }
}

void cpu_shape_set_rows(cpu_program *p, int64_t rows)
{
    const int64_t blocks = cpu_round(rows, CPU_LANES) / CPU_LANES;
    p->rows = rows;
    if (blocks == p->blocks)
        return;
    p->blocks = blocks;
    cpu_shape_lay_views(p);
}
