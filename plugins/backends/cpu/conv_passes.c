/* The passes of a convolution: what its kernels are told about the blocks or outputs that a call is for. */
#include "conv_layer.h"

/* A view's blocks from `first` on, from pixel (row, column) in steps. */
static conv_sheet sheet_of(const cpu_view *v, int64_t first, int64_t row, int64_t column, int64_t step)
{
    return (conv_sheet){ v->at + first * v->block + row * v->row + column * CPU_LANES, v->block, v->channel,
                         step * v->row, step * CPU_LANES };
}

static conv_sheet gate_of(const cpu_conv_call *c, bool back, int64_t first, int64_t row, int64_t column,
                          int64_t step)
{
    return back && c->gate ? sheet_of(c->gate, first, row, column, step) : (conv_sheet){ 0 };
}

static void run_phase(const cpu_conv *l, const conv_phase *p, const cpu_conv_call *c, bool add, int64_t first,
                      int64_t end)
{
    const cpu_view *in = p->back ? c->y : c->x, *out = p->back ? c->x : c->y;
    if (p->rows < 1 || p->columns < 1 || first >= end || (add && !p->lists.count && !(p->back && c->gate)))
        return;
    l->kernels->apply(&(conv_walk){
        .in = sheet_of(in, first, 0, 0, p->in_step),
        .out = sheet_of(out, first, p->row, p->column, p->out_step), .rows = p->rows, .columns = p->columns,
        .blocks = end - first, .inputs = in->channels, .step = p->in_step,
        .fresh = conv_phase_fresh(p) * in->row, .lists = &p->lists,
        .w = p->packed ? p->packed : c->w, .gate = gate_of(c, p->back, first, p->row, p->column, p->out_step),
        .bias = p->back ? NULL : c->bias, .relu = !p->back && c->relu, .add = add });
}

static void run_winograd(const cpu_conv *l, const cpu_conv_call *c, bool back, bool add, int64_t first,
                         int64_t end)
{
    const cpu_view *in = back ? c->y : c->x, *out = back ? c->x : c->y;
    const conv_taps taps = conv_taps_of(l, conv_host_weights(l, c->w), back);
    const bool spreads = back && conv_spreads(&l->shape);
    (spreads ? l->kernels->winograd_back : l->kernels->winograd)(&(conv_winograd){
        .in = sheet_of(in, first, 0, 0, 1), .out = sheet_of(out, first, 0, 0, 1), .in_rows = in->h,
        .in_columns = in->w, .rows = out->h, .columns = out->w, .blocks = end - first, .inputs = in->channels,
        .outputs = out->channels,
        .pad = back && !spreads ? l->shape.kernel_h - 1 - l->shape.pad : l->shape.pad,
        .form = taps.form, .u = l->points[back], .taps = &taps,
        .gate = gate_of(c, back, first, 0, 0, 1), .bias = back ? NULL : c->bias, .relu = !back && c->relu,
        .add = add, .scratch = c->scratch });
}

void cpu_conv_forward(const cpu_conv *l, const cpu_conv_call *c, int64_t first, int64_t end)
{
    if (l->way[CONV_FORWARD] == CONV_BY_WINOGRAD)
        run_winograd(l, c, false, false, first, end);
    else
        run_phase(l, &l->forward, c, false, first, end);
}

void cpu_conv_data_gradient(const cpu_conv *l, const cpu_conv_call *c, bool add, int64_t first, int64_t end)
{
    if (l->way[CONV_DATA_GRADIENT] == CONV_BY_WINOGRAD)
        run_winograd(l, c, true, add, first, end);
    for (int64_t i = 0; i < l->n_back && l->way[CONV_DATA_GRADIENT] != CONV_BY_WINOGRAD; i++)
        run_phase(l, &l->back[i], c, add, first, end);
}

static bool by_winograd(const cpu_conv *l)
{
    return l->way[CONV_WEIGHT_GRADIENT] == CONV_BY_WINOGRAD;
}

static const conv_phase *slope_phase(const cpu_conv *l)
{
    return l->own_slope ? &l->slope : &l->forward;
}

/* What of a weights' gradient: blocks, outputs, and where its sums are if it is made in parts. */
typedef struct share { int64_t block, blocks, first, end; conv_stage stage; float *sums, *dw; } share;

static void run_winograd_slope(const cpu_conv *l, const cpu_conv_call *c, const share *h)
{
    l->kernels->winograd_slope(&(conv_winograd_slope){
        .x = sheet_of(c->x, h->block, 0, 0, 1), .g = sheet_of(c->y, h->block, 0, 0, 1), .in_rows = c->x->h,
        .in_columns = c->x->w, .rows = c->y->h, .columns = c->y->w, .blocks = h->blocks,
        .outputs = l->shape.outputs, .inputs = c->x->channels, .pad = l->shape.pad,
        .form = conv_form_of(&l->shape),
        .to = l->rank, .first = h->first, .end = h->end, .stage = h->stage, .scratch = c->scratch,
        .sums = h->sums, .dw = h->dw });
}

static void run_slope(const cpu_conv *l, const cpu_conv_call *c, const share *h)
{
    const conv_phase *p = slope_phase(l);
    const bool wide = l->way[CONV_WEIGHT_GRADIENT] != CONV_BY_LISTS, whole = h->stage == CONV_WHOLE;
    if (by_winograd(l)) {
        run_winograd_slope(l, c, h);
        return;
    }
    (wide ? l->kernels->slope_wide : l->kernels->slope)(&(conv_slope){
        .x = sheet_of(c->x, h->block, 0, 0, p->in_step), .g = sheet_of(c->y, h->block, 0, 0, 1),
        .rows = p->rows, .columns = p->columns, .blocks = h->blocks, .inputs = c->x->channels,
        .step = p->in_step, .fresh = conv_phase_fresh(p) * c->x->row, .lists = &p->lists,
        .to = p->packed ? p->lists.from : NULL, .first = h->first, .end = h->end,
        .partial = whole ? c->scratch : h->sums, .room = whole ? (int64_t)conv_room(&l->shape) : INT64_MAX,
        .stage = h->stage, .dw = h->dw });
}

void cpu_conv_weight_gradient(const cpu_conv *l, const cpu_conv_call *c, float *dw, int64_t first,
                              int64_t end)
{
    run_slope(l, c, &(share){ .blocks = c->x->blocks, .first = first, .end = end, .dw = dw });
}

/* Sums that come and go with every part must stay near. */
enum { MOST_SUMS = 1 << 19 };

size_t cpu_conv_sums(const cpu_conv *l)
{
    const conv_lists *t = &slope_phase(l)->lists;
    const int64_t outputs = l->shape.outputs, inputs = l->shape.channels,
                  chunk = conv_slope_chunk(outputs, inputs), chunks = (outputs + chunk - 1) / chunk;
    const int side = conv_sides_of(conv_form_of(&l->shape)).points;
    const int64_t n = by_winograd(l) ? chunks * side * side * conv_slope_point(outputs, inputs)
                                     : t->count * t->wide * CPU_LANES;
    return n <= MOST_SUMS ? (size_t)n : 0;
}

void cpu_conv_sum(const cpu_conv *l, const cpu_conv_call *c, float *sums, int64_t first, int64_t end)
{
    run_slope(l, c, &(share){ .block = first, .blocks = end - first, .end = l->shape.outputs,
                              .stage = CONV_SUMS, .sums = sums });
}

void cpu_conv_settle(const cpu_conv *l, const cpu_conv_call *c, float *sums, int64_t parts, float *dw)
{
    const size_t n = cpu_conv_sums(l);
    for (int64_t part = 1; part < parts; part++)
        l->kernels->add(sums, sums + (size_t)part * n, n);
    run_slope(l, c, &(share){ .end = l->shape.outputs, .stage = CONV_FINISH, .sums = sums, .dw = dw });
}
