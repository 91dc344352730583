/* `ltcore summary`: the network of a configuration, layer by layer. */
#include "cli/setup.h"
#include "data/data.h"
#include "graph/graph.h"

static ltc_status print_summary(const lt_setup *s, FILE *to, ltc_error *err)
{
    lt_data data = { 0 };
    lt_graph graph = { 0 };
    const lt_data_request reader = { .reader = s->settings.dataset.plugin.module,
                                     .options = s->settings.dataset.plugin.options,
                                     .services = &s->services };
    ltc_status st = lt_data_describe(&reader, &data, err);
    const lt_graph_request r = {
        .arch = s->settings.arch.plugin.module, .options = s->settings.arch.plugin.options,
        .n_classes = data.n_classes, .rank = data.rank, .dim = data.dim,
    };
    if (!st)
        st = lt_graph_build(&r, &graph, err);
    if (!st)
        lt_graph_summary(&graph, (uint32_t)s->settings.train.batch_size, to);
    lt_graph_free(&graph);
    lt_data_free(&data);
    return st;
}

int lt_cli_summary(const lt_world *w, const lt_arguments *a)
{
    lt_setup s;
    ltc_error err = { .message = "" };
    int code = lt_setup_open(w, a, &s);
    if (code)
        return code;
    const ltc_status st = print_summary(&s, w->out, &err);
    if (st)
        code = lt_setup_failed(&s, st, &err);
    lt_setup_close(&s);
    return code;
}
