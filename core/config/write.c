/* Owns the text of the resolved configuration. Called by whoever starts a run, to keep what it ran.
 * libconfig's own writer is not used: it prints reals by 15 digits, which are not always the same bits. */
#include <string.h>

#include "config/config.h"
#include "config/schema.h"
#include "config/value.h"

void lt_value_write_string(const char *s, lt_text *to)
{
    static const char plain[] = "\"\\\n\r\t\f", letter[] = "\"\\nrtf";
    lt_text_put(to, "\"", 1);
    for (; *s; s++) {
        const char *at = strchr(plain, *s);
        if (at)
            lt_text_add(to, "\\%c", letter[at - plain]);
        else if ((unsigned char)*s < ' ' || *s == 127)
            lt_text_add(to, "\\x%02X", (unsigned)(unsigned char)*s);
        else
            lt_text_put(to, s, 1);
    }
    lt_text_put(to, "\"", 1);
}

static void indent(int depth, lt_text *to)
{
    lt_text_add(to, "%*s", 4 * depth, "");
}

/* The values of an axis of the variant's, if the option is one. */
static const char *values_of(const lt_variant *v, const char *group, const char *leaf)
{
    const size_t n = strlen(group);
    for (uint32_t i = 0; v && i < v->n_axes; i++) {
        const char *key = v->axis[i].key;
        if (!strncmp(key, group, n) && key[n] == '.' && !strcmp(key + n + 1, leaf))
            return v->axis[i].values;
    }
    return NULL;
}

static void write_option(const ltc_opt *o, const void *block, int depth, lt_text *to)
{
    lt_text value = { 0 };
    if (lt_value_type_of(o->type)->write(o, (const char *)block + o->offset, &value) && !value.failed) {
        indent(depth, to);
        lt_text_add(to, "%s = ", lt_opt_leaf(o));
        lt_text_put(to, value.s, value.n);
        lt_text_put(to, ";\n", 2);
    }
    to->failed |= value.failed;
    lt_text_free(&value);
}

/* v: the variant whose setting it is; the run's: NULL. */
static void write_setting(const char *group, const ltc_opt *o, const void *block, const lt_variant *v,
                          int depth, lt_text *to)
{
    const char *values = values_of(v, group, lt_opt_leaf(o));
    if (!values) {
        write_option(o, block, depth, to);
        return;
    }
    indent(depth, to);
    lt_text_add(to, "%s = ", lt_opt_leaf(o));
    lt_text_put(to, values, strlen(values));
    lt_text_put(to, ";\n", 2);
}

static bool is_among(const ltc_strings *set, const char *group, const char *leaf)
{
    const size_t n = strlen(group);
    for (uint64_t i = 0; i < set->n; i++) {
        const char *key = set->v[i];
        if (!strncmp(key, group, n) && key[n] == '.' && !strcmp(key + n + 1, leaf))
            return true;
    }
    return false;
}

/* Does the text hold that key? The run's holds all, a variant's those that it sets. */
static bool is_wanted(const lt_variant *v, const char *group, const char *leaf)
{
    return !v || is_among(&v->set, group, leaf);
}

/* v: the variant that the settings are of; the run: NULL. */
static void write_keys(const lt_group *g, const lt_settings *s, const lt_variant *v, int depth, lt_text *to)
{
    for (uint32_t i = 0; i < g->schema.n_opts; i++) {
        const ltc_opt *o = lt_schema_at(&g->schema, i);
        const bool idle = lt_group_idle(g, lt_opt_leaf(o), s);        /* what cannot act may not be set */
        if (!idle && is_wanted(v, g->path, lt_opt_leaf(o)))
            write_setting(g->path, o, s, v, depth, to);
    }
}

/* Of an overlay on another group, what it sets itself. */
static void write_overlay(const lt_group *g, const lt_settings *s, const lt_variant *v, int depth,
                          lt_text *to)
{
    const ltc_schema *schema = g->over ? &lt_group_find(g->over)->schema : NULL;
    lt_settings again = *s;
    again.train = s->retrain.train;
    for (uint32_t i = 0; schema && i < schema->n_opts; i++) {
        const ltc_opt *o = lt_schema_at(schema, i);
        if (is_among(v ? &v->set : &s->retrain.set, g->path, lt_opt_leaf(o)))
            write_setting(g->path, o, &again, v, depth, to);
    }
}

static const lt_plugin_setting *plugin_of(const lt_group *g, const lt_settings *s)
{
    const ltc_opt *o = g->kind ? lt_schema_find(&g->schema, "plugin") : NULL;
    return o ? (const lt_plugin_setting *)(const void *)((const char *)s + o->offset) : NULL;
}

static void write_plugin_options(const lt_group *g, const lt_settings *s, const lt_variant *v, int depth,
                                 lt_text *to)
{
    const lt_plugin_setting *p = plugin_of(g, s);
    for (uint32_t i = 0; p && p->options && i < p->module->schema.n_opts; i++) {
        const ltc_opt *o = lt_schema_at(&p->module->schema, i);
        if (is_wanted(v, g->path, o->name))
            write_setting(g->path, o, p->options, v, depth, to);
    }
}

/* The keys that a variant has beside those of a run. */
static void write_own_keys(const char *path, const lt_variant *v, int depth, lt_text *to)
{
    const ltc_schema *own = v ? lt_variant_schema(path) : NULL;
    for (uint32_t i = 0; own && i < own->n_opts; i++)
        write_option(lt_schema_at(own, i), v, depth, to);
}

/* Of a variant, a group of which it sets nothing is left out. */
static void write_group(const lt_group *g, const lt_settings *s, const lt_variant *v, int depth, lt_text *to)
{
    const char *dot = strrchr(g->path, '.');
    lt_text body = { 0 };
    if (g->over && !v && !s->retrain.set.n)
        return;
    write_overlay(g, s, v, depth + 1, &body);
    write_keys(g, s, v, depth + 1, &body);
    write_plugin_options(g, s, v, depth + 1, &body);
    write_own_keys(g->path, v, depth + 1, &body);
    for (const lt_group *in = NULL; (in = lt_group_next_within(g->path, in));)
        if (!lt_group_idle(g, strrchr(in->path, '.') + 1, s))
            write_group(in, s, v, depth + 1, &body);
    if (!body.failed && (body.n || !(v || g->over))) {
        indent(depth, to);
        lt_text_add(to, "%s = {\n", dot ? dot + 1 : g->path);
        lt_text_put(to, body.n ? body.s : "", body.n);
        indent(depth, to);
        lt_text_add(to, "};\n");
    }
    to->failed |= body.failed;
    lt_text_free(&body);
}

void lt_config_write_group(const lt_settings *s, const char *group, lt_text *to)
{
    const lt_group *g = lt_group_find(group);
    write_keys(g, s, NULL, 0, to);
    write_plugin_options(g, s, NULL, 0, to);
}

static void write_variant(const lt_variant *v, bool last, lt_text *to)
{
    lt_text_add(to, "    {\n");
    write_own_keys("", v, 2, to);
    for (const lt_group *g = NULL; (g = lt_group_next_within("", g));)
        write_group(g, &v->settings, v, 2, to);
    lt_text_add(to, "    }%s\n", last ? "" : ",");
}

static void write_sweep(const lt_settings *s, lt_text *to)
{
    for (uint32_t i = 0; i < s->n_axes; i++) {
        lt_text_add(to, "%s    {\n        key = \"%s\";\n        values = ", i ? "" : "sweep = (\n",
                    s->axis[i].key);
        lt_text_put(to, s->axis[i].values, strlen(s->axis[i].values));
        lt_text_add(to, ";\n    }%s\n", i + 1 == s->n_axes ? "\n);" : ",");
    }
}

void lt_config_write(const lt_settings *s, lt_text *to)
{
    for (const lt_group *g = NULL; (g = lt_group_next_within("", g));)
        write_group(g, s, NULL, 0, to);
    if (s->n_variants)
        lt_text_add(to, "variants = (\n");
    for (uint32_t i = 0; i < s->n_variants; i++)
        write_variant(&s->variant[i], i + 1 == s->n_variants, to);
    if (s->n_variants)
        lt_text_add(to, ");\n");
    write_sweep(s, to);
}
