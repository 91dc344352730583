/* Who shares a place with whom, and what an operation does on behalf of its neighbours: a RELU and an ADD are
 * done by whoever makes their input, a RELU's gradient by whoever reads its output, and an ADD's gradient is
 * its inputs' too. Called by shape.c. */
#include <ltcore/ops.h>

#include "cpu.h"

uint32_t cpu_alias_uses(const cpu_program *p, uint32_t value)
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

/* The first. */
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
    p->value[n->node->out].grad_root = p->value[n->node->in[0]].grad_root;
    n->skip_forward = n->skip_backward = true;
}

/* Can the first reader of a value cut its gradient off? On the way back it is the last that adds to it; but
 * only a convolution cuts off what others gave. */
static bool can_gate(const cpu_program *p, const cpu_node *first, uint32_t value)
{
    if (!first || value == p->graph->logits || first->node->in[0] != value)
        return false;
    return is_of(first, LTC_OP_CONV2D) || (cpu_alias_uses(p, value) == 1 && (is_of(first, LTC_OP_LINEAR) ||
                                                                             is_of(first, LTC_OP_MAX_POOL)));
}

/* A RELU works in the place of its input where nobody else reads that, within the operation that made it
 * where that one can; and the layer after it may cut its gradient off. */
static void place_relu(cpu_program *p, cpu_node *n)
{
    const uint32_t x = n->node->in[0], y = n->node->out;
    if (cpu_alias_uses(p, x) != 1 || x == p->graph->input || p->value[x].root != x) /* another's place */
        return;
    cpu_node *before = maker(p, x), *after = reader(p, y);
    share(p, n);
    n->skip_forward = is_of(before, LTC_OP_LINEAR) || is_of(before, LTC_OP_CONV2D) ||
                      is_of(before, LTC_OP_ADD) || is_of(before, LTC_OP_BATCH_NORM);
    n->skip_backward = can_gate(p, after, y);
    if (n->skip_forward)
        before->relu = true;
    if (n->skip_backward)
        after->gate = true;
}

/* The ADD of a norm's output, which nobody else reads, to what is there by then. */
static void place_add(cpu_program *p, cpu_node *n)
{
    const uint32_t *in = n->node->in, y = n->node->out;
    for (uint32_t k = 0; k < 2 && !n->skip_forward; k++) {
        cpu_node *norm = maker(p, in[k]), *other = maker(p, in[1 - k]);
        if (!is_of(norm, LTC_OP_BATCH_NORM) || cpu_alias_uses(p, in[k]) != 1 ||
            p->value[in[k]].root != in[k] || (other && other->index > norm->index))
            continue;
        norm->addend = in[1 - k], norm->relu = n->relu;
        p->value[in[k]].root = p->value[y].root;
        n->skip_forward = true;
    }
}

/* Does node n read (its gradient is added to), or make (its gradient is read), a value whose
 * gradient is at root? */
static bool gives_to(const cpu_program *p, const cpu_node *n, uint32_t root)
{
    bool gives = false;
    for (uint32_t k = 0; k < n->node->n_in; k++)
        gives = gives || (n->node->in[k] && p->value[n->node->in[k]].grad_root == root);
    return gives;
}

static bool takes_from(const cpu_program *p, const cpu_node *n, uint32_t root)
{
    return p->value[n->node->out].grad_root == root;
}

/* Whoever reads a value at `root` before node n, and so adds to the gradient after it, does so when all that
 * take the gradient from `other` have done so. */
static bool comes_later(const cpu_program *p, const cpu_node *n, uint32_t root, uint32_t other)
{
    for (uint32_t j = 0; j < n->index; j++)
        for (uint32_t m = 0; m <= j && gives_to(p, &p->node[j], root); m++)
            if (takes_from(p, &p->node[m], other))
                return false;
    return true;
}

static bool is_read_after(const cpu_program *p, const cpu_node *n, uint32_t root)
{
    bool read = false;
    for (uint32_t i = n->index + 1; i < p->graph->n_nodes; i++)
        read = read || gives_to(p, &p->node[i], root);
    return read;
}

/* The gradient of an ADD's output is that of input k, and stands in the same place: what is added to it there
 * later finds that whoever wanted it alone has had it. */
static void place_gradient(cpu_program *p, const cpu_node *n, uint32_t k)
{
    const uint32_t *in = n->node->in, to = p->value[n->node->out].grad_root, from = p->value[in[k]].grad_root;
    const uint32_t logits = p->value[p->graph->logits].grad_root, input = p->value[p->graph->input].grad_root;
    if (in[0] == in[1] || from == to || from == logits || to == logits || from == input ||
        is_read_after(p, n, from) || !is_read_after(p, n, to) || !comes_later(p, n, from, to) ||
        !comes_later(p, n, to, from))
        return;
    for (uint32_t v = 1; v < p->graph->n_values; v++)
        if (p->value[v].grad_root == from)
            p->value[v].grad_root = to;
}

void cpu_alias_find(cpu_program *p)
{
    flatten_input(p);
    for (uint32_t v = 0; v < p->graph->n_values; v++)
        p->value[v].root = p->value[v].grad_root = v;
    for (uint32_t i = 0; i < p->graph->n_nodes; i++) {
        cpu_node *n = &p->node[i];
        if (n->node->op == LTC_OP_RELU)
            place_relu(p, n);
        if (n->node->op == LTC_OP_FLATTEN && (p->value[n->node->in[0]].flat ||
                                              ltc_graph_value(p->graph, n->node->in[0])->rank == 1))
            share(p, n);
    }
    for (uint32_t i = 0; i < p->graph->n_nodes; i++) {
        cpu_node *n = &p->node[i];
        if (n->node->op != LTC_OP_ADD)
            continue;
        place_add(p, n);
        place_gradient(p, n, 0), place_gradient(p, n, 1);
    }
}
