/* Where values and gradients lie: which share a place, how wide their halos are, what an operation does on behalf of
 * the one after it. Called by program.c at compile, and by spans when the number of samples changes. */
#include <ltcore/ops.h>

#include "cpu.h"

#include "op.h"

static uint32_t uses(const cpu_program *p, uint32_t value)
{
    uint32_t n = p->graph->logits == value;
    for (uint32_t i = 0; i < p->graph->n_nodes; i++)
        for (uint32_t k = 0; k < p->node[i].node->n_in; k++)
            n += p->node[i].node->in[k] == value;
    return n;
}

static cpu_node *maker(cpu_program *p, uint32_t value)
{
    for (uint32_t i = 0; i < p->graph->n_nodes; i++)
        if (p->node[i].node->out == value)
            return &p->node[i];
    return NULL;
}

/* The only reader of a value that has one. */
static cpu_node *reader(cpu_program *p, uint32_t value)
{
    for (uint32_t i = 0; i < p->graph->n_nodes; i++)
        for (uint32_t k = 0; k < p->node[i].node->n_in; k++)
            if (p->node[i].node->in[k] == value)
                return &p->node[i];
    return NULL;
}

static bool is_of(const cpu_node *n, uint32_t op)
{
    return n && n->node->op == op;
}

/* The input, where all that reads it flattens it. */
static void flatten_input(cpu_program *p)
{
    bool only = true;
    for (uint32_t i = 0; i < p->graph->n_nodes; i++)
        for (uint32_t k = 0; k < p->node[i].node->n_in; k++)
            only = only && (p->node[i].node->in[k] != p->graph->input || is_of(&p->node[i], LTC_OP_FLATTEN));
    p->value[p->graph->input].flat = only && ltc_graph_value(p->graph, p->graph->input)->rank == 3;
}

static void share(cpu_program *p, cpu_node *n)
{
    p->value[n->node->out].root = p->value[n->node->in[0]].root;
    n->skip_forward = n->skip_backward = true;
}

/* A RELU works in the place of its input where nobody else reads that, within the operation that made it where that
 * one can; and the layer after it may cut its gradient off. */
static void place_relu(cpu_program *p, cpu_node *n)
{
    const uint32_t x = n->node->in[0], y = n->node->out;
    if (uses(p, x) != 1 || x == p->graph->input)
        return;
    cpu_node *before = maker(p, x), *after = uses(p, y) == 1 && y != p->graph->logits ? reader(p, y) : NULL;
    if (p->value[x].root != x)                /* another's place */
        return;
    const bool cuts = is_of(before, LTC_OP_LINEAR) || is_of(before, LTC_OP_CONV2D) || is_of(before, LTC_OP_ADD) ||
                      is_of(before, LTC_OP_BATCH_NORM);
    share(p, n);
    n->skip_forward = cuts;
    n->skip_backward = is_of(before, LTC_OP_BATCH_NORM);
    if (cuts)
        before->relu = true;
    const bool gates = is_of(after, LTC_OP_LINEAR) || is_of(after, LTC_OP_CONV2D) || is_of(after, LTC_OP_MAX_POOL);
    if (gates && after->node->in[0] == y && !n->skip_backward)
        after->gate = n->skip_backward = true;
}

static void place_aliases(cpu_program *p)
{
    flatten_input(p);
    for (uint32_t v = 0; v < p->graph->n_values; v++)
        p->value[v].root = v;
    for (uint32_t i = 0; i < p->graph->n_nodes; i++) {
        cpu_node *n = &p->node[i];
        if (n->node->op == LTC_OP_RELU)
            place_relu(p, n);
        if (n->node->op == LTC_OP_FLATTEN && (p->value[n->node->in[0]].flat ||
                                              ltc_graph_value(p->graph, n->node->in[0])->rank == 1))
            share(p, n);
    }
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

/* Has the gradient at an input's place been begun, by the loss, by a later node or by an earlier input of this one? */
static bool is_begun(const cpu_program *p, uint32_t i, uint32_t k)
{
    const uint32_t root = p->value[p->node[i].node->in[k]].root;
    bool begun = root == p->value[p->graph->logits].root;
    for (uint32_t j = i; j < p->graph->n_nodes && !begun; j++)
        for (uint32_t m = 0; m < (j == i ? k : p->node[j].node->n_in) && !begun; m++)
            begun = p->value[p->node[j].node->in[m]].root == root;
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
        cpu_value *x = &p->value[p->value[n->node->in[0]].root], *y = &p->value[p->value[n->node->out].root];
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
        if (ltc_graph_value(p->graph, v)->kind != kind || (kind == LTC_PARAM && uses(p, v) != 1))
            return ltc_fail(err, LTC_EUNSUPPORTED,
                            "input %u of operation %u ('%s', %s) is shared or of a kind that this backend does not "
                            "take: use the backend cpu-blas", k, n->index, n->node->name ? n->node->name : "",
                            lts_op_name(n->node->op));
    }
    return LTC_OK;
}

static bool is_in_blocks(const cpu_node *n)
{
    return n->node->op != LTC_OP_LINEAR && cpu_operations[n->node->op].over == CPU_BLOCKS;
}

/* Neighbours that work on blocks join, unless their convolutions want parts of different sizes. */
static void find_segments(cpu_program *p)
{
    cpu_segment *s = NULL;
    for (uint32_t i = 0; i < p->graph->n_nodes; i++) {
        const cpu_node *n = &p->node[i];
        const int64_t grain = is_of(n, LTC_OP_CONV2D) ? cpu_conv_grain_of(&n->conv_shape).blocks : 0;
        const bool joins = s && is_in_blocks(n) && is_in_blocks(&p->node[s->first]) &&
                           (!grain || !s->grain || grain == s->grain);
        if (!joins)
            s = &p->segment[p->n_segments++], *s = (cpu_segment){ .first = i };
        s->end = i + 1;
        s->grain = grain ? grain : s->grain;
    }
    for (s = p->segment; s < p->segment + p->n_segments; s++)
        for (uint32_t i = s->first; i < s->end; i++)
            p->node[i].chunk = cpu_walk_chunk(s, cpu_round(p->batch, CPU_LANES) / CPU_LANES);
}

/* An image's place has a home where all that writes or reads it is in one segment. */
static void find_homes(cpu_program *p)
{
    for (uint32_t v = 1; v < p->graph->n_values; v++)
        p->value[v].home = UINT32_MAX;        /* not yet looked at */
    for (uint32_t h = 1; h <= p->n_segments; h++)
        for (uint32_t i = p->segment[h - 1].first; i < p->segment[h - 1].end; i++)
            for (uint32_t k = 0; k <= p->node[i].node->n_in; k++) {
                const ltc_node *n = p->node[i].node;
                cpu_value *place = &p->value[p->value[k < n->n_in ? n->in[k] : n->out].root];
                place->home = place->home == UINT32_MAX || place->home == h ? h : 0;
            }
    for (uint32_t v = 1; v < p->graph->n_values; v++)
        if (ltc_graph_value(p->graph, v)->rank != 3 || p->value[v].flat || p->value[v].home == UINT32_MAX)
            p->value[v].home = 0;
    p->value[p->value[p->graph->input].root].home = p->value[p->value[p->graph->logits].root].home = 0;
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
    }
    place_aliases(p);
    find_wants(p);
    find_adds(p);
    find_halos(p);
    find_segments(p);
    find_homes(p);
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
static int64_t room_of(const cpu_program *p, const cpu_value *v)
{
    const int64_t count[] = { cpu_round(p->batch, CPU_LANES) / CPU_LANES, CPU_EVAL_ROWS / CPU_LANES };
    int64_t room = 0;
    for (int i = 0; i < 2; i++) {
        const int64_t chunk = v->home ? cpu_walk_chunk(&p->segment[v->home - 1], count[i]) : 1;
        room = cpu_round(count[i], chunk) > room ? cpu_round(count[i], chunk) : room;
    }
    return room;
}

size_t cpu_shape_bytes(const cpu_program *p, uint32_t value)
{
    const cpu_value *v = &p->value[value];
    const ltc_value *of = ltc_graph_value(p->graph, value);
    const int64_t blocks = room_of(p, v);
    size_t sum = 0;
    if (of->kind != LTC_SAMPLE || v->root != value)
        return 0;
    for (int grad = 0; grad < 2; grad++) {
        const cpu_view view = view_of(of, v->flat, grad ? v->grad_halo : v->halo, blocks);
        if (!grad || v->wants)
            sum += (size_t)(of->rank == 3 && !v->flat ? view.block * blocks : view.channel * view.channels)
                   * sizeof(float);
    }
    return sum;
}

void cpu_shape_set_rows(cpu_program *p, int64_t rows)
{
    const int64_t blocks = cpu_round(rows, CPU_LANES) / CPU_LANES;
    p->rows = rows;
    if (blocks == p->blocks)
        return;
    p->blocks = blocks;
    for (uint32_t v = 1; v < p->graph->n_values; v++) {
        const cpu_value *root = &p->value[p->value[v].root];
        const ltc_value *of = ltc_graph_value(p->graph, v);
        p->value[v].value = view_at(of, root->flat, root->halo, blocks, root->at);
        p->value[v].grad = view_at(of, root->flat, root->grad_halo, blocks, root->grad_at);
    }
}
