/* Which of three forms a linear layer takes, and how its weights are kept then. The form is a function of shape,
 * mask and the split that is worked on; where splits want two, the layer has both, and its weights move from one to
 * the other. Called by state.c. */
#include <stdlib.h>

#include "choice.h"
#include "cpu.h"

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
    if (l->ldw % 256 == 0)                    /* a column's weights would all want the same lines of a cache */
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

enum { MOST_SORTED = 1024 };                  /* rows, by inserting them */

/* The weights of outputs [first, end) in columns [from, to): where each row begins if rows go by their number of
 * entries. at: how many entries there are before. Returns how many there are then. */
static uint32_t order_rows(cpu_linear *l, const cpu_param *w, size_t segment, int64_t first, int64_t end, uint32_t at)
{
    const int64_t wide = l->lists.segments > 1 ? CPU_SEGMENT : l->in, from = (int64_t)segment * wide;
    const int64_t to = from + wide < l->in ? from + wide : l->in;
    uint32_t *start = l->lists.start + segment * (size_t)l->out, *output = l->lists.output + segment * (size_t)l->out;
    for (int64_t o = first, r; o < end; o++) {
        uint32_t n = 0;
        for (int64_t i = from; i < to; i++)
            n += is_alive(w, (size_t)(o * l->in + i));
        for (r = o; r > first && start[r - 1] > n; r--)
            start[r] = start[r - 1], output[r] = output[r - 1];
        start[r] = n, output[r] = (uint32_t)o;
    }
    for (int64_t r = first; r < end; r++) {
        const uint32_t n = start[r];
        start[r] = at, at += n;
    }
    return at;
}

/* Segment by segment, row by row; then the same by columns. Rows of a layer that is divided among threads stay within
 * their part. */
static void fill_lists(cpu_linear *l, cpu_param *w, uint32_t lanes, uint32_t *row_of)
{
    cpu_lists *t = &l->lists;
    const size_t in = (size_t)l->in, out = (size_t)l->out, wide = t->segments > 1 ? CPU_SEGMENT : in;
    const int64_t part = l->heavy ? (l->out + CPU_MOST_PARTS - 1) / CPU_MOST_PARTS : l->out;
    uint32_t n = 0;
    for (size_t s = 0; s < (size_t)t->segments; s++)
        for (int64_t o = 0, end; o < l->out; o = end) {
            const int64_t rest = part - o % part;
            end = o + (rest < MOST_SORTED ? rest : MOST_SORTED);
            end = end < l->out ? end : l->out;
            n = order_rows(l, w, s, o, end, n);
        }
    t->start[(size_t)t->segments * out] = n;
    n = 0;
    for (size_t r = 0; r < (size_t)t->segments * out; r++) {
        const size_t o = t->output[r], first = r / out * wide, end = first + wide < in ? first + wide : in;
        for (size_t i = first; i < end; i++)
            if (is_alive(w, o * in + i)) {
                w->kept.place[n] = (uint32_t)(o * in + i);
                t->column[n++] = (uint32_t)i * lanes;
                t->column_start[i + 1]++;
            }
    }
    for (size_t i = 0; i < in; i++)
        t->column_start[i + 1] += t->column_start[i];
    for (size_t s = 0; s < (size_t)t->segments; s++) {
        for (size_t r = s * out; r < (s + 1) * out; r++)
            row_of[t->output[r]] = (uint32_t)r;
        for (size_t o = 0; o < out; o++)
            for (uint32_t q = t->start[row_of[o]]; q < t->start[row_of[o] + 1]; q++) {
                const uint32_t at = t->column_start[t->column[q] / lanes]++;
                t->row[at] = (uint32_t)o * lanes;
                t->entry[at] = q;
            }
    }
    for (size_t i = in; i > 0; i--)
        t->column_start[i] = t->column_start[i - 1];
    t->column_start[0] = 0;
    for (size_t k = n; k < w->kept.n; k++)
        w->kept.place[k] = UINT32_MAX;
    l->eval_lists = (cpu_lists){ .segments = t->segments, .start = t->start, .output = t->output,
                                  .column = l->eval_column ? l->eval_column : t->column };
    for (uint32_t q = 0; l->eval_column && q < n; q++)
        l->eval_column[q] = t->column[q] / lanes * CPU_EVAL_ROWS;
}

static ltc_status open_lists(cpu_program *p, cpu_linear *l, cpu_param *w, ltc_error *err)
{
    const size_t n = w->alive;
    w->kept.n = (size_t)cpu_round((int64_t)n, CPU_LANES);
    w->kept.place = cpu_block(w->kept.n, sizeof *w->kept.place);
    cpu_lists *t = &l->lists;
    t->segments = cpu_segments(n, l->in, l->out);
    t->start = cpu_block((size_t)(t->segments * l->out) + 1, sizeof *t->start);
    t->output = cpu_block((size_t)(t->segments * l->out), sizeof *t->output);
    t->column = cpu_block(n, sizeof *t->column);
    t->column_start = cpu_block((size_t)l->in + 1, sizeof *t->column_start);
    t->row = cpu_block(n, sizeof *t->row);
    t->entry = cpu_block(n, sizeof *t->entry);
    uint32_t *row_of = cpu_block((size_t)l->out, sizeof *row_of);
    const bool same = cpu_round(p->batch, CPU_LANES) == CPU_EVAL_ROWS;
    l->eval_column = same ? NULL : cpu_block(n, sizeof *l->eval_column);
    if (!row_of || (!same && !l->eval_column) || !w->kept.place || !t->start || !t->output || !t->column || !t->column_start ||
        !t->row || !t->entry) {
        free(row_of);
        return no_memory(err);
    }
    fill_lists(l, w, (uint32_t)cpu_round(p->batch, CPU_LANES), row_of);
    free(row_of);
    return LTC_OK;
}

static ltc_status open_strips(cpu_program *p, cpu_linear *l, cpu_param *w, ltc_error *err)
{
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
    z->order = cpu_block(rows * (in / CPU_SPAN + 1), sizeof *z->order);
    z->feature = cpu_block(rows * in + CPU_LANES, sizeof *z->feature);
    z->value = cpu_block(rows * in + CPU_LANES, sizeof *z->value);
    z->count = cpu_block(in, sizeof *z->count);
    z->sample = cpu_block(rows * in, sizeof *z->sample);
    z->of_sample = cpu_block(rows * in, sizeof *z->of_sample);
    if (!w->kept.place || !l->sums || !l->strip_scratch || !z->mark || !z->order || !z->feature || !z->value || !z->count ||
        !z->sample || !z->of_sample)
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
                                                 .filled = first && s && !cut ? s->filled : 1, .first = first },
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
    static ltc_status (*const open[CPU_FORMS])(cpu_program *, cpu_linear *, cpu_param *, ltc_error *) = {
        [CPU_FORM_DENSE] = open_dense, [CPU_FORM_LISTS] = open_lists, [CPU_FORM_STRIPS] = open_strips,
    };
    cpu_linear *l = &n->linear;
    const ltc_value *shape = ltc_graph_value(p->graph, n->node->in[1]);
    *l = (cpu_linear){ .form = form, .out = shape->dim[0], .in = shape->dim[1] };
    if (w->n > UINT32_MAX / 2 || l->in > UINT32_MAX / cpu_round(p->batch, CPU_LANES) ||
        l->out > UINT32_MAX / cpu_round(p->batch, CPU_LANES))
        return ltc_fail(err, LTC_EUNSUPPORTED, "a layer of %zu weights is too large for this backend", w->n);
    l->heavy = n->heavy = (form == CPU_FORM_DENSE ? w->n : w->alive) * p->batch > CPU_HEAVY;
    return open[form](p, l, w, err);
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
    free(l->rows), free(l->sums), free(l->strip_scratch);
    free(l->lists.start), free(l->lists.output), free(l->lists.column), free(l->lists.column_start), free(l->lists.row);
    free(l->lists.entry), free(l->eval_column);
    free(l->nonzeros.mark), free(l->nonzeros.order), free(l->nonzeros.feature), free(l->nonzeros.value);
    free(l->nonzeros.count), free(l->nonzeros.sample), free(l->nonzeros.of_sample);
    *l = (cpu_linear){ 0 };
}
