/* LINEAR: its passes, in whichever form it is. Called by walk.c, and by state.c when weights are new. */
#include "cpu.h"

static int64_t entries_of(const cpu_linear *l)
{
    return l->lists.start[l->lists.segments * l->lists.rows];
}

/* What a pass goes through. */
static int64_t rows_of(const cpu_linear *l)
{
    return l->form == CPU_FORM_LISTS ? l->lists.rows : l->out;
}

static int64_t columns_of(const cpu_linear *l)
{
    return l->form == CPU_FORM_LISTS ? l->lists.columns : l->in;
}

static const float *bias_of(const cpu_program *p, const cpu_node *n)
{
    const cpu_param *bias = cpu_param_of(p, n, 2);
    return bias ? bias->kept.all.w : NULL;
}

static cpu_stored weights_of(const cpu_program *p, const cpu_node *n)
{
    return cpu_param_of(p, n, 1)->kept.all;
}

static cpu_dense dense_of(const cpu_program *p, const cpu_node *n)
{
    const cpu_linear *l = &n->linear;
    const cpu_value *x = cpu_in(p, n, 0), *y = cpu_out(p, n);
    return (cpu_dense){
        .in = l->in, .out = l->out, .lanes = p->blocks * CPU_LANES, .batch = p->rows,
        .weights = weights_of(p, n), .ldw = l->ldw, .x = x->value.at, .bias = bias_of(p, n), .y = y->value.at,
        .g = y->grad.at, .dx = x->grad.at, .rows = l->rows, .ld_rows = l->ld_rows, .relu = n->relu,
        .add = cpu_adds(n, 0), .gate = n->gate,
    };
}

static cpu_sparse sparse_of(const cpu_program *p, const cpu_node *n)
{
    const cpu_linear *l = &n->linear;
    const cpu_value *x = cpu_in(p, n, 0), *y = cpu_out(p, n);
    return (cpu_sparse){
        .in = l->in, .out = l->out, .lanes = p->blocks * CPU_LANES, .weights = weights_of(p, n),
        .lists = p->evaluating ? &l->eval_lists : &l->lists, .x = x->value.at, .bias = bias_of(p, n),
        .y = y->value.at, .g = y->grad.at, .dx = x->grad.at, .relu = n->relu, .add = cpu_adds(n, 0),
        .gate = n->gate, .halves = l->by_halves ? l->halves : NULL, .scale = p->scale, .base = p->base,
        .sums = p->evaluating ? l->sums : NULL,
    };
}

static cpu_strips strips_of(const cpu_program *p, const cpu_node *n)
{
    const cpu_linear *l = &n->linear;
    const cpu_value *y = cpu_out(p, n);
    return (cpu_strips){
        .in = l->in, .out = l->out, .strips = l->strips, .lanes = p->blocks * CPU_LANES, .batch = p->rows,
        .weights = weights_of(p, n), .nonzeros = &l->listed, .base = p->input->table[0],
        .bias = bias_of(p, n), .sums = l->sums, .y = y->value.at, .g = y->grad.at, .relu = n->relu,
        .scratch = l->strip_scratch,
    };
}

/* The stored weights are new. */
void cpu_linear_begin(cpu_program *p, cpu_node *n, const cpu_param *w)
{
    cpu_strips s = { .in = n->linear.in, .out = n->linear.out, .strips = n->linear.strips,
                     .weights = w->kept.all,
                     .sums = n->linear.sums };
    if (n->linear.form == CPU_FORM_STRIPS)
        p->device->kernels->strips_sums(&s);
    n->linear.summed = false;
}

void cpu_linear_sum(cpu_program *p, cpu_node *n)
{
    cpu_linear *l = &n->linear;
    if (l->form != CPU_FORM_LISTS || !l->bytes || l->summed)
        return;
    const cpu_sparse s = sparse_of(p, n);
    p->device->kernels->sparse_sums(&s, l->sums);
    l->summed = true;
}

static void forward_part(cpu_program *p, cpu_node *n, float *scratch, int64_t first, int64_t end,
                         const void *arg)
{
    const cpu_kernels *k = p->device->kernels;
    (void)scratch, (void)arg;
    if (n->linear.form == CPU_FORM_LISTS) {
        const cpu_sparse s = sparse_of(p, n);
        k->sparse_forward(&s, first, end);
    } else {
        const cpu_dense d = dense_of(p, n);
        k->dense_forward(&d, first, end);
    }
}

void cpu_linear_forward(cpu_program *p, cpu_node *n)
{
    if (n->linear.form != CPU_FORM_STRIPS) {
        cpu_parts(p, n, rows_of(&n->linear), forward_part, NULL);
        return;
    }
    const cpu_strips s = strips_of(p, n);
    p->device->kernels->strips_forward(&s);
}

static void backward_part(cpu_program *p, cpu_node *n, float *scratch, int64_t first, int64_t end,
                          const void *arg)
{
    (void)arg;
    if (n->linear.form == CPU_FORM_LISTS) {
        const cpu_sparse s = sparse_of(p, n);
        p->device->kernels->sparse_back(&s, first, end);
    } else {
        cpu_dense d = dense_of(p, n);
        d.scratch = scratch;
        p->device->kernels->dense_back(&d, first, end);
    }
}

void cpu_linear_backward(cpu_program *p, cpu_node *n)
{
    const cpu_param *bias = cpu_param_of(p, n, 2);
    const cpu_view *g = &cpu_out(p, n)->grad;
    if (bias && bias->kept.g)
        p->device->kernels->row_sums(g->at, n->linear.lists.output, rows_of(&n->linear),
                                     p->blocks * CPU_LANES, bias->kept.g);
    if (cpu_in(p, n, 0)->wants)
        cpu_parts(p, n, columns_of(&n->linear), backward_part, NULL);
}

static void update_part(cpu_program *p, cpu_node *n, float *scratch, int64_t first, int64_t end,
                        const void *rule)
{
    cpu_dense d = dense_of(p, n);
    d.scratch = scratch;
    p->device->kernels->dense_update(&d, rule, first, end);
}

static void update_lists(cpu_program *p, cpu_node *n, float *scratch, int64_t first, int64_t end,
                         const void *rule)
{
    cpu_sparse s = sparse_of(p, n);
    const int64_t entries = entries_of(&n->linear),
                  to = end * CPU_GROUP < entries ? end * CPU_GROUP : entries;
    s.scratch = scratch;
    p->device->kernels->sparse_update(&s, rule, first * CPU_GROUP, to);
}

/* The weights' gradients, which nobody else reads, on their way into the weights. */
void cpu_linear_update(cpu_program *p, cpu_node *n, const cpu_rule *r)
{
    cpu_linear *l = &n->linear;
    l->summed = false;
    if (l->form == CPU_FORM_STRIPS) {
        const cpu_strips s = strips_of(p, n);
        p->device->kernels->strips_update(&s, r);
    } else if (l->form == CPU_FORM_LISTS) {
        cpu_parts(p, n, (entries_of(l) + CPU_GROUP - 1) / CPU_GROUP, update_lists, r);
    } else {
        if (!cpu_reads_input(p, n))
            p->device->kernels->transpose(cpu_in(p, n, 0)->value.at, l->in, p->blocks * CPU_LANES, l->rows,
                                          l->ld_rows);
        cpu_parts(p, n, l->out, update_part, r);
    }
}
