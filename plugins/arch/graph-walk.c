/* Owns the walk through a description: layer by layer, block by block, each repetition in scopes of its own.
 * Called by graph.c; what a layer is stands in graph-types.c. */
#include "graph-walk.h"

#include <assert.h>
#include <string.h>

#include "graph-types.h"

enum { BLOCKS = 15, TYPES = 64 };             /* a block opens up to two of the builder's 32 scopes */

/* A list of layers while it is walked. */
typedef struct listing {
    const config_setting_t *layers;
    graph_position at;
    unsigned depth, count[TYPES];             /* count: layers of each type so far, for conv1, conv2, ... */
    bool     last, shortcut;                  /* ends the network; all of it is a shortcut */
} listing;

typedef struct block {
    const config_setting_t *layers;
    int64_t repeat, first;                    /* first: number of the first repetition */
} block;
static const graph_key block_keys[] = {
    GRAPH_KEY_ANY(block, layers), GRAPH_KEY_INT(block, repeat, 0, 1, GRAPH_LAYERS),
    GRAPH_KEY_INT(block, first, 0, 0, GRAPH_LAYERS),
};

/* The name of a layer with parameters that was not given one: conv2 is the second convolution of its list. */
static const char *name_of(const graph_type *type, const graph_site *s, unsigned number, char own[32])
{
    if (s->name || !type->stem)
        return s->name;
    snprintf(own, 32, "%s%u", type->stem, number);
    return own;
}

static ltc_status width_of(const graph_network *net, const graph_type *type, const graph_own *own,
                           const graph_site *s, bool last, int64_t *out, ltc_error *err)
{
    *out = type->out ? *type->out(own) : 0;
    if (type->out && !*out && !last)
        return GRAPH_REFUSE(net, s, "%s needs an out; only the network's last layer may leave it away, for "
                            "it has one for each class", s->noun.s);
    if (type->out && (*out == GRAPH_CLASSES || !*out))
        *out = (int64_t)net->b->n_classes;
    return LTC_OK;
}

/* The builder's own sentence names the layer; an older core keeps it to itself. */
static ltc_status does_not_fit(const graph_network *net, const graph_site *s, const graph_word *shape,
                               ltc_error *err)
{
    const char *says = LTC_HAS(net->b, error) ? net->b->error(net->b) : NULL;
    return says ? GRAPH_REFUSE(net, s, "%s (what it takes is %s)", says, shape->s)
                : GRAPH_REFUSE(net, s, "%s does not fit what it takes, which is %s", s->noun.s, shape->s);
}

static ltc_status make_layer(graph_network *net, const listing *l, const graph_type *type,
                             const graph_site *s, const char *name, const graph_own *own, bool last,
                             ltc_error *err)
{
    size_t from[GRAPH_MANY];
    ltc_val in[GRAPH_MANY];
    graph_call c = { .b = net->b, .own = own, .name = name, .in = in };
    ltc_status st = graph_site_inputs(net, l->at, s, type->least, type->most, from, &c.n_in, err);
    if (!st)
        st = width_of(net, type, own, s, last, &c.out, err);
    if (st)
        return st;
    for (uint32_t i = 0; i < c.n_in; i++) {
        in[i] = net->values.value[from[i]].v;
        net->values.value[from[i]].taken = true;
    }
    const graph_word shape = graph_shape(net->b, in[0]);
    const ltc_val made = type->make(&c);
    if (!made.id)
        return does_not_fit(net, s, &shape, err);
    if (type->stem && (s->role || l->shortcut))
        net->b->tag(net->b, made, LTC_ROLE_SHORTCUT);
    return graph_values_add(&net->values, made, s->line, err);
}

/* A layer's two names: that of its parameters and node, and the one that it is taken by. */
static ltc_status name_value(graph_network *net, const graph_site *s, const char *name, size_t value,
                             ltc_error *err)
{
    ltc_status st = name ? graph_values_name(&net->values, name, value, s->line, err) : LTC_OK;
    if (!st && s->as)
        st = graph_values_name(&net->values, s->as, value, s->line, err);
    return st;
}

static ltc_status layer(graph_network *net, listing *l, const config_setting_t *group, size_t type_i,
                        bool last, ltc_error *err)
{
    const graph_type *type = &graph_types[type_i];
    graph_own own;
    char numbered[32];
    graph_site s;
    ltc_status st =
        graph_site_read(net, group, type->name, (graph_keys){ type->key, type->n_keys, &own }, &s, err);
    if (st)
        return st;
    if (s.role && !type->stem)
        return GRAPH_REFUSE(net, &s, "%s has no parameters that a role could tell apart", s.noun.s);
    const char *name = name_of(type, &s, ++l->count[type_i], numbered);
    const size_t value = net->values.n;
    st = name_value(net, &s, name, value, err);
    if (!st)
        st = make_layer(net, l, type, &s, name, &own, last, err);
    l->at.now = value;
    return st;
}

static ltc_status walk(graph_network *net, listing *l, ltc_error *err);

/* One passing through a block's layers, in scopes that were opened. Without any, it goes on counting. */
static ltc_status pass(graph_network *net, listing *outer, const graph_site *s, const block *own, bool last,
                       size_t *value, ltc_error *err)
{
    const bool scoped = s->name || own->repeat;
    listing l = {
        .layers = own->layers, .at = { *value, *value }, .depth = outer->depth + 1, .last = last,
        .shortcut = outer->shortcut || s->role,
    };
    if (!scoped)
        memcpy(l.count, outer->count, sizeof l.count);
    const ltc_status st = walk(net, &l, err);
    if (!scoped)
        memcpy(outer->count, l.count, sizeof l.count);
    *value = l.at.now;
    return st;
}

/* The same behind the prefix of a number: the value of layer1's second repetition is layer1.1. */
static ltc_status repeat(graph_network *net, listing *outer, const graph_site *s, const block *own, bool last,
                         size_t *value, ltc_error *err)
{
    const size_t end = strlen(net->values.prefix);
    ltc_status st = LTC_OK;
    for (int64_t i = 0; i < own->repeat && !st; i++) {
        char number[24];
        snprintf(number, sizeof number, "%lld", (long long)(own->first + i));
        st = graph_values_enter(&net->values, number, s->line, err);
        net->b->scope(net->b, number);
        if (!st)
            st = pass(net, outer, s, own, last && i == own->repeat - 1, value, err);
        net->b->scope(net->b, NULL);
        net->values.prefix[end] = '\0';
        if (!st)
            st = graph_values_name(&net->values, number, *value, s->line, err);
    }
    return st;
}

static ltc_status run_block(graph_network *net, listing *outer, const graph_site *s, const block *own,
                            bool last, size_t *value, ltc_error *err)
{
    const size_t end = strlen(net->values.prefix);
    ltc_status st = s->name ? graph_values_enter(&net->values, s->name, s->line, err) : LTC_OK;
    if (!st && s->name)
        net->b->scope(net->b, s->name);
    if (!st)
        st = (own->repeat ? repeat : pass)(net, outer, s, own, last, value, err);
    if (!st && s->name)
        net->b->scope(net->b, NULL);
    net->values.prefix[end] = '\0';
    return st;
}

static ltc_status open_block(graph_network *net, listing *l, const config_setting_t *group, bool last,
                             ltc_error *err)
{
    block own;
    graph_site s;
    size_t value;
    uint32_t n;
    ltc_status st = graph_site_read(net, group, "block",
                                    (graph_keys){ block_keys, GRAPH_COUNT(block_keys), &own }, &s, err);
    if (!st && s.type)
        st = GRAPH_REFUSE(net, &s, "%s has both layers and a type; a block of layers has none", s.noun.s);
    if (!st && own.first && !own.repeat)
        st = GRAPH_REFUSE(net, &s, "%s: first numbers repetitions, so it needs a repeat", s.noun.s);
    if (!st && l->depth == BLOCKS)
        st = GRAPH_REFUSE(net, &s, "%s stands more than %d blocks deep", s.noun.s, BLOCKS);
    if (!st)
        st = graph_site_inputs(net, l->at, &s, 1, 1, &value, &n, err);
    if (!st)
        st = run_block(net, l, &s, &own, last, &value, err);
    if (!st)
        st = name_value(net, &s, s.name, value, err);
    if (!st)
        l->at.now = value;
    return st;
}

static ltc_status item(graph_network *net, listing *l, const config_setting_t *group, bool last,
                       ltc_error *err)
{
    const unsigned line = config_setting_source_line(group);
    const char *type = NULL;
    if (!config_setting_is_group(group))
        return graph_fail(&net->file, line, err, "a layer is a group: { type = \"...\"; }");
    if (config_setting_get_member(group, "layers"))
        return open_block(net, l, group, last, err);
    if (!config_setting_lookup_string(group, "type", &type))
        return graph_fail(&net->file, line, err, "a layer needs a type in quotes, or, as a block, layers");
    for (size_t i = 0; i < graph_n_types; i++)
        if (!strcmp(type, graph_types[i].name))
            return layer(net, l, group, i, last, err);
    const graph_hint near = graph_near(type, &graph_types[0].name, graph_n_types, sizeof graph_types[0]);
    return graph_fail(&net->file, line, err, "there is no type '%s'%s", graph_shown(type).s,
                      near.s[0] ? near.s : "; docs/graph.md has them all");
}

static ltc_status walk(graph_network *net, listing *l, ltc_error *err)
{
    const int n = config_setting_type(l->layers) == CONFIG_TYPE_LIST ? config_setting_length(l->layers) : 0;
    ltc_status st = LTC_OK;
    if (!n)
        return graph_fail(&net->file, config_setting_source_line(l->layers), err,
                          "layers must be a list of at least one: layers = ( { type = \"...\"; } )");
    for (int i = 0; i < n && !st; i++)
        st = item(net, l, config_setting_get_elem(l->layers, (unsigned)i), l->last && i == n - 1, err);
    return st;
}

ltc_status graph_walk(graph_network *net, const config_setting_t *layers, size_t *value, ltc_error *err)
{
    listing l = { .layers = layers, .last = true };
    assert(graph_n_types <= TYPES);
    const ltc_status st = walk(net, &l, err);
    *value = l.at.now;
    return st;
}
