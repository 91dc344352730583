/* graph: a network described in a text file: a list of layers, one group an operation, in the order of their
 * work. The format is docs/graph.md's. The file is read once for every building; its identity is that of the
 * network that comes out, so that neither its place nor its comments matter. */
#include "graph-walk.h"

typedef struct graph_options { const char *file; } graph_options;

static const ltc_opt graph_table[] = {
    LTC_PATH(graph_options, file, NULL, "the description: a list of layers (docs/graph.md)",
             .flags = LTC_OPT_REQUIRED),
};
static const ltc_schema graph_schema = LTC_SCHEMA(graph_options, graph_table);

/* Each value is taken by a layer, but for the last, which is the logits: then all of them lead there. */
static ltc_status finish(const graph_network *net, size_t last, ltc_val *logits, ltc_error *err)
{
    const graph_value *v = net->values.value;
    const graph_word shape = graph_shape(net->b, v[last].v);
    const ltc_value *is = net->b->shape(net->b, v[last].v);
    for (size_t i = 1; i < net->values.n; i++)
        if (!v[i].taken && i != last)
            return GRAPH_REFUSE(net, &v[i], "no layer takes what this one makes, and it is not the last");
    if (is->rank != 1 || is->dim[0] != (int64_t)net->b->n_classes)
        return GRAPH_REFUSE(
            net, &v[last],
            "the last layer makes %s, but the network must end in one value for each of %u classes: "
            "{ type = \"linear\"; }",
            shape.s, net->b->n_classes);
    *logits = v[last].v;
    return LTC_OK;
}

static ltc_status build_layers(graph_network *net, ltc_val *logits, ltc_error *err)
{
    const config_setting_t *root = config_root_setting(&net->file.tree);
    const config_setting_t *layers = config_setting_get_member(root, "layers");
    size_t last = 0;
    for (int i = 0; i < config_setting_length(root); i++) {
        const config_setting_t *key = config_setting_get_elem(root, (unsigned)i);
        if (key != layers)
            return graph_fail(&net->file, config_setting_source_line(key), err,
                              "there is no key '%s'; a description is layers = ( ... )",
                              graph_shown(config_setting_name(key)).s);
    }
    if (!layers)
        return graph_fail(&net->file, 0, err,
                          "has no layers: a description is layers = ( { type = \"...\"; }, ... )");
    const ltc_status st = graph_walk(net, layers, &last, err);
    return st ? st : finish(net, last, logits, err);
}

static ltc_status graph_build(const void *opts, ltc_builder *b, ltc_val *logits, ltc_error *err)
{
    const graph_options *o = opts;
    graph_network net = { .b = b };
    ltc_status st = graph_file_open(o->file, &net.file, err);
    if (st)
        return st;
    st = graph_values_open(&net.file, b->input, &net.values, err);
    if (!st)
        st = build_layers(&net, logits, err);
    graph_values_close(&net.values);
    graph_file_close(&net.file);
    return st;
}

static const ltc_arch_ops graph_ops = { LTC_ARCH_OPS, .build = graph_build };
static const ltc_module graph_module = {
    LTC_MODULE(LTC_ARCH, graph_ops), .name = "graph", .version = "1.0", .schema = &graph_schema,
    .summary = "a network described in a text file",
};
LTC_PLUGIN(&graph_module);
