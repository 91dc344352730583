/* Owns where the paths of a configuration lead. Called by the types that hold paths: PATH, and lists of them.
 * */
#include <string.h>

#include "config/path.h"
#include "config/schema.h"
#include "config/value.h"

/* The directory that relative paths written there start at: the file's; the current one for what no file
 * holds. */
static const char *start_of(lt_fill *f, const ltc_opt *o, lt_place at)
{
    const char *here = f->request->directory;
    if (!at.line || o->flags & LT_OPT_HERE)
        return here;
    const char *beside = lt_path_directory(f->arena, at.file);
    return beside ? lt_path_join(f->arena, here, beside) : NULL;
}

static void report_missing(lt_fill *f, const ltc_opt *o, const lt_node *n, const lt_text *searched)
{
    lt_value_fault(f, o, n, "\"%s\" is not there", n->s);
    lt_fill_hint(f, "searched: %s\n%s", searched->failed ? "" : searched->s, o->help ? o->help : "");
}

/* The first that exists: beside the file, then in each directory of data. NULL: a diagnostic, or no memory.
 * */
static const char *search(lt_fill *f, const ltc_opt *o, const lt_node *n, const char *start)
{
    const lt_config_request *r = f->request;
    const size_t places = *n->s == '/' ? 1 : 1 + r->n_data_dirs;
    lt_text searched = { 0 };
    const char *path = NULL;
    for (size_t i = 0; i < places; i++) {
        path = lt_path_join(f->arena, i ? r->data_dir[i - 1] : start, n->s);
        if (!path || lt_path_exists(path))
            break;
        lt_text_add(&searched, "%s%s", i ? ", " : "", path);
        path = i + 1 < places ? path : "";
    }
    if (path && !*path) {
        report_missing(f, o, n, &searched);
        path = NULL;
    } else {
        f->no_memory |= !path;
    }
    lt_text_free(&searched);
    return path;
}

bool lt_value_path(lt_fill *f, const ltc_opt *o, const lt_node *n, const char **to)
{
    if (n->kind != LT_NODE_STRING)
        return lt_value_mistyped(f, o, n, "a string");
    if (!*n->s) {
        lt_value_fault(f, o, n, "the path is empty");
        return false;
    }
    const char *path = NULL, *start = start_of(f, o, n->at);
    if (start && o->flags & LTC_OPT_SEARCH) {
        path = search(f, o, n, start);
    } else {
        path = start ? lt_path_join(f->arena, start, n->s) : NULL;
        f->no_memory |= !path;
    }
    *to = path ? path : *to;
    return path;
}
