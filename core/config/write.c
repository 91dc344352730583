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

static void write_keys(const lt_group *g, const lt_settings *s, int depth, lt_text *to)
{
    for (uint32_t i = 0; i < g->schema.n_opts; i++) {
        const ltc_opt *o = lt_schema_at(&g->schema, i);
        if (!lt_group_idle(g, lt_opt_leaf(o), s))         /* what cannot act may not be set */
            write_option(o, s, depth, to);
    }
}

static void write_plugin_options(const lt_plugin_setting *p, int depth, lt_text *to)
{
    for (uint32_t i = 0; p->options && i < p->module->schema.n_opts; i++)
        write_option(lt_schema_at(&p->module->schema, i), p->options, depth, to);
}

static const lt_plugin_setting *plugin_of(const lt_group *g, const lt_settings *s)
{
    const ltc_opt *o = g->kind ? lt_schema_find(&g->schema, "plugin") : NULL;
    return o ? (const lt_plugin_setting *)(const void *)((const char *)s + o->offset) : NULL;
}

static void write_group(const lt_group *g, const lt_settings *s, int depth, lt_text *to)
{
    const lt_plugin_setting *p = plugin_of(g, s);
    const char *dot = strrchr(g->path, '.');
    indent(depth, to);
    lt_text_add(to, "%s = {\n", dot ? dot + 1 : g->path);
    write_keys(g, s, depth + 1, to);
    if (p)
        write_plugin_options(p, depth + 1, to);
    for (const lt_group *in = NULL; (in = lt_group_next_within(g->path, in));)
        write_group(in, s, depth + 1, to);
    indent(depth, to);
    lt_text_add(to, "};\n");
}

void lt_config_write(const lt_settings *s, lt_text *to)
{
    for (const lt_group *g = NULL; (g = lt_group_next_within("", g));)
        write_group(g, s, 0, to);
}
