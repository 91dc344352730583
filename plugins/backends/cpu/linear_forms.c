/* Which of three forms a linear layer takes, and how its weights are kept then. The form is a function of
 * shape, mask and the split that is worked on; where splits want two, the layer has both, and its weights
 * move from one to the other. Lists have a file of their own, linear_lists.c. Called by state.c. */
#include <stdlib.h>

#include "choice.h"
#include "cpu.h"

static ltc_status no_memory(ltc_error *err)
{
    return ltc_fail(err, LTC_ENOMEM, "no memory for a layer's weights");
}

static ltc_status open_dense(cpu_program *p, cpu_node *n, cpu_param *w, ltc_error *err)
{
    cpu_linear *l = &n->linear;
    const size_t rows = (size_t)cpu_round(p->batch, CPU_LANES);
    l->ldw = (ptrdiff_t)cpu_round(l->in, CPU_LANES);
    if (l->ldw % 256 == 0)                    /* a column's weights would all want the
                                               * same lines of a cache */
        l->ldw += CPU_LANES;
    l->ld_rows = l->ldw;
    l->rows = cpu_block(rows * (size_t)l->ldw, sizeof *l->rows);
    w->kept.n = (size_t)(l->out * l->ldw);
    w->kept.place = cpu_block(w->kept.n, sizeof *w->kept.place);
    if (!l->rows || !w->kept.place)
        return no_memory(err);
    for (size_t k = 0; k < w->kept.n; k++) {
        const size_t o = k / (size_t)l->ldw, i = k % (size_t)l->ldw;
        w->kept.place[k] = i < (size_t)l->in ? (uint32_t)(o * (size_t)l->in + i) : UINT32_MAX;
    }
    return LTC_OK;
}

static ltc_status open_strips(cpu_program *p, cpu_node *n, cpu_param *w, ltc_error *err)
{
    cpu_linear *l = &n->linear;
    const size_t in = (size_t)l->in, rows = p->batch > CPU_EVAL_ROWS ? p->batch : CPU_EVAL_ROWS;
    const size_t lanes = (size_t)cpu_round((int64_t)rows, CPU_LANES);
    cpu_nonzeros *z = &l->nonzeros;
    l->strips = (l->out + CPU_STRIP - 1) / CPU_STRIP;
    const size_t last = (size_t)cpu_strip_width(l->out, l->strips - 1);
    w->kept.n = ((size_t)(l->strips - 1) * CPU_STRIP + last) * in;
    w->kept.place = cpu_block(w->kept.n, sizeof *w->kept.place);
    l->sums = cpu_block((size_t)l->strips * CPU_STRIP, sizeof *l->sums);
    l->strip_scratch = cpu_block(((size_t)l->strips * lanes + 1) * CPU_STRIP, sizeof *l->strip_scratch);
    z->in = l->in;
    z->mark = cpu_block(rows * (in / CPU_SPAN + 2), sizeof *z->mark);
    z->feature = cpu_block(rows * in + CPU_LANES, sizeof *z->feature);
    z->value = cpu_block(rows * in + CPU_LANES, sizeof *z->value);
    z->count = cpu_block(in, sizeof *z->count);
    z->sample = cpu_block(rows * in, sizeof *z->sample);
    z->of_sample = cpu_block(rows * in, sizeof *z->of_sample);
    if (!w->kept.place || !l->sums || !l->strip_scratch || !z->mark || !z->feature || !z->value ||
        !z->count || !z->sample || !z->of_sample)
        return no_memory(err);
    for (size_t k = 0; k < w->kept.n; k++) {
        const size_t t = k / CPU_STRIP / in, width = t + 1 < (size_t)l->strips ? CPU_STRIP : last;
        const size_t at = k - t * CPU_STRIP * in, o = t * CPU_STRIP + at % width;
        w->kept.place[k] = o < (size_t)l->out ? (uint32_t)(o * in + at / width) : UINT32_MAX;
    }
    return LTC_OK;
}

cpu_form cpu_linear_form(const cpu_program *p, const cpu_node *n, const cpu_param *w, const cpu_split *s,
                         bool training)
{
    const ltc_value *shape = ltc_graph_value(p->graph, n->node->in[1]);
    const bool first = cpu_reads_input(p, n), cut = training && p->augment;
    return cpu_choose_linear(&(cpu_linear_case){ .in = shape->dim[1], .out = shape->dim[0], .alive = w->alive,
                                                 .filled = first && s && !cut ? s->filled : 1,
                                                 .first = first },
                             &p->device->costs);
}

uint32_t cpu_linear_forms(const cpu_program *p, const cpu_node *n, const cpu_param *w)
{
    uint32_t forms = 0;
    for (const cpu_split *s = p->split; s < p->split + LTS_MOST_SPLITS; s++)
        for (int training = 0; training < 2 && s->bound; training++)
            forms |= 1u << cpu_linear_form(p, n, w, s, training);
    return forms ? forms : 1u << cpu_linear_form(p, n, w, NULL, false);
}

ltc_status cpu_linear_open(cpu_program *p, cpu_node *n, cpu_param *w, cpu_form form, ltc_error *err)
{
    static ltc_status (*const open[CPU_FORMS])(cpu_program *, cpu_node *, cpu_param *, ltc_error *) = {
        [CPU_FORM_DENSE] = open_dense, [CPU_FORM_LISTS] = cpu_lists_open, [CPU_FORM_STRIPS] = open_strips,
    };
    cpu_linear *l = &n->linear;
    const ltc_value *shape = ltc_graph_value(p->graph, n->node->in[1]);
    *l = (cpu_linear){ .form = form, .out = shape->dim[0], .in = shape->dim[1],
                       .bytes = p->scale != 0 && cpu_reads_input(p, n) };
    if (w->n > UINT32_MAX / 2 || l->in > UINT32_MAX / cpu_round(p->batch, CPU_LANES) ||
        l->out > UINT32_MAX / cpu_round(p->batch, CPU_LANES))
        return ltc_fail(err, LTC_EUNSUPPORTED, "a layer of %zu weights is too large for this backend", w->n);
    l->heavy = n->heavy = (form == CPU_FORM_DENSE ? w->n : w->alive) * p->batch > CPU_HEAVY;
    return open[form](p, n, w, err);
}

void cpu_linear_swap(cpu_node *n, cpu_param *w)
{
    const cpu_linear linear = n->linear;
    const cpu_kept kept = w->kept;
    n->linear = n->spare, n->spare = linear;
    w->kept = w->spare, w->spare = kept;
    n->heavy = n->linear.heavy;
}

void cpu_linear_close(cpu_linear *l)
{
    free(l->halves), free(l->live), free(l->ones), free(l->zeros), free(l->rows), free(l->sums);
    free(l->strip_scratch);
    free(l->lists.start), free(l->lists.output), free(l->lists.column), free(l->lists.column_start);
    free(l->lists.row), free(l->lists.input);
    free(l->lists.entry), free(l->eval_column);
    free(l->nonzeros.mark), free(l->nonzeros.feature), free(l->nonzeros.value);
    free(l->nonzeros.count), free(l->nonzeros.sample), free(l->nonzeros.of_sample);
    *l = (cpu_linear){ 0 };
}
