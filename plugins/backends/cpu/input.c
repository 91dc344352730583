/* The way of a split's rows into the network: gathered as vectors of samples, listed for a first
 * layer that takes what is not zero, or both. Called by span.c and, for evaluations that it has no
 * room for, by arranged.c. */
#include <ltcore/ops.h>

#include "cpu.h"

cpu_node *cpu_input_linear(cpu_program *p)
{
    for (uint32_t i = 0; i < p->graph->n_nodes; i++)
        if (p->node[i].node->op == LTC_OP_LINEAR && cpu_reads_input(p, &p->node[i]))
            return &p->node[i];
    return NULL;
}

static bool read_elsewhere(const cpu_program *p, const cpu_node *linear)
{
    const uint32_t root = p->value[p->graph->input].root;
    for (uint32_t i = 0; i < p->graph->n_nodes; i++)
        for (uint32_t k = 0; k < p->node[i].node->n_in; k++)
            if (&p->node[i] != linear && !p->node[i].skip_forward && p->node[i].node->in[k] &&
                p->value[p->node[i].node->in[k]].root == root)
                return true;
    return false;
}

bool cpu_is_line(const float table[256])
{
    const float first = table[0], scale = (table[255] - first) / 255;
    const float most = 256 * (scale < 0 ? -scale : scale) + (first < 0 ? -first : first);
    bool line = true;
    for (int v = 0; v < 256; v++) {
        const float off = table[v] - (first + scale * (float)v);
        line = line && off <= 1e-6f * most && off >= -1e-6f * most;
    }
    return line;
}

cpu_input_kind cpu_input_kind_of(const cpu_program *p, const cpu_split *s, const cpu_node *linear)
{
    const cpu_view *x = &p->value[p->graph->input].value;
    if (!s->affine || x->channels != (int64_t)s->samples.count)
        return CPU_INPUT_GATHERED;
    if (!linear || linear->linear.form != CPU_FORM_STRIPS)
        return CPU_INPUT_BYTES;
    return read_elsewhere(p, linear) ? CPU_INPUT_GATHERED : CPU_INPUT_LISTS;
}

/* Where one linear layer alone reads a row of bytes, whose numbers lie on a straight line. */
void cpu_input_find_bytes(cpu_program *p)
{
    const ltc_value *x = ltc_graph_value(p->graph, p->graph->input);
    const bool row = x->rank == 1 || p->value[p->graph->input].flat;
    const float *t = p->input->sample_type == LTC_U8 ? p->input->table : NULL;
    const cpu_node *linear = cpu_input_linear(p);
    p->scale = 0;
    if (t && row && x->dim[0] == 1 && linear && !read_elsewhere(p, linear) && cpu_is_line(t) &&
        t[255] != t[0])
        p->scale = (t[255] - t[0]) / 255, p->base = t[0];
}

static cpu_gather gather_of(const cpu_program *p, const cpu_split *s, int64_t rows, const cpu_node *linear)
{
    const int64_t channels = s->samples.dim[0];
    const bool by_sample = linear && linear->linear.form == CPU_FORM_DENSE && !p->evaluating;
    return (cpu_gather){
        .x = s->samples.x, .is_bytes = p->input->sample_type == LTC_U8, .sample = p->sample, .batch = rows,
        .channels = channels, .h = s->samples.dim[1], .w = s->samples.dim[2], .scale = s->table,
        .shift = s->table ? s->table + channels : NULL, .table = s->affine ? NULL : p->input->table,
        .mean = p->input->mean, .std = p->input->std, .to = &p->value[p->graph->input].value,
        .scratch = p->scratch, .rows = by_sample ? linear->linear.rows : NULL,
        .ld_rows = by_sample ? linear->linear.ld_rows : 0,
    };
}

static void turn_halves(cpu_program *p, const cpu_split *s, int64_t rows, const cpu_linear *l)
{
    const uint8_t *row[CPU_EVAL_ROWS], *x = s->samples.x;
    for (int64_t i = 0; i < CPU_EVAL_ROWS; i++)
        row[i] = i < rows ? x + (size_t)p->sample[i] * s->samples.count : l->zeros;
    if (rows < CPU_EVAL_ROWS)
        row[CPU_EVAL_ROWS - 1] = l->ones;
    p->device->kernels->turn_halves(row, l->in, l->live, l->halves);
}

/* A training needs a lane for its weights' sums. */
static bool takes_halves(const cpu_program *p, const cpu_linear *l, int64_t rows, bool cut)
{
    return l->halves && !cut && p->blocks * CPU_LANES == CPU_EVAL_ROWS &&
           (p->evaluating || rows < CPU_EVAL_ROWS);
}

void cpu_input_gather(cpu_program *p, const cpu_split *s, int64_t rows, bool cut)
{
    cpu_node *linear = cpu_input_linear(p);
    if (linear)
        linear->linear.by_halves = takes_halves(p, &linear->linear, rows, cut);
    if (linear && linear->linear.by_halves) {
        turn_halves(p, s, rows, &linear->linear);
        return;
    }
    const bool strips = linear && linear->linear.form == CPU_FORM_STRIPS;
    const cpu_kernels *k = p->device->kernels;
    cpu_gather g = gather_of(p, s, rows, linear);
    g.cut = cut ? p->cut : NULL;
    if (strips) {
        cpu_nonzeros *z = &linear->linear.nonzeros;
        z->batch = rows;
        k->strips_list(&g, z);
        if (!p->evaluating)
            k->strips_turn(z);
        linear->linear.listed = *z;
    }
    if (!strips || read_elsewhere(p, linear))
        k->gather(&g, 0, p->blocks);
}
