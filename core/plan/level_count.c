/* Counts what a mask leaves. Called by level.c. */
#include <stdlib.h>

#include "graph/op.h"
#include "plan/worker.h"

/* Multiply-accumulates of one sample that a single weight of parameter p takes part in. */
static uint64_t uses_of_weight(const ltc_graph *g, uint32_t p)
{
    const uint32_t value = ltc_graph_param(g, p)->value;
    for (uint32_t i = 0; i < g->n_nodes; i++) {
        const ltc_node *n = ltc_graph_node(g, i);
        if (n->n_in < 2 || n->in[1] != value || !(ltc_graph_param(g, p)->role & LTC_ROLE_WEIGHT))
            continue;
        const ltc_value *out = ltc_graph_value(g, n->out);
        return n->op == LTC_OP_CONV2D ? (uint64_t)(out->dim[1] * out->dim[2]) : 1;
    }
    return 0;
}

/* Rows of a weight, one an output unit, in which nothing is kept; frozen weights do not keep a unit alive. */
static uint64_t dead_rows(const ltc_graph *g, uint32_t p, const uint8_t *mask)
{
    const ltc_param *param = ltc_graph_param(g, p);
    const size_t rows = (size_t)ltc_graph_value(g, param->value)->dim[0], width = param->n / rows;
    uint64_t dead = 0;
    for (size_t r = 0; r < rows; r++) {
        size_t alive = 0;
        for (size_t i = 0; i < width; i++)
            alive += mask[r * width + i];
        dead += !alive;
    }
    return dead;
}

/* mask: its selection; trained: its training mask, NULL where the network is dense. */
static void count_param(const ltc_graph *g, uint32_t p, const uint8_t *mask, const uint8_t *trained,
                        lt_level_row *row)
{
    const ltc_param *param = ltc_graph_param(g, p);
    const uint64_t uses = uses_of_weight(g, p), alive = mask ? lt_mask_alive(mask, param->n) : param->n;
    uint64_t frozen = 0;
    for (size_t i = 0; trained && i < param->n; i++)
        frozen += trained[i] == LTC_FROZEN;
    row->params_total += param->n;
    row->params_alive += alive;               /* trained: what is frozen is not */
    row->macs_dense += uses * param->n;
    row->macs_alive += uses * (alive + frozen);
    if (mask) {
        row->weights_alive += alive;
        row->weights_frozen += frozen;
        row->weights_total += param->n;
        row->dead_units += param->role & LTC_ROLE_WEIGHT ? dead_rows(g, p, mask) : 0;
    }
    row->layer[row->n_layers++] = (lt_layer_row){
        .name = param->name, .alive = mask ? alive : 0, .frozen = frozen, .total = mask ? param->n : 0,
    };
}

/* The dense network has every eligible weight. */
static ltc_status dense_masks(lt_worker *w, const lt_job *j, lt_masks *m, ltc_error *err)
{
    const ltc_graph *g = &w->experiment->graph.view;
    uint8_t *eligible = lt_array(g->n_params, 1);
    ltc_status st = eligible ? LTC_OK : ltc_fail(err, LTC_ENOMEM, "no memory to count");
    if (!st && j->settings->prune.strategy != LT_STRATEGY_NONE)
        st = lt_eligible(g, j->settings, eligible, err);
    for (uint32_t p = 0; !st && j->settings->prune.strategy == LT_STRATEGY_NONE && p < g->n_params; p++)
        eligible[p] = (ltc_graph_param(g, p)->role & LTC_ROLE_WEIGHT) != 0;
    if (!st)
        st = lt_masks_create(g, eligible, m, err);
    free(eligible);
    return st;
}

ltc_status lt_level_count(lt_worker *w, const lt_job *j, const lt_digest *selection,
                          const lt_digest *training_mask, lt_level_row *row, ltc_error *err)
{
    const ltc_graph *g = &w->experiment->graph.view;
    lt_masks m = { 0 }, trained = { 0 };
    ltc_status st = selection ? lt_worker_masks(w, selection, &m, err) : dense_masks(w, j, &m, err);
    if (!st && training_mask)
        st = lt_worker_masks(w, training_mask, &trained, err);
    row->layer = lt_array(g->n_params, sizeof *row->layer);
    if (!st && !row->layer)
        st = ltc_fail(err, LTC_ENOMEM, "no memory to count");
    for (uint32_t p = 0; p < g->n_params && !st; p++)
        if (ltc_graph_param(g, p)->trained)
            count_param(g, p, m.mask[p], trained.mask ? trained.mask[p] : NULL, row);
    lt_masks_free(&m);
    lt_masks_free(&trained);
    return st;
}
