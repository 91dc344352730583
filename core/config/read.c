/* Owns the order of layers: the bases of a file, the file, the command line. Called through config.h, first
 * of all. */
#include <stdlib.h>
#include <string.h>

#include "config/address.h"
#include "config/parse.h"
#include "config/path.h"
#include "config/reader.h"
#include "config/rules.h"
#include "config/schema.h"
#include "config/source.h"

/* The files that are being read, each the base of the next. */
typedef struct chain {
    const struct chain *above;
    const char *path, *real;                  /* as named; without symbolic links */
} chain;

typedef struct reader {
    const lt_config_request *request;
    lt_arena *arena;
    lt_diags *diags;
    const char **preset;                      /* of the lt_config; NULL until it is found */
} reader;

static ltc_status read_layers(const reader *r, const char *path, lt_place from, const chain *above,
                              const lt_node **root);

static ltc_status parse_file(const reader *r, const char *path, lt_place from, const lt_node **root)
{
    lt_source source = { 0 };
    ltc_status st = lt_source_open(&source, r->arena, r->request->directory, path, from, r->diags);
    if (!st)
        st = lt_parse(&source, r->arena, root, r->diags);
    lt_source_close(&source);
    return st;
}

/* *under with the layers of one base laid over it. */
static ltc_status add_base(const reader *r, const lt_node *base, const chain *at, const lt_node **under)
{
    const lt_node *root = NULL;
    if (base->kind != LT_NODE_STRING) {
        lt_diags_add(r->diags, base->at, "base", "is not the name of a file");
        lt_diags_hint(r->diags, "write \"other.cfg\", or a list of such names");
        return LTC_EINVAL;
    }
    const char *path = lt_path_beside(r->arena, at->path, base->s);
    ltc_status st = path ? read_layers(r, path, base->at, at, &root) : LTC_ENOMEM;
    if (st)
        return st;
    *under = *under ? lt_node_merge(r->arena, *under, root, lt_schema_drops) : root;
    return *under ? LTC_OK : LTC_ENOMEM;
}

/* The file's own settings laid over those of its bases; its key `base` has done its work and goes. */
static ltc_status apply_bases(const reader *r, const chain *at, const lt_node **root)
{
    const lt_node *base = lt_node_child(*root, "base"), *under = NULL;
    if (!base)
        return LTC_OK;
    const bool many = base->kind == LT_NODE_LIST;
    ltc_status first = LTC_OK;
    for (size_t i = 0; i < (many ? base->n : 1) && first != LTC_ENOMEM; i++) {
        const ltc_status st = add_base(r, many ? base->child[i] : base, at, &under);
        first = first && st != LTC_ENOMEM ? first : st;
    }
    if (first)
        return first;
    const lt_node *own = lt_node_without(r->arena, *root, "base");
    *root = own && under ? lt_node_merge(r->arena, under, own, lt_schema_drops) : own;
    return *root ? LTC_OK : LTC_ENOMEM;
}

/* The file's name without symbolic links, for telling whether it is its own base; as it is, if it cannot be
 * opened. */
static const char *real_path(const reader *r, const char *path)
{
    const char *absolute = lt_path_join(r->arena, r->request->directory, path);
    char *real = absolute ? realpath(absolute, NULL) : NULL;
    const char *kept = real ? lt_arena_text(r->arena, real) : absolute;
    free(real);
    return kept;
}

static ltc_status check_cycle(const reader *r, const chain *at, lt_place from)
{
    for (const chain *c = at->above; c; c = c->above) {
        if (strcmp(c->real, at->real))
            continue;
        lt_diags_add(r->diags, from, "base", "%s would be its own base", at->path);
        return LTC_EINVAL;
    }
    return LTC_OK;
}

static ltc_status read_layers(const reader *r, const char *path, lt_place from, const chain *above,
                              const lt_node **root)
{
    const chain at = { .above = above, .path = path, .real = real_path(r, path) };
    if (!at.real)
        return LTC_ENOMEM;
    ltc_status st = check_cycle(r, &at, from);
    if (!st)
        st = parse_file(r, path, from, root);
    if (st)
        return st;
    const size_t before = r->diags->n;
    lt_rules_check_layer(*root, r->diags);
    st = apply_bases(r, &at, root);
    if (!*r->preset)
        *r->preset = path;                    /* those that it stands on were here before */
    return st ? st : r->diags->n > before ? LTC_EINVAL : LTC_OK;
}

/* The file and the command line are both read, so that the faults of both are reported. */
static ltc_status read_all(const reader *r, const lt_node **root)
{
    const lt_node *file = NULL, *over = NULL;
    const size_t before = r->diags->n;
    const ltc_status of_file = read_layers(r, r->request->path, (lt_place){ NULL, 0 }, NULL, &file);
    const ltc_status of_line = lt_command_line_read(r->request, r->arena, &over, r->diags);
    if (of_file || of_line)
        return of_file ? of_file : of_line;
    const lt_node *base = lt_node_child(over, "base");
    if (base)
        lt_diags_add(r->diags, base->at, "base", "can stand in a file only");
    lt_rules_check_layer(over, r->diags);
    if (r->diags->n > before)
        return LTC_EINVAL;
    *root = lt_node_merge(r->arena, file, over, lt_schema_drops);
    return *root ? lt_address_apply(r->arena, root, r->diags) : LTC_ENOMEM;
}

/* Entries that are no strings are left for lt_config_settle to report. */
static ltc_status find_plugin_path(lt_config *c)
{
    const lt_node *list = lt_node_find(c->root, "plugins.path");
    const size_t n = list && list->kind == LT_NODE_LIST ? list->n : 0;
    const char **path = lt_arena_array(&c->arena, n ? n : 1, sizeof(char *));
    size_t kept = 0;
    for (size_t i = 0; path && i < n; i++) {
        const lt_node *e = list->child[i];
        if (e->kind != LT_NODE_STRING || !*e->s)
            continue;
        const char *beside = e->at.line ? lt_path_beside(&c->arena, e->at.file, e->s) : e->s;
        path[kept] = beside ? lt_path_join(&c->arena, c->request->directory, beside) : NULL;
        if (!path[kept++])
            return LTC_ENOMEM;
    }
    c->plugin_path = (ltc_strings){ path, kept };
    return path ? LTC_OK : LTC_ENOMEM;
}

ltc_status lt_config_read(const lt_config_request *r, lt_config **config, lt_diags *d)
{
    *config = NULL;
    lt_config *c = lt_array(1, sizeof *c);
    ltc_status st = c ? LTC_OK : LTC_ENOMEM;
    if (c) {
        c->request = r;
        st = read_all(&(reader){ r, &c->arena, d, &c->preset }, &c->root);
    }
    if (!st)
        st = find_plugin_path(c);
    if (st == LTC_ENOMEM)
        lt_diags_add(d, (lt_place){ r->path, 0 }, NULL, "out of memory");
    if (st)
        lt_config_free(c);
    else
        *config = c;
    return st;
}

void lt_config_free(lt_config *c)
{
    if (c)
        lt_arena_free(&c->arena);
    free(c);
}

ltc_strings lt_config_plugin_path(const lt_config *c)
{
    return c->plugin_path;
}

lt_place lt_config_place(const lt_config *c, const char *key)
{
    const char *dot = key + lt_key_part(key);
    const lt_node *n = lt_node_find(c->root, key);
    if (!n && dot > key && *dot && dot[-1] == ']')
        n = lt_node_find(c->root, dot + 1);   /* what the variant inherits */
    return n && n != c->root ? n->at : (lt_place){ c->request->path, 0 };
}
