/* Owns the names of a description while its network is built. Called by graph.c, graph-site.c and
 * graph-walk.c. */
#include "graph-values.h"

#include <stdlib.h>
#include <string.h>

ltc_status graph_values_open(const graph_file *f, ltc_val input, graph_values *v, ltc_error *err)
{
    *v = (graph_values){ .file = f, .n = 1, .value = calloc(GRAPH_LAYERS + 1, sizeof *v->value) };
    if (!v->value)
        return ltc_fail(err, LTC_ENOMEM, "no memory to read a network");
    v->value[0] = (graph_value){ .v = input };
    return LTC_OK;
}

void graph_values_close(graph_values *v)
{
    for (size_t i = 0; i < v->n_named; i++)
        free(v->named[i].name);
    free(v->named);
    free(v->value);
}

ltc_status graph_values_add(graph_values *v, ltc_val made, unsigned line, ltc_error *err)
{
    if (v->n > GRAPH_LAYERS)
        return graph_fail(v->file, line, err, "the network has more than %d layers, repeats included",
                          GRAPH_LAYERS);
    v->value[v->n++] = (graph_value){ made, line, false };
    return LTC_OK;
}

static bool is_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    return name[strspn(name, letters)] == '\0' && *name;
}

static ltc_status check(const graph_values *v, const char *name, unsigned line, ltc_error *err)
{
    if (!is_name(name) || !strcmp(name, "input"))
        return graph_fail(v->file, line, err,
                          "'%s' cannot be a name: names have letters, digits, _, - and ., and 'input' "
                          "is what a list of layers begins with",
                          graph_shown(name).s);
    if (strlen(v->prefix) + strlen(name) > GRAPH_NAME - 2)
        return graph_fail(v->file, line, err,
                          "the name '%s' is too long: with its blocks' names it has more than %d letters",
                          graph_shown(name).s, GRAPH_NAME - 2);
    return LTC_OK;
}

static const struct graph_named *exact(const graph_values *v, const char *name)
{
    for (size_t i = v->n_named; i-- > 0;)
        if (!strcmp(v->named[i].name, name))
            return &v->named[i];
    return NULL;
}

/* The list doubles when it is full. */
static bool grow(graph_values *v)
{
    const size_t room = v->room ? 2 * v->room : 64;
    if (v->n_named < v->room)
        return true;
    void *grown = realloc(v->named, room * sizeof *v->named);
    if (!grown)
        return false;
    v->named = grown;
    v->room = room;
    return true;
}

ltc_status graph_values_name(graph_values *v, const char *name, size_t value, unsigned line, ltc_error *err)
{
    char full[GRAPH_NAME + 1];
    const ltc_status st = check(v, name, line, err);
    if (st)
        return st;
    snprintf(full, sizeof full, "%s%s", v->prefix, name);
    const struct graph_named *there = exact(v, full);
    if (there)
        return graph_fail(v->file, line, err, "the name '%s' is taken, by line %u", graph_shown(full).s,
                          there->line);
    char *own = malloc(strlen(full) + 1);
    if (!own || !grow(v)) {
        free(own);
        return ltc_fail(err, LTC_ENOMEM, "no memory to read a network");
    }
    memcpy(own, full, strlen(full) + 1);
    v->named[v->n_named++] = (struct graph_named){ own, value, line };
    return LTC_OK;
}

bool graph_values_find(const graph_values *v, const char *name, size_t *value)
{
    char full[2 * GRAPH_NAME];
    size_t block = strlen(v->prefix);
    for (;;) {
        snprintf(full, sizeof full, "%.*s%s", (int)block, v->prefix, name);
        const struct graph_named *found = exact(v, full);
        if (found)
            *value = found->value;
        if (found || !block)
            return found != NULL;
        for (block--; block && v->prefix[block - 1] != '.';)
            block--;
    }
}

ltc_status graph_values_enter(graph_values *v, const char *name, unsigned line, ltc_error *err)
{
    const size_t n = strlen(v->prefix);
    const ltc_status st = check(v, name, line, err);
    if (!st)
        snprintf(v->prefix + n, sizeof v->prefix - n, "%s.", name);
    return st;
}
