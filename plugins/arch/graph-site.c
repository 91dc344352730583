/* Owns what layers and blocks have in common: four words and what they take. Called by graph-walk.c. */
#include "graph-site.h"

#include <string.h>

/* The keys of every layer and block. */
static const graph_key common_keys[] = {
    GRAPH_KEY_TEXT(graph_site, type), GRAPH_KEY_TEXT(graph_site, name), GRAPH_KEY_TEXT(graph_site, as),
    GRAPH_KEY_TEXT(graph_site, role), GRAPH_KEY_ANY(graph_site, in),
};

ltc_status graph_site_read(const graph_network *net, const config_setting_t *group, const char *noun,
                           graph_keys own, graph_site *s, ltc_error *err)
{
    const graph_keys table[2] = { { common_keys, GRAPH_COUNT(common_keys), s }, own };
    s->line = config_setting_source_line(group);
    const ltc_status st = graph_keys_read(&net->file, group, noun, table, err);
    if (st)
        return st;
    snprintf(s->noun.s, sizeof s->noun.s, s->name ? "%.12s '%.24s'" : "%.12s", noun,
             s->name ? graph_shown(s->name).s : "");
    if (s->role && strcmp(s->role, "shortcut"))
        return GRAPH_REFUSE(net, s, "%s: there is no role '%s'; \"shortcut\" is the only one", s->noun.s,
                            graph_shown(s->role).s);
    return LTC_OK;
}

/* The line of the layer that will have that name, wherever it stands; 0: there is none. */
static unsigned line_of_name(const config_setting_t *layers, const char *name)
{
    static const char *const keys[] = { "name", "as" };
    unsigned line = 0;
    for (int i = 0; i < config_setting_length(layers) && !line; i++) {
        const config_setting_t *group = config_setting_get_elem(layers, (unsigned)i);
        const config_setting_t *inner =
            config_setting_is_group(group) ? config_setting_get_member(group, "layers") : NULL;
        const char *its = NULL;
        for (size_t k = 0; k < GRAPH_COUNT(keys) && !line && config_setting_is_group(group); k++)
            if (config_setting_lookup_string(group, keys[k], &its) && !strcmp(its, name))
                line = config_setting_source_line(group);
        if (inner && !line && config_setting_is_aggregate(inner))
            line = line_of_name(inner, name);
    }
    return line;
}

static ltc_status no_such_value(const graph_network *net, const graph_site *s, const char *name,
                                ltc_error *err)
{
    const config_setting_t *all = config_lookup(&net->file.tree, "layers");
    const unsigned line = line_of_name(all, name);
    const graph_values *v = &net->values;
    if (line >= s->line)
        return GRAPH_REFUSE(net, s,
                            "%s takes '%s', which line %u makes: a layer takes only what stands above it",
                            s->noun.s, graph_shown(name).s, line);
    return GRAPH_REFUSE(net, s, "%s takes '%s', but nothing above it has that name%s", s->noun.s,
                        graph_shown(name).s, graph_near(name, v->named, v->n_named, sizeof *v->named).s);
}

static ltc_status take_input(const graph_network *net, graph_position at, const graph_site *s,
                             const config_setting_t *word, size_t *value, ltc_error *err)
{
    const char *name = config_setting_get_string(word);
    if (!name)
        return GRAPH_REFUSE(net, s, "%s: in must be a name in quotes, or several in [ ]", s->noun.s);
    *value = at.input;
    if (!strcmp(name, "input"))
        return LTC_OK;
    const bool known = graph_values_find(&net->values, name, value);
    const bool above = known && *value < net->values.n;       /* n is the layer itself */
    return above ? LTC_OK : no_such_value(net, s, name, err);
}

/* What a layer takes: the value before it, or what its `in` names. */
ltc_status graph_site_inputs(const graph_network *net, graph_position at, const graph_site *s, uint32_t least,
                             uint32_t most, size_t *value, uint32_t *n, ltc_error *err)
{
    const config_setting_t *in = s->in;
    const bool several = in && config_setting_is_aggregate(in) && !config_setting_is_group(in);
    ltc_status st = LTC_OK;
    *n = several ? (uint32_t)config_setting_length(in) : 1;
    if (*n < least || *n > most)
        return GRAPH_REFUSE(net, s, "%s takes %u value%s%s, named by in = [\"...\", \"...\"], but has %u",
                            s->noun.s, least, least == 1 ? "" : "s", most > least ? " or more" : "", *n);
    value[0] = at.now;
    for (uint32_t i = 0; i < *n && in && !st; i++)
        st = take_input(net, at, s, several ? config_setting_get_elem(in, i) : in, &value[i], err);
    return st;
}

graph_word graph_shape(ltc_builder *b, ltc_val v)
{
    const ltc_value *is = b->shape(b, v);
    graph_word w = { "" };
    size_t n = 0;
    for (uint32_t a = 0; a < is->rank && n < sizeof w.s; a++)
        n += (size_t)snprintf(w.s + n, sizeof w.s - n, "%s%lld", a ? " x " : "", (long long)is->dim[a]);
    return w;
}
