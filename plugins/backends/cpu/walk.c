/* Forward and backward, node by node, each in parts over blocks, channels or outputs. Called by span.c; what a part of
 * an operation does is in nodes.c, and linear.c. */
#include <ltcore/ops.h>

#include "cpu.h"

/* What a part of a loop needs to know. */
typedef struct task {
    cpu_program *p; cpu_node *n;
    cpu_part_fn *fn; const void *arg;
    int64_t grain;
} task;

static ltc_status run_part(void *arg, size_t begin, size_t end)
{
    const task *t = arg;
    float *scratch = t->p->scratch + (int64_t)begin / t->grain * (int64_t)t->p->scratch_count;
    t->fn(t->p, t->n, scratch, (int64_t)begin, (int64_t)end, t->arg);
    return LTC_OK;
}

static void parts_from(cpu_program *p, cpu_node *n, int64_t count, int64_t least, cpu_part_fn *fn,
                       const void *arg)
{
    const int64_t grain = (count + CPU_MOST_PARTS - 1) / CPU_MOST_PARTS;
    task t = { p, n, fn, arg, grain > least ? grain : least };
    const ltc_host *h = p->device->host;
    if (n->heavy && LTC_HAS(h, parallel) && count > 1)
        (void)h->parallel(h, (size_t)count, (size_t)t.grain, run_part, &t);       /* no part fails */
    else
        fn(p, n, p->scratch, 0, count, arg);
}

void cpu_parts(cpu_program *p, cpu_node *n, int64_t count, cpu_part_fn *fn, const void *arg)
{
    parts_from(p, n, count, 1, fn, arg);
}

static void run(cpu_program *p, cpu_node *n, cpu_part_fn *fn)
{
    const bool conv = n->node->op == LTC_OP_CONV2D;
    const int64_t count = cpu_operations[n->node->op].over == CPU_BLOCKS ? p->blocks : cpu_in(p, n, 0)->value.channels;
    parts_from(p, n, count, conv ? cpu_conv_grain_of(&n->conv_shape).blocks : 1, fn, NULL);
}

void cpu_walk_forward(cpu_program *p)
{
    for (uint32_t i = 0; i < p->graph->n_nodes; i++) {
        cpu_node *n = &p->node[i];
        if (n->skip_forward)
            continue;
        if (n->node->op == LTC_OP_LINEAR)
            cpu_linear_forward(p, n);
        else
            run(p, n, cpu_operations[n->node->op].forward);
    }
}

static bool has_gradient(const cpu_program *p, const cpu_node *n)
{
    const uint32_t op = n->node->op;
    return op == LTC_OP_BATCH_NORM || op == LTC_OP_ADD || op == LTC_OP_CONCAT || cpu_in(p, n, 0)->wants;
}

static void backward(cpu_program *p, cpu_node *n)
{
    const cpu_operation *o = &cpu_operations[n->node->op];
    if (n->node->op == LTC_OP_LINEAR) {
        cpu_linear_backward(p, n);
        return;
    }
    if (o->weights)
        parts_from(p, n, n->conv_shape.outputs, cpu_conv_grain_of(&n->conv_shape).outputs, o->weights, NULL);
    if (has_gradient(p, n))
        run(p, n, o->backward);
}

void cpu_walk_backward(cpu_program *p)
{
    for (uint32_t i = p->graph->n_nodes; i-- > 0;)
        if (!p->node[i].skip_backward && cpu_out(p, &p->node[i])->wants)
            backward(p, &p->node[i]);
}
