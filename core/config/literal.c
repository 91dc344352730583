/* Owns the text of one setting. Called by points.c for what is swept. */
#include "config/literal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/number.h"
#include "config/schema.h"

/* An option and the struct that its field is in. */
typedef struct place { const ltc_opt *opt; const void *block; } place;

/* again: room for a copy in which retrain's settings stand in train's place. */
static bool find(const lt_settings *s, const char *key, lt_settings *again, place *p)
{
    char path[128];
    const char *dot = strrchr(key, '.');
    snprintf(path, sizeof path, "%.*s", (int)(dot ? dot - key : 0), key);
    const lt_group *g = lt_group_find(path);
    if (!g || lt_group_idle(g, dot + 1, s))
        return false;
    *again = *s;
    again->train = s->retrain.train;
    const lt_plugin_setting *plugin = lt_group_plugin(g, again);
    const struct { const ltc_schema *schema; const void *block; } all[] = {
        { &g->schema, s },
        { g->over ? &lt_group_find(g->over)->schema : NULL, again },
        { plugin && plugin->module && plugin->options ? &plugin->module->schema : NULL,
          plugin ? plugin->options : NULL },
    };
    *p = (place){ 0 };
    for (size_t i = 0; i < sizeof all / sizeof all[0] && !p->opt; i++)
        if (all[i].schema)
            *p = (place){ lt_schema_find(all[i].schema, dot + 1), all[i].block };
    return p->opt;
}

static const void *field_of(const place *p)
{
    return (const char *)p->block + p->opt->offset;
}

void lt_literal(const lt_settings *s, const char *key, const lt_node *n, lt_text *to)
{
    lt_settings again;
    place p;
    if (n->kind != LT_NODE_GROUP) {
        if (find(s, key, &again, &p))
            lt_value_type_of(p.opt->type)->write(p.opt, field_of(&p), to);
        return;
    }
    lt_text_add(to, "{ ");
    for (size_t i = 0; i < n->n; i++) {
        char below[256];
        snprintf(below, sizeof below, "%s.%s", key, n->child[i]->name);
        lt_text_add(to, "%s = ", n->child[i]->name);
        lt_literal(s, below, n->child[i], to);
        lt_text_add(to, "; ");
    }
    lt_text_add(to, "}");
}

bool lt_setting_shown(const lt_settings *s, const char *key, lt_text *to)
{
    char number[LT_NUMBER_BYTES];
    lt_settings again;
    lt_text text = { 0 };
    place p;
    const bool found = find(s, key, &again, &p) &&
                       lt_value_type_of(p.opt->type)->write(p.opt, field_of(&p), &text);
    const bool quoted = found && !text.failed && text.n > 1 && text.s[0] == '"';
    if (found && p.opt->type == LTC_OPT_REAL)
        lt_text_add(to, "%s", lt_real_text(number, *(const double *)field_of(&p)));
    else if (quoted)
        lt_text_put(to, text.s + 1, text.n - 2);
    else if (found && !text.failed)
        lt_text_put(to, text.s, text.n);
    to->failed |= text.failed;
    lt_text_free(&text);
    return found;
}

static void show_members(const lt_node *n, int digits, lt_text *to)
{
    for (size_t i = 0; i < n->n; i++) {
        const char *name = n->kind == LT_NODE_GROUP ? n->child[i]->name : "";
        const bool named = *name && strcmp(name, "plugin") && strcmp(name, "type");
        lt_text_add(to, "%s%s%s", i ? ", " : "", named ? name : "", named ? " " : "");
        lt_node_shown(n->child[i], digits, to);
    }
}

void lt_node_shown(const lt_node *n, int digits, lt_text *to)
{
    char number[LT_NUMBER_BYTES];
    switch (n->kind) {
    case LT_NODE_INT:
        lt_text_add(to, "%" PRId64, n->i);
        break;
    case LT_NODE_REAL:
        if (digits < 15)
            lt_text_add(to, "%.*g", digits, n->r);
        else
            lt_text_add(to, "%s", lt_real_text(number, n->r));
        break;
    case LT_NODE_BOOL:
        lt_text_add(to, "%s", n->i ? "true" : "false");
        break;
    case LT_NODE_STRING:
        lt_text_add(to, "%s", n->s);
        break;
    default:
        lt_text_add(to, "%s", n->kind == LT_NODE_LIST ? "[" : "");
        show_members(n, digits, to);
        lt_text_add(to, "%s", n->kind == LT_NODE_LIST ? "]" : "");
    }
}
