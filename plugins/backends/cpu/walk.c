/* Forward and backward, segment by segment, in parts over blocks or outputs. Called by span.c; what a part
 * of an operation does is in nodes.c, and linear.c. */
#include <string.h>

#include <ltcore/ops.h>

#include "cpu.h"

/* What a part of a loop needs to know. */
typedef struct task {
    cpu_program *p; cpu_node *n;
    cpu_part_fn *fn; const void *arg;
    int64_t grain;
    const cpu_segment *segment;               /* NULL: not a segment's parts */
} task;

/* Does nobody look at a part of a segment once it is through? A convolution whose weights' gradient
 * is made whole does. */
static bool forgets(const cpu_program *p, const cpu_segment *s)
{
    bool all = true;
    for (uint32_t i = s->first; i < s->end; i++)
        all = all && !(p->node[i].conv && !p->node[i].sums);
    return all;
}

/* The program as a part of a segment sees it: what nobody looks at afterwards lies where the lane's last
 * part had it, in the blocks of the lane's number. An evaluation forgets values; a training gradients, and
 * values that are remade. */
static cpu_program *move_in(const task *t, uint32_t lane, int64_t first)
{
    cpu_program *p = &t->p->lanes->program[lane];
    cpu_value *value = t->p->lanes->value + lane * t->p->graph->n_values;
    const uint32_t home = (uint32_t)(t->segment - t->p->segment) + 1;
    const int64_t shift = lane * t->grain - first;
    const bool values = t->p->evaluating, gradients = !values && forgets(t->p, t->segment);
    *p = *t->p;
    p->value = value;
    memcpy(value, t->p->value, t->p->graph->n_values * sizeof *value);
    for (cpu_value *v = value; v < value + p->graph->n_values; v++) {
        if ((values || (gradients && value[v->root].remade)) && v->value.at && value[v->root].home == home)
            v->value.at += shift * v->value.block;
        if (gradients && v->grad.at && value[v->grad_root].grad_home == home)
            v->grad.at += shift * v->grad.block;
    }
    return p;
}

static uint32_t take_lane(cpu_lanes *l)
{
    unsigned busy = atomic_load(&l->busy), lane;
    do
        for (lane = 0; busy >> lane & 1;)
            lane++;
    while (!atomic_compare_exchange_weak(&l->busy, &busy, busy | 1u << lane));
    return lane;
}

static void run_in_lane(const task *t, int64_t first, int64_t end)
{
    cpu_lanes *l = t->p->lanes;
    const uint32_t lane = take_lane(l);
    float *scratch = t->p->scratch + lane * t->p->scratch_count;
    cpu_program *p = t->segment ? move_in(t, lane, first) : t->p;
    t->fn(p, t->n, scratch, first, end, t->arg);
    atomic_fetch_and(&l->busy, ~(1u << lane));
}

static ltc_status run_part(void *arg, size_t begin, size_t end)
{
    run_in_lane(arg, (int64_t)begin, (int64_t)end);
    return LTC_OK;
}

/* false: nobody is there to share the work with. */
static bool share_out(const task *t, int64_t count)
{
    const ltc_host *h = t->p->device->host;
    if (!LTC_HAS(h, parallel) || count <= t->grain)
        return false;
    (void)h->parallel(h, (size_t)count, (size_t)t->grain, run_part, (void *)(uintptr_t)t); /* no part fails */
    return true;
}

void cpu_parts_from(cpu_program *p, cpu_node *n, int64_t count, int64_t least, cpu_part_fn *fn,
                    const void *arg)
{
    const int64_t grain = (count + CPU_MOST_PARTS - 1) / CPU_MOST_PARTS;
    const task t = { p, n, fn, arg, grain > least ? grain : least, NULL };
    if (!n->heavy || !share_out(&t, count))
        fn(p, n, p->scratch, 0, count, arg);
}

void cpu_parts(cpu_program *p, cpu_node *n, int64_t count, cpu_part_fn *fn, const void *arg)
{
    cpu_parts_from(p, n, count, 1, fn, arg);
}

int64_t cpu_walk_chunk(const cpu_segment *s, int64_t blocks)
{
    const int64_t least = (blocks + CPU_MOST_PARTS - 1) / CPU_MOST_PARTS;
    return s->grain > least ? s->grain : least;
}

static bool is_heavy(const cpu_program *p, const cpu_segment *s)
{
    bool heavy = false;
    for (uint32_t i = s->first; i < s->end; i++)
        heavy = heavy || p->node[i].heavy;
    return heavy;
}

static cpu_node *norm_at(const cpu_program *p, uint32_t i)
{
    return i < p->graph->n_nodes && p->node[i].node->op == LTC_OP_BATCH_NORM ? &p->node[i] : NULL;
}

cpu_node *cpu_walk_head(const cpu_program *p, const cpu_segment *s)
{
    return s->first < s->end ? norm_at(p, s->first) : NULL;
}

cpu_node *cpu_walk_tail(const cpu_program *p, const cpu_segment *s)
{
    return s->first == s->end || p->node[s->first].node->op != LTC_OP_LINEAR ? norm_at(p, s->end) : NULL;
}

/* A segment's chunks of blocks. */
static void run(cpu_program *p, const cpu_segment *s, cpu_part_fn *fn)
{
    const task t = { p, NULL, fn, s, cpu_walk_chunk(s, p->blocks), s };
    if (is_heavy(p, s) && share_out(&t, p->blocks))
        return;
    for (int64_t first = 0; first < p->blocks; first += t.grain)
        run_in_lane(&t, first, first + t.grain < p->blocks ? first + t.grain : p->blocks);
}

static bool is_reached(const cpu_program *p, const cpu_node *n)
{
    return !n->skip_backward && cpu_out(p, n)->wants;
}

/* Does a pass have anything to do in a segment? Its neighbours may do all of it. */
static bool goes_forward(const cpu_program *p, const cpu_segment *s)
{
    bool works = !p->evaluating && cpu_walk_tail(p, s);
    for (uint32_t i = s->first; i < s->end; i++)
        works = works || !p->node[i].skip_forward;
    return works;
}

static bool goes_back(const cpu_program *p, const cpu_segment *s)
{
    const cpu_node *tail = cpu_walk_tail(p, s);
    bool works = tail && is_reached(p, tail);
    for (uint32_t i = s->first; i < s->end; i++)
        works = works || is_reached(p, &p->node[i]);
    return works;
}

static bool is_linear(const cpu_program *p, const cpu_segment *s)
{
    return s->first < s->end && p->node[s->first].node->op == LTC_OP_LINEAR;
}

static void forward_part(cpu_program *p, cpu_node *n, float *scratch, int64_t first, int64_t end,
                         const void *segment)
{
    const cpu_segment *s = segment;
    cpu_node *tail = p->evaluating ? NULL : cpu_walk_tail(p, s);
    for (n = &p->node[s->first]; n < &p->node[s->end]; n++)
        if (!n->skip_forward)
            cpu_operations[n->node->op].forward(p, n, scratch, first, end, NULL);
    if (tail)
        cpu_operations[tail->node->op].measure(p, tail, scratch, first, end, NULL);
}

void cpu_walk_forward(cpu_program *p)
{
    for (const cpu_segment *s = p->segment; s < p->segment + p->n_segments; s++) {
        cpu_node *n = &p->node[s->first], *tail = p->evaluating ? NULL : cpu_walk_tail(p, s);
        if (!is_linear(p, s) && goes_forward(p, s))
            run(p, s, forward_part);
        else if (is_linear(p, s) && !n->skip_forward)
            cpu_linear_forward(p, n);
        if (tail)
            cpu_norm_finish(p, tail);
    }
}

static bool has_gradient(const cpu_program *p, const cpu_node *n)
{
    const uint32_t op = n->node->op;
    return op == LTC_OP_ADD || op == LTC_OP_CONCAT || op == LTC_OP_CONV2D || cpu_in(p, n, 0)->wants;
}

static void backward_part(cpu_program *p, cpu_node *n, float *scratch, int64_t first, int64_t end,
                          const void *segment)
{
    const cpu_segment *s = segment;
    cpu_node *head = cpu_walk_head(p, s), *tail = cpu_walk_tail(p, s);
    if (head && p->value[cpu_out(p, head)->root].remade && forgets(p, s))
        cpu_operations[head->node->op].forward(p, head, scratch, first, end, NULL);
    if (tail && is_reached(p, tail))
        cpu_operations[tail->node->op].backward(p, tail, scratch, first, end, NULL);
    for (n = &p->node[s->end]; n-- > &p->node[s->first];)
        if (n != head && is_reached(p, n) && has_gradient(p, n))
            cpu_operations[n->node->op].backward(p, n, scratch, first, end, NULL);
    if (head && is_reached(p, head))
        cpu_operations[head->node->op].measure_back(p, head, scratch, first, end, NULL);
}

void cpu_walk_backward(cpu_program *p)
{
    for (const cpu_segment *s = p->segment + p->n_segments; s-- > p->segment;) {
        cpu_node *n = &p->node[s->first], *head = cpu_walk_head(p, s);
        if (!is_linear(p, s) && goes_back(p, s))
            run(p, s, backward_part);
        else if (is_linear(p, s) && is_reached(p, n))
            cpu_linear_backward(p, n);
        for (n = &p->node[s->end]; n-- > &p->node[s->first];)
            if (n->conv && is_reached(p, n))
                cpu_conv_finish(p, n);
        if (head && is_reached(p, head))
            cpu_norm_finish_back(p, head);
    }
}
