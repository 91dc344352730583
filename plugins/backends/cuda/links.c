/* Owns the links of sparse replicas: which networks are perceptrons that a block can hold, and each
 * replica's weights that are not dead, as lists, made when it is made ready. Whether a replica has links is a
 * function of the network, its own masks, the option `sparse` and the device's kind, and of nothing
 * else; whether it trains by them, of the batch too. */
#include <stdlib.h>
#include <string.h>

#include "program.h"

/* The segment of a parameter, which has been added in their order: see program.c. */
static uint32_t segment_of(const ltc_graph *g, uint32_t param)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < param; i++)
        n += ltc_graph_param(g, i)->trained != 0;
    return n;
}

/* The parameter whose value that is; n_params: none that is trained, or a layer before has it. */
static uint32_t take_param(lcu_program *p, uint32_t value)
{
    const ltc_graph *g = p->graph;
    uint32_t i = 0;
    while (i < g->n_params && ltc_graph_param(g, i)->value != value)
        i++;
    const bool fits = i < g->n_params && ltc_graph_param(g, i)->trained && !p->links.taken[i];
    if (fits)
        p->links.taken[i] = true;
    return fits ? i : g->n_params;
}

static bool add_linear(lcu_program *p, const ltc_node *n)
{
    const uint32_t none = p->graph->n_params;
    const uint32_t weight = take_param(p, n->in[1]),
                   bias = n->n_in > 2 && n->in[2] ? take_param(p, n->in[2]) : none;
    const uint64_t n_in = (uint64_t)ltc_value_count(ltc_graph_value(p->graph, n->in[0])),
                   n_out = (uint64_t)ltc_value_count(ltc_graph_value(p->graph, n->out));
    lcu_links_of *l = &p->links;
    if (l->n_layers == LCU_MOST_LAYERS || weight == none || (n->n_in > 2 && n->in[2] && bias == none) ||
        n_in >= UINT16_MAX || n_out > UINT16_MAX)
        return false;
    const lcu_layer *before = l->n_layers ? &l->layer[l->n_layers - 1] : NULL;
    l->weight[l->n_layers] = weight, l->bias[l->n_layers] = bias;
    l->layer[l->n_layers++] = (lcu_layer){
        .n_in = (uint32_t)n_in,
        .n_out = (uint32_t)n_out,
        .weight = segment_of(p->graph, weight),
        .bias = bias == none ? 0 : segment_of(p->graph, bias),
        .first = l->n_starts,
        .first_back = l->n_starts + (uint32_t)n_out + 1,
        .units = before ? before->units + before->n_out : 0,
    };
    l->n_starts += (uint32_t)(n_out + n_in) + 2;
    return true;
}

/* A RELU belongs to the layer before it, once. */
static bool add_relu(lcu_program *p)
{
    lcu_layer *of = p->links.n_layers ? &p->links.layer[p->links.n_layers - 1] : NULL;
    const bool fits = of && !of->relu;
    if (fits)
        of->relu = 1;
    return fits;
}

/* FLATTEN, LINEAR and RELU, each on what the one before gave, from the input to the logits. */
static bool is_chain(lcu_program *p)
{
    const ltc_graph *g = p->graph;
    uint32_t at = g->input;
    bool is = true;
    for (uint32_t i = 0; i < g->n_nodes && is; i++) {
        const ltc_node *n = ltc_graph_node(g, i);
        is = n->in[0] == at && (n->op == LTC_OP_FLATTEN || (n->op == LTC_OP_LINEAR && add_linear(p, n)) ||
                                (n->op == LTC_OP_RELU && add_relu(p)));
        at = n->out;
    }
    is = is && at == g->logits && p->links.n_layers && !p->links.layer[p->links.n_layers - 1].relu;
    for (uint32_t i = 0; i < g->n_params; i++)
        is = is && p->links.taken[i];
    return is;
}

/* The most links that a replica may have: a part of the weights, and all biases. */
static uint64_t most_links(const lcu_program *p)
{
    uint64_t weights = 0, biases = 0;
    for (uint32_t i = 0; i < p->links.n_layers; i++) {
        weights += (uint64_t)p->links.layer[i].n_in * p->links.layer[i].n_out;
        biases += p->links.bias[i] < p->graph->n_params ? p->links.layer[i].n_out : 0;
    }
    return (uint64_t)(p->sparse * (double)weights) + biases;
}

static void plan(lcu_program *p, uint32_t shared)
{
    lcu_links_of *l = &p->links;
    uint64_t most = is_chain(p) ? most_links(p) : 0;
    if (most > INT32_MAX || p->sparse <= 0 || !most ||
        lcu_fused_shared(l->layer, l->n_layers, LCU_FUSED_ROWS) > shared)
        most = 0;
    l->most = (uint32_t)most;
    l->trains = most && lcu_fused_shared(l->layer, l->n_layers, p->batch) <= shared;
}

static bool take_host(lcu_program *p)
{
    lcu_links_of *l = &p->links;
    uint64_t largest = 1;
    for (uint32_t i = 0; i < p->graph->n_params; i++)
        largest = ltc_graph_param(p->graph, i)->n > largest ? ltc_graph_param(p->graph, i)->n : largest;
    l->stale = calloc(p->replicas, sizeof *l->stale);
    if (!l->most)
        return l->stale;
    l->link = calloc(l->most, sizeof *l->link);
    l->back = calloc(l->most, sizeof *l->back);
    l->start = calloc(l->n_starts, sizeof *l->start);
    l->mask = calloc(2, largest);             /* of a weight, and of its bias */
    if (l->stale)
        memset(l->stale, 1, p->replicas);
    return l->stale && l->link && l->back && l->start && l->mask;
}

bool lcu_links_begin(lcu_program *p, uint32_t shared)
{
    p->links.taken = calloc((size_t)p->graph->n_params + 1, sizeof *p->links.taken);
    if (!p->links.taken)
        return false;
    plan(p, shared);
    return take_host(p);
}

void lcu_links_lay_out(lcu_program *p)
{
    lcu_links *l = &p->links.lists;
    const uint32_t most = p->links.most;
    if (!most)
        return;
    l->most = most, l->n_starts = p->links.n_starts;
    l->link = lcu_take_each(&p->memory, most, sizeof *l->link);
    l->back = lcu_take_each(&p->memory, most, sizeof *l->back);
    l->start = lcu_take_each(&p->memory, l->n_starts, sizeof *l->start);
    l->w = lcu_take_each(&p->memory, most, sizeof *l->w);
    l->m = lcu_take_each(&p->memory, most, sizeof *l->m);
    l->v = lcu_take_each(&p->memory, most, sizeof *l->v);
    l->g = lcu_take_each(&p->memory, most, sizeof *l->g);
}

/* False: it has more than may be. */
static bool add_link(lcu_links_of *l, uint32_t *n, uint8_t mask, lcu_link link)
{
    if (mask == LTC_DEAD)
        return true;
    if (*n == l->most)
        return false;
    link.at |= mask == LTC_FROZEN ? LCU_FROZEN_LINK : 0;
    l->link[(*n)++] = link;
    return true;
}

/* The links of a layer by output, its weights' and then its bias's. */
static bool list_forward(lcu_links_of *l, const lcu_layer *of, const uint8_t *weight, const uint8_t *bias,
                         uint32_t *n)
{
    bool fits = true;
    for (uint32_t out = 0; out < of->n_out && fits; out++) {
        l->start[of->first + out] = *n;
        for (uint32_t in = 0, at = out * of->n_in; in < of->n_in && fits; in++, at++)
            fits = add_link(l, n, weight[at], (lcu_link){ at, (uint16_t)in, (uint16_t)out });
        if (bias && fits)
            fits = add_link(l, n, bias[out], (lcu_link){ out, (uint16_t)of->n_in, (uint16_t)out });
    }
    l->start[of->first + of->n_out] = *n;
    return fits;
}

/* The same by input, in the order of their outputs: counted, then put in place from behind. */
static void list_back(lcu_links_of *l, const lcu_layer *of)
{
    const uint32_t begin = l->start[of->first], end = l->start[of->first + of->n_out];
    uint32_t *start = l->start + of->first_back;
    memset(start, 0, (of->n_in + 1) * sizeof *start);
    start[0] = begin;
    for (uint32_t i = begin; i < end; i++)
        if (l->link[i].in < of->n_in)
            start[l->link[i].in + 1]++;
    for (uint32_t in = 0; in < of->n_in; in++)
        start[in + 1] += start[in];
    const uint32_t last = start[of->n_in];
    for (uint32_t i = end; i-- > begin;)
        if (l->link[i].in < of->n_in)
            l->back[--start[l->link[i].in + 1]] = i;
    memmove(start, start + 1, of->n_in * sizeof *start);
    start[of->n_in] = last;
}

static void read_mask(lcu_program *p, uint32_t replica, uint32_t param, uint8_t *to)
{
    const lcu_param *of = &p->param[param];
    lcu_read(p->device, to, of->mask + replica * of->stride, ltc_graph_param(p->graph, param)->n);
}

/* Makes a replica's lists, unless they are too long. */
static void list_replica(lcu_program *p, uint32_t replica)
{
    lcu_links_of *l = &p->links;
    uint32_t n = 0;
    bool fits = true;
    for (uint32_t i = 0; i < l->n_layers && fits; i++) {
        const bool biased = l->bias[i] < p->graph->n_params;
        uint8_t *bias = l->mask + ltc_graph_param(p->graph, l->weight[i])->n;
        read_mask(p, replica, l->weight[i], l->mask);
        if (biased)
            read_mask(p, replica, l->bias[i], bias);
        fits = list_forward(l, &l->layer[i], l->mask, biased ? bias : NULL, &n);
        if (fits)
            list_back(l, &l->layer[i]);
    }
    lcu_include(&l->has, replica, fits);
    if (!fits)
        return;
    const size_t first = (size_t)replica * l->most, first_start = (size_t)replica * l->n_starts;
    const lcu_rows each[] = {
        { .dst = l->lists.link + first, .src = l->link, .bytes = n * sizeof *l->link, .count = 1 },
        { .dst = l->lists.back + first, .src = l->back, .bytes = n * sizeof *l->back, .count = 1 },
        { .dst = l->lists.start + first_start, .src = l->start, .bytes = l->n_starts * sizeof *l->start,
          .count = 1 },
    };
    lcu_write_all(p->device, each, sizeof each / sizeof *each);
}

void lcu_links_make(lcu_program *p)
{
    for (uint32_t r = 0; r < p->replicas; r++) {
        if (p->links.most && p->links.stale[r])
            list_replica(p, r);
    }
}

void lcu_links_made(lcu_program *p)
{
    memset(p->links.stale, 0, p->replicas * sizeof *p->links.stale);
}

void lcu_links_free(lcu_program *p)
{
    lcu_links_of *l = &p->links;
    free(l->stale), free(l->link), free(l->back), free(l->start), free(l->mask), free(l->taken);
}
