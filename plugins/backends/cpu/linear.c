/* LINEAR: which of three forms a layer takes under a mask, how its weights are kept then, and its passes. Called by
 * state.c when a program is made ready, and by walk.c. */
#include <stdlib.h>
#include <string.h>

#include "choice.h"
#include "cpu.h"

/* The layer that reads the input needs no gradient of it. */
static bool is_first(const cpu_program *p, const cpu_node *n)
{
    return p->value[n->node->in[0]].root == p->value[p->graph->input].root;
}

static bool is_alive(const cpu_param *w, size_t i)
{
    return !w->masked || w->host_mask[i] != LTC_DEAD;
}

static ltc_status no_memory(ltc_error *err)
{
    return ltc_fail(err, LTC_ENOMEM, "no memory for a layer's weights");
}

static ltc_status open_dense(cpu_program *p, cpu_linear *l, cpu_param *w, ltc_error *err)
{
    const size_t rows = (size_t)cpu_round(p->batch, CPU_LANES);
    l->ldw = (ptrdiff_t)cpu_round(l->in, CPU_LANES);
    l->ld_rows = l->ldw;
    l->rows = cpu_block(rows * (size_t)l->ldw, sizeof *l->rows);
    w->stored = (size_t)(l->out * l->ldw);
    w->place = cpu_block(w->stored, sizeof *w->place);
    if (!l->rows || !w->place)
        return no_memory(err);
    for (size_t k = 0; k < w->stored; k++) {
        const size_t o = k / (size_t)l->ldw, i = k % (size_t)l->ldw;
        w->place[k] = i < (size_t)l->in ? (uint32_t)(o * (size_t)l->in + i) : UINT32_MAX;
    }
    return LTC_OK;
}

/* Segment by segment, row by row; then the same by columns. */
static void fill_lists(cpu_linear *l, cpu_param *w, uint32_t lanes)
{
    cpu_lists *t = &l->lists;
    const size_t in = (size_t)l->in, out = (size_t)l->out, wide = t->segments > 1 ? CPU_SEGMENT : in;
    uint32_t n = 0;
    for (size_t r = 0; r < (size_t)t->segments * out; r++) {
        const size_t o = r % out, first = r / out * wide, end = first + wide < in ? first + wide : in;
        t->start[r] = n;
        for (size_t i = first; i < end; i++)
            if (is_alive(w, o * in + i)) {
                w->place[n] = (uint32_t)(o * in + i);
                t->column[n++] = (uint32_t)i * lanes;
                t->column_start[i + 1]++;
            }
    }
    t->start[(size_t)t->segments * out] = n;
    for (size_t i = 0; i < in; i++)
        t->column_start[i + 1] += t->column_start[i];
    for (uint32_t q = 0; q < n; q++) {
        const uint32_t at = t->column_start[t->column[q] / lanes]++;
        t->row[at] = (uint32_t)(w->place[q] / in) * lanes;
        t->entry[at] = q;
    }
    for (size_t i = in; i > 0; i--)
        t->column_start[i] = t->column_start[i - 1];
    t->column_start[0] = 0;
    for (size_t k = n; k < w->stored; k++)
        w->place[k] = UINT32_MAX;
    l->eval_lists = (cpu_lists){ .segments = t->segments, .start = t->start,
                                  .column = l->eval_column ? l->eval_column : t->column };
    for (uint32_t q = 0; l->eval_column && q < n; q++)
        l->eval_column[q] = t->column[q] / lanes * CPU_EVAL_ROWS;
}

static ltc_status open_lists(cpu_program *p, cpu_linear *l, cpu_param *w, ltc_error *err)
{
    size_t n = 0;
    for (size_t i = 0; i < w->n; i++)
        n += is_alive(w, i);
    w->stored = (size_t)cpu_round((int64_t)n, CPU_LANES);
    w->place = cpu_block(w->stored, sizeof *w->place);
    cpu_lists *t = &l->lists;
    t->segments = cpu_segments(n, l->in, l->out);
    t->start = cpu_block((size_t)(t->segments * l->out) + 1, sizeof *t->start);
    t->column = cpu_block(n, sizeof *t->column);
    t->column_start = cpu_block((size_t)l->in + 1, sizeof *t->column_start);
    t->row = cpu_block(n, sizeof *t->row);
    t->entry = cpu_block(n, sizeof *t->entry);
    const bool same = cpu_round(p->batch, CPU_LANES) == CPU_EVAL_ROWS;
    l->eval_column = same ? NULL : cpu_block(n, sizeof *l->eval_column);
    if ((!same && !l->eval_column) || !w->place || !t->start || !t->column || !t->column_start || !t->row || !t->entry)
        return no_memory(err);
    fill_lists(l, w, (uint32_t)cpu_round(p->batch, CPU_LANES));
    return LTC_OK;
}

static ltc_status open_strips(cpu_program *p, cpu_linear *l, cpu_param *w, ltc_error *err)
{
    const size_t in = (size_t)l->in, rows = p->batch > CPU_EVAL_ROWS ? p->batch : CPU_EVAL_ROWS;
    const size_t lanes = (size_t)cpu_round((int64_t)rows, CPU_LANES);
    cpu_nonzeros *z = &l->nonzeros;
    l->strips = (l->out + CPU_STRIP - 1) / CPU_STRIP;
    w->stored = (size_t)l->strips * in * CPU_STRIP;
    w->place = cpu_block(w->stored, sizeof *w->place);
    l->sums = cpu_block((size_t)l->strips * CPU_STRIP, sizeof *l->sums);
    l->strip_scratch = cpu_block(((size_t)l->strips * lanes + 1) * CPU_STRIP, sizeof *l->strip_scratch);
    z->in = l->in;
    z->mark = cpu_block(rows * (in / CPU_SPAN + 2), sizeof *z->mark);
    z->feature = cpu_block(rows * (in + CPU_LANES) + CPU_LANES, sizeof *z->feature);
    z->value = cpu_block(rows * (in + CPU_LANES) + CPU_LANES, sizeof *z->value);
    z->count = cpu_block(in, sizeof *z->count);
    z->sample = cpu_block(rows * in, sizeof *z->sample);
    z->of_sample = cpu_block(rows * in, sizeof *z->of_sample);
    if (!w->place || !l->sums || !l->strip_scratch || !z->mark || !z->feature || !z->value || !z->count ||
        !z->sample || !z->of_sample)
        return no_memory(err);
    for (size_t k = 0; k < w->stored; k++) {
        const size_t o = k / CPU_STRIP / in * CPU_STRIP + k % CPU_STRIP, i = k / CPU_STRIP % in;
        w->place[k] = o < (size_t)l->out ? (uint32_t)(o * in + i) : UINT32_MAX;
    }
    return LTC_OK;
}

/* What the choice among the forms is made of. */
static cpu_linear_case case_of(const cpu_program *p, const cpu_node *n, const cpu_param *w)
{
    cpu_linear_case c = { .in = n->linear.in, .out = n->linear.out, .batch = p->batch, .isa = p->device->isa,
                          .first = is_first(p, n), .adam = p->optimizer.kind != LTC_SGD, .filled = 1 };
    for (size_t i = 0; i < w->n; i++)
        c.alive += is_alive(w, i);
    const cpu_split *s = p->split;
    while (s < p->split + LTS_MOST_SPLITS && !s->bound)
        s++;
    if (c.first && s < p->split + LTS_MOST_SPLITS && s->affine && s->samples.dim[0] == 1 && !p->augment &&
        c.in <= UINT16_MAX && p->batch <= UINT16_MAX)
        c.filled = cpu_filled(&s->samples);
    return c;
}

ltc_status cpu_linear_open(cpu_program *p, cpu_node *n, cpu_param *w, ltc_error *err)
{
    cpu_linear *l = &n->linear;
    const ltc_value *shape = ltc_graph_value(p->graph, n->node->in[1]);
    cpu_linear_close(l);
    l->out = shape->dim[0], l->in = shape->dim[1];
    if (w->n > UINT32_MAX / 2 || l->in > UINT32_MAX / cpu_round(p->batch, CPU_LANES) ||
        l->out > UINT32_MAX / cpu_round(p->batch, CPU_LANES))
        return ltc_fail(err, LTC_EUNSUPPORTED, "a layer of %zu weights is too large for this backend", w->n);
    const cpu_linear_case c = case_of(p, n, w);
    l->form = cpu_choose_linear(&c);
    n->heavy = l->form == CPU_FORM_DENSE ? w->n * p->batch > CPU_HEAVY : c.alive * p->batch > CPU_HEAVY;
    return l->form == CPU_FORM_DENSE   ? open_dense(p, l, w, err)
           : l->form == CPU_FORM_LISTS ? open_lists(p, l, w, err)
                                       : open_strips(p, l, w, err);
}

void cpu_linear_close(cpu_linear *l)
{
    free(l->rows), free(l->sums), free(l->strip_scratch);
    free(l->lists.start), free(l->lists.column), free(l->lists.column_start), free(l->lists.row);
    free(l->lists.entry), free(l->eval_column);
    free(l->nonzeros.mark), free(l->nonzeros.feature), free(l->nonzeros.value), free(l->nonzeros.count);
    free(l->nonzeros.sample), free(l->nonzeros.of_sample);
    *l = (cpu_linear){ 0 };
}

static int64_t entries_of(const cpu_linear *l)
{
    return l->lists.start[l->lists.segments * l->out];
}

static const float *bias_of(const cpu_program *p, const cpu_node *n)
{
    return n->node->n_in > 2 && n->node->in[2] ? p->param[p->param_of[n->node->in[2]] - 1].keep.w : NULL;
}

static cpu_stored weights_of(const cpu_program *p, const cpu_node *n)
{
    return p->param[p->param_of[n->node->in[1]] - 1].keep;
}

static cpu_dense dense_of(const cpu_program *p, const cpu_node *n)
{
    const cpu_linear *l = &n->linear;
    const cpu_value *x = &p->value[n->node->in[0]], *y = &p->value[n->node->out];
    return (cpu_dense){
        .in = l->in, .out = l->out, .lanes = p->blocks * CPU_LANES, .batch = p->rows, .weights = weights_of(p, n),
        .ldw = l->ldw, .x = x->value.at, .bias = bias_of(p, n), .y = y->value.at, .g = y->grad.at,
        .dx = x->grad.at, .rows = l->rows, .ld_rows = l->ld_rows, .relu = n->relu, .add = n->add & 1,
        .gate = n->gate,
    };
}

static cpu_sparse sparse_of(const cpu_program *p, const cpu_node *n)
{
    const cpu_linear *l = &n->linear;
    const cpu_value *x = &p->value[n->node->in[0]], *y = &p->value[n->node->out];
    return (cpu_sparse){
        .in = l->in, .out = l->out, .lanes = p->blocks * CPU_LANES, .weights = weights_of(p, n),
        .lists = p->evaluating ? &l->eval_lists : &l->lists, .x = x->value.at, .bias = bias_of(p, n), .y = y->value.at, .g = y->grad.at, .dx = x->grad.at,
        .relu = n->relu, .add = n->add & 1, .gate = n->gate,
    };
}

static cpu_strips strips_of(const cpu_program *p, const cpu_node *n)
{
    const cpu_linear *l = &n->linear;
    const cpu_value *y = &p->value[n->node->out];
    return (cpu_strips){
        .in = l->in, .out = l->out, .strips = l->strips, .lanes = p->blocks * CPU_LANES, .batch = p->rows,
        .weights = weights_of(p, n), .nonzeros = &l->nonzeros, .base = p->input->table[0], .bias = bias_of(p, n),
        .sums = l->sums, .y = y->value.at, .g = y->grad.at, .relu = n->relu, .scratch = l->strip_scratch,
    };
}

/* The stored weights are new. */
void cpu_linear_begin(cpu_program *p, cpu_node *n, const cpu_param *w)
{
    cpu_strips s = { .in = n->linear.in, .strips = n->linear.strips, .weights = w->keep, .sums = n->linear.sums };
    if (n->linear.form == CPU_FORM_STRIPS)
        p->device->kernels->strips_sums(&s);
}

static void forward_part(cpu_program *p, cpu_node *n, float *scratch, int64_t first, int64_t end, const void *arg)
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
        cpu_parts(p, n, n->linear.out, forward_part, NULL);
        return;
    }
    const cpu_strips s = strips_of(p, n);
    p->device->kernels->strips_forward(&s);
}

static void backward_part(cpu_program *p, cpu_node *n, float *scratch, int64_t first, int64_t end, const void *arg)
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
    const uint32_t bias = n->node->n_in > 2 ? n->node->in[2] : 0;
    const cpu_view *g = &p->value[n->node->out].grad;
    if (bias && p->param[p->param_of[bias] - 1].g)
        p->device->kernels->row_sums(g->at, n->linear.out, p->blocks * CPU_LANES,
                                     p->param[p->param_of[bias] - 1].g);
    if (p->value[n->node->in[0]].wants)
        cpu_parts(p, n, n->linear.in, backward_part, NULL);
}

static void update_part(cpu_program *p, cpu_node *n, float *scratch, int64_t first, int64_t end, const void *rule)
{
    cpu_dense d = dense_of(p, n);
    d.scratch = scratch;
    p->device->kernels->dense_update(&d, rule, first, end);
}

static void update_lists(cpu_program *p, cpu_node *n, float *scratch, int64_t first, int64_t end, const void *rule)
{
    cpu_sparse s = sparse_of(p, n);
    const int64_t entries = entries_of(&n->linear), to = end * CPU_GROUP < entries ? end * CPU_GROUP : entries;
    s.scratch = scratch;
    p->device->kernels->sparse_update(&s, rule, first * CPU_GROUP, to);
}

/* The weights' gradients, which nobody else reads, on their way into the weights. */
void cpu_linear_update(cpu_program *p, cpu_node *n, const cpu_rule *r)
{
    const cpu_linear *l = &n->linear;
    if (l->form == CPU_FORM_STRIPS) {
        const cpu_strips s = strips_of(p, n);
        p->device->kernels->strips_update(&s, r);
    } else if (l->form == CPU_FORM_LISTS) {
        cpu_parts(p, n, (entries_of(l) + CPU_GROUP - 1) / CPU_GROUP, update_lists, r);
    } else {
        if (!is_first(p, n))
            p->device->kernels->transpose(p->value[n->node->in[0]].value.at, l->in, p->blocks * CPU_LANES, l->rows,
                                          l->ld_rows);
        cpu_parts(p, n, l->out, update_part, r);
    }
}
