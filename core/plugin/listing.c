/* Owns a listing while it is made: the files seen so far, and the rows of the one at hand. A file is loaded
 * by a child process, which sends back what the file offers as a sequence of texts, each ended by a NUL. */
#include "plugin/listing.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/loader.h"
#include "plugin/module.h"

typedef struct seen {
    struct seen *next;
    const char  *file;
} seen;

typedef struct lister {
    const lt_search   *search;
    lt_arena           arena;
    seen              *first;
    lt_registry_row   *row;
    void              *arg;
    const lt_patience *patience;
    ltc_status         st;
    ltc_error         *err;
} lister;

static void send_text(lt_text *reply, const char *s)
{
    lt_text_put(reply, s ? s : "", s ? strlen(s) + 1 : 1);
}

/* In the child: "" and for each module kind, name, alias, version, summary; or the sentence of what is
 * wrong. */
static void describe(void *arg, lt_text *reply)
{
    lt_arena arena = { 0 };
    lt_offer offer;
    ltc_error err = { .message = "" };
    if (lt_loader_load(arg, &arena, &offer, &err)) {
        send_text(reply, err.message);
        return;
    }
    send_text(reply, "");
    for (size_t i = 0; i < offer.n; i++) {
        const ltc_module *m = &offer.module[i].info;
        const char kind[] = { (char)('0' + m->kind), '\0' };
        send_text(reply, kind);
        send_text(reply, m->name);
        send_text(reply, m->alias);
        send_text(reply, m->version);
        send_text(reply, m->summary);
    }
}

typedef struct lookup {
    lister     *l;
    uint32_t    kind, found;
    const char *file;
} lookup;

/* Where does a name lead? Goes on until one leads to the file. */
static bool leads_elsewhere(void *arg, const char *name, size_t n)
{
    lookup *k = arg;
    const char *word = lt_arena_print(&k->l->arena, "%.*s", (int)n, name);
    const char *path = word ? lt_search_find(k->l->search, k->kind, word, &k->l->arena) : NULL;
    char *real = path ? realpath(path, NULL) : NULL;
    if (path)
        k->found = real && strcmp(real, k->file) == 0 ? LT_LISTED_FOUND : LT_LISTED_SHADOWED;
    free(real);
    return k->found != LT_LISTED_FOUND;
}

static uint32_t how_found(lister *l, const lt_listing *row)
{
    const ltc_module names = { .name = row->name, .alias = row->alias };
    lookup k = { l, row->kind, LT_LISTED_UNNAMED, row->file };
    lt_module_each_name(&names, leads_elsewhere, &k);
    return k.found;
}

static ltc_status stop(lister *l)
{
    return ltc_fail(l->err, LTC_ECANCELLED, "the listing was stopped");
}

static void give_row(lister *l, const lt_listing *row)
{
    if (!l->st && !l->row(l->arg, row))
        l->st = stop(l);
}

static void list_fault(lister *l, const char *file, const char *sentence)
{
    const lt_listing row = {
        .name = "", .alias = "", .version = "", .summary = "", .file = file,
        .error = sentence ? sentence : "no memory to say what is wrong with it",
    };
    give_row(l, &row);
}

static const char *next_text(const char **at)
{
    const char *s = *at;
    *at += strlen(s) + 1;
    return s;
}

static void list_reply(lister *l, const char *file, const lt_text *reply)
{
    const char *at = reply->s, *const end = reply->s + reply->n;
    const char *fault = next_text(&at);
    if (*fault)
        list_fault(l, file, fault);
    while (at < end) {
        lt_listing row = { .kind = (uint32_t)(*next_text(&at) - '0'), .file = file };
        row.name = next_text(&at);
        row.alias = next_text(&at);
        row.version = next_text(&at);
        row.summary = next_text(&at);
        row.found = how_found(l, &row);
        give_row(l, &row);
    }
}

/* Was the file there before, by another name? Else it is from now on. */
static bool is_new(lister *l, const char *file)
{
    for (const seen *s = l->first; s; s = s->next)
        if (strcmp(s->file, file) == 0)
            return false;
    seen *s = lt_arena_array(&l->arena, 1, sizeof *s);
    if (!s) {
        l->st = ltc_fail(l->err, LTC_ENOMEM, "no memory to list the plug-ins");
        return false;
    }
    *s = (seen){ l->first, file };
    l->first = s;
    return true;
}

static void list_new(lister *l, const char *path, const char *file)
{
    lt_text reply = { 0 };
    ltc_error why = { .message = "" };
    char *load = lt_arena_text(&l->arena, path);
    const ltc_status st = load ? lt_child_run(describe, load, l->patience, &reply, &why) : LTC_ENOMEM;
    if (st == LTC_ECANCELLED)
        l->st = stop(l);
    else if (st == LTC_EINTERNAL)
        list_fault(l, file, lt_arena_print(&l->arena, "%s: %s while it was loaded", file, why.message));
    else if (st || reply.failed)
        l->st = ltc_fail(l->err, st ? st : LTC_ENOMEM, "the plug-ins cannot be listed: %s", why.message);
    else
        list_reply(l, file, &reply);
    lt_text_free(&reply);
}

static bool list_file(void *arg, const char *path, const char *name)
{
    lister *l = arg;
    (void)name;
    char *real = realpath(path, NULL);
    const char *file = real ? lt_arena_text(&l->arena, real) : path;
    free(real);
    if (!file)
        l->st = ltc_fail(l->err, LTC_ENOMEM, "no memory to list the plug-ins");
    else if (is_new(l, file))
        list_new(l, path, file);
    return !l->st;
}

ltc_status lt_listing_make(const lt_search *s, const lt_patience *p, lt_registry_row *row, void *arg,
                           ltc_error *err)
{
    lister l = { .search = s, .row = row, .arg = arg, .patience = p, .err = err };
    lt_search_each(s, &l.arena, list_file, &l);
    lt_arena_free(&l.arena);
    return l.st;
}
