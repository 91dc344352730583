/* Compares files of tensors with a network, and takes its values from them. Called for arch.weights when an
 * experiment is opened, and by `ltcore eval`. */
#include "plan/weights.h"

#include <math.h>
#include <string.h>

#include "store/layout.h"
#include "util/figures.h"

/* What only an optimizer reads: a state of the store has it, a ticket has not. */
static bool belongs_to_optimizer(const char *name)
{
    return !strncmp(name, "slot1/", 6) || !strncmp(name, "slot2/", 6) || !strcmp(name, "clock");
}

/* Every batch norm of PyTorch's counts its batches, and reads the count only where it has no momentum. */
static bool is_batch_count(const char *name)
{
    const char *dot = strrchr(name, '.');
    return !strcmp(dot ? dot + 1 : name, "num_batches_tracked");
}

static bool same_shape(const lt_tensor *t, const ltc_value *v)
{
    bool same = t->rank == v->rank;
    for (uint32_t i = 0; i < v->rank && same; i++)
        same = t->dim[i] == v->dim[i];
    return same;
}

/* The first element that is not finite; n: all are. */
static size_t first_wild(const lt_tensor *t)
{
    size_t i = 0;
    while (i < t->n && isfinite(((const float *)t->data)[i]))
        i++;
    return i;
}

static void check_param(const lt_tensors *weights, const ltc_graph *g, uint32_t p, lt_place at,
                        lt_diags *wrong)
{
    const ltc_param *param = ltc_graph_param(g, p);
    const ltc_value *v = ltc_graph_value(g, param->value);
    const lt_tensor *t = lt_tensors_find(weights, param->name);
    lt_figure theirs, ours;
    if (!t)
        lt_diags_add(wrong, at, NULL, "%s is missing: the network has it, as %s", param->name,
                     lt_figure_shape(v->dim, v->rank, &ours));
    else if (t->type != LTC_F32)
        lt_diags_add(wrong, at, NULL, "%s is of type %s; weights are F32", param->name,
                     lt_type_name(t->type));
    else if (!same_shape(t, v))
        lt_diags_add(wrong, at, NULL, "%s is %s; the network's is %s", param->name,
                     lt_figure_shape(t->dim, t->rank, &theirs), lt_figure_shape(v->dim, v->rank, &ours));
    else if (first_wild(t) < t->n)
        lt_diags_add(wrong, at, NULL, "element %zu of %s is not finite", first_wild(t), param->name);
}

static bool is_param(const ltc_graph *g, const char *name)
{
    uint32_t p = 0;
    while (p < g->n_params && strcmp(ltc_graph_param(g, p)->name, name))
        p++;
    return p < g->n_params;
}

void lt_weights_check(const lt_tensors *t, const ltc_graph *g, const char *path, lt_diags *wrong)
{
    const lt_place at = { .file = path };
    for (uint32_t p = 0; p < g->n_params; p++)
        check_param(t, g, p, at, wrong);
    for (size_t i = 0; i < t->n; i++) {
        const char *name = t->v[i].name;
        if (!belongs_to_optimizer(name) && !is_batch_count(name) && !is_param(g, name))
            lt_diags_add(wrong, at, NULL, "%s is unexpected: the network has nothing of that name", name);
    }
}

void lt_weights_take(const lt_tensors *t, lt_state *s)
{
    for (uint32_t p = 0; p < s->graph->n_params; p++) {
        const ltc_param *param = ltc_graph_param(s->graph, p);
        const size_t bytes = param->n * sizeof(float);
        memcpy(s->value[p], lt_tensors_find(t, param->name)->data, bytes);
        memset(s->slot1[p], 0, bytes);
        memset(s->slot2[p], 0, bytes);
    }
    s->clock = 0;
}
