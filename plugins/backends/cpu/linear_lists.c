/* A linear layer's weights as lists: what a mask leaves of each row that is awake, segment by segment, and of
 * each column. Weights that sleep are stored after all others, where no pass comes. Called by
 * linear_forms.c. */
#include <stdlib.h>
#include <string.h>

#include "choice.h"
#include "cpu.h"

static bool is_alive(const cpu_param *w, size_t i)
{
    return !w->masked || w->host_mask[i] != LTC_DEAD;
}

enum { MOST_SORTED = 1024 };                  /* rows, by inserting them */

/* Puts rows [first, end), of outputs o[], in the order of how many weights each has in a segment's columns,
 * so that rows of one length follow each other, and notes where each begins. at: entries before them. Returns
 * those after. */
static uint32_t order_rows(cpu_linear *l, const cpu_param *w, const uint32_t *o, size_t segment,
                           int64_t first, int64_t end, uint32_t at)
{
    const int64_t from = (int64_t)segment * l->wide, to = from + l->wide < l->in ? from + l->wide : l->in;
    uint32_t *start = l->lists.start + segment * (size_t)l->lists.rows,
             *output = l->lists.output + segment * (size_t)l->lists.rows;
    for (int64_t k = first, r; k < end; k++) {
        uint32_t n = 0;
        for (int64_t i = from; i < to; i++)
            n += is_alive(w, (size_t)(o[k] * l->in + i));
        for (r = k; r > first && start[r - 1] > n; r--)
            start[r] = start[r - 1], output[r] = output[r - 1];
        start[r] = n, output[r] = o[k];
    }
    for (int64_t r = first; r < end; r++) {
        const uint32_t n = start[r];
        start[r] = at, at += n;
    }
    return at;
}

/* Segment by segment. Rows of a layer that is divided among threads stay within their part. */
static void place_rows(cpu_linear *l, const cpu_param *w, const uint32_t *o)
{
    const int64_t rows = l->lists.rows;
    const int64_t part = l->heavy ? (rows + CPU_MOST_PARTS - 1) / CPU_MOST_PARTS : rows;
    uint32_t n = 0;
    for (int64_t s = 0; s < l->lists.segments; s++)
        for (int64_t r = 0, end; r < rows; r = end) {
            const int64_t rest = part - r % part;
            end = r + (rest < MOST_SORTED ? rest : MOST_SORTED);
            end = end < rows ? end : rows;
            n = order_rows(l, w, o, (size_t)s, r, end, n);
        }
    l->lists.start[l->lists.segments * rows] = n;
}

static void fill_rows(cpu_linear *l, cpu_param *w, uint32_t lanes)
{
    const cpu_lists *t = &l->lists;
    const size_t in = (size_t)l->in, rows = (size_t)t->rows, wide = (size_t)l->wide;
    uint32_t n = 0;
    for (size_t r = 0; r < (size_t)t->segments * rows; r++) {
        const size_t o = t->output[r], first = r / rows * wide, end = first + wide < in ? first + wide : in;
        for (size_t i = first; i < end; i++)
            if (is_alive(w, o * in + i)) {
                w->kept.place[n] = (uint32_t)(o * in + i);
                t->column[n++] = (uint32_t)i * lanes;
                l->live[i / CPU_LANES] = 1;
            }
    }
}

/* awake: of outputs. */
static void place_sleepers(cpu_linear *l, cpu_param *w, const uint8_t *awake)
{
    uint32_t n = l->lists.start[l->lists.segments * l->lists.rows];
    for (size_t k = 0; k < w->n; k++)
        if (!awake[k / (size_t)l->in] && is_alive(w, k))
            w->kept.place[n++] = (uint32_t)k;
    for (; n < w->kept.n; n++)
        w->kept.place[n] = UINT32_MAX;
}

/* Outputs ascend in each column, o[] being those of all rows. row_of: [out], for itself. */
static void fill_columns(cpu_linear *l, const uint32_t *o, uint32_t lanes, uint32_t *row_of)
{
    const cpu_lists *t = &l->lists;
    const size_t in = (size_t)l->in, rows = (size_t)t->rows;
    for (uint32_t q = 0; q < t->start[(size_t)t->segments * rows]; q++)
        t->column_start[t->column[q] / lanes + 1]++;
    for (size_t i = 0; i < in; i++)
        t->column_start[i + 1] += t->column_start[i];
    for (size_t s = 0; s < (size_t)t->segments; s++) {
        for (size_t r = s * rows; r < (s + 1) * rows; r++)
            row_of[t->output[r]] = (uint32_t)r;
        for (size_t k = 0; k < rows; k++)
            for (uint32_t q = t->start[row_of[o[k]]]; q < t->start[row_of[o[k]] + 1]; q++) {
                const uint32_t at = t->column_start[t->column[q] / lanes]++;
                t->row[at] = o[k] * lanes;
                t->entry[at] = q;
            }
    }
    for (size_t i = in; i > 0; i--)
        t->column_start[i] = t->column_start[i - 1];
    t->column_start[0] = 0;
}

/* Columns whose gradient is worked out: where rows of the layer before may sleep, those with a weight. */
static void choose_columns(cpu_lists *t, int64_t in, bool some)
{
    t->columns = 0;
    for (uint32_t i = 0; i < (uint32_t)in; i++)
        if (!some || t->column_start[i] < t->column_start[i + 1])
            t->input[t->columns++] = i;
}

/* The gradient of the other columns is zero, and stays so: this layer alone reads the value, which is a
 * vector, and training is always of as many lanes. */
static void clear_gradient(cpu_program *p, const cpu_value *x)
{
    if (x->grad.at)
        memset(x->grad.at, 0, cpu_shape_bytes(p, x->grad_root, true));
}

static void fill_eval(cpu_linear *l, uint32_t lanes)
{
    const cpu_lists *t = &l->lists;
    const uint32_t n = t->start[t->segments * t->rows];
    l->eval_lists = *t;
    l->eval_lists.column = l->eval_column ? l->eval_column : t->column;
    for (uint32_t q = 0; l->eval_column && q < n; q++)
        l->eval_column[q] = t->column[q] / lanes * CPU_EVAL_ROWS;
}

static bool allocate(cpu_linear *l, cpu_param *w, bool same)
{
    cpu_lists *t = &l->lists;
    const size_t n = w->alive, in = (size_t)l->in, rows = (size_t)(t->segments * t->rows);
    w->kept.place = cpu_block(w->kept.n, sizeof *w->kept.place);
    t->start = cpu_block(rows + 1, sizeof *t->start);
    t->output = cpu_block(rows, sizeof *t->output);
    t->column = cpu_block(n, sizeof *t->column);
    t->column_start = cpu_block(in + 1, sizeof *t->column_start);
    t->input = cpu_block(in, sizeof *t->input);
    t->row = cpu_block(n, sizeof *t->row);
    t->entry = cpu_block(n, sizeof *t->entry);
    l->eval_column = same ? NULL : cpu_block(n, sizeof *l->eval_column);
    l->live = cpu_block(in / CPU_LANES + 1, sizeof *l->live);
    l->halves = l->bytes ? cpu_block(in * CPU_EVAL_ROWS, sizeof *l->halves) : NULL;
    l->ones = l->bytes ? cpu_block(in, sizeof *l->ones) : NULL;
    l->zeros = l->bytes ? cpu_block(in, sizeof *l->zeros) : NULL;
    l->sums = l->bytes ? cpu_block((size_t)l->out, sizeof *l->sums) : NULL;
    if (l->ones)
        memset(l->ones, 1, in);
    return w->kept.place && t->start && t->output && t->column && t->column_start && t->input && t->row &&
           t->entry && l->live && (same || l->eval_column) &&
           (!l->bytes || (l->halves && l->ones && l->zeros && l->sums));
}

/* The outputs that are awake, ascending; NULL: there is no memory. */
static uint32_t *outputs_of(const cpu_node *n, cpu_lists *t)
{
    uint32_t *o = cpu_block((size_t)n->linear.out, sizeof *o);
    for (uint32_t k = 0; o && k < (uint32_t)n->linear.out; k++)
        if (n->awake[k])
            o[t->rows++] = k;
    return o;
}

ltc_status cpu_lists_open(cpu_program *p, cpu_node *n, cpu_param *w, ltc_error *err)
{
    cpu_linear *l = &n->linear;
    const uint32_t lanes = (uint32_t)cpu_round(p->batch, CPU_LANES);
    uint32_t *row_of = cpu_block((size_t)l->out, sizeof *row_of), *o = outputs_of(n, &l->lists);
    l->wide = l->bytes ? l->in : cpu_segment_width(w->alive, l->in, l->out);      /* of halves: all */
    l->lists.segments = (l->in + l->wide - 1) / l->wide;
    w->kept.n = (size_t)cpu_round((int64_t)w->alive, CPU_LANES);
    const bool there = allocate(l, w, lanes == CPU_EVAL_ROWS) && row_of && o;
    if (there) {
        place_rows(l, w, o);
        fill_rows(l, w, lanes);
        place_sleepers(l, w, n->awake);
        fill_columns(l, o, lanes, row_of);
        choose_columns(&l->lists, l->in, cpu_awake_heard_by(p, n));
        if (cpu_awake_heard_by(p, n))
            clear_gradient(p, cpu_in(p, n, 0));
        fill_eval(l, lanes);
    }
    free(row_of), free(o);
    return there ? LTC_OK : ltc_fail(err, LTC_ENOMEM, "no memory for a layer's lists");
}
