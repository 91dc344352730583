/* Owns the diagnostics about settings: how a key is named in them, and that a variant does not repeat what is
 * wrong with the run it is laid over. Called by all that fill and check settings. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/schema.h"
#include "config/value.h"

enum { KEY_BYTES = 256, SENTENCE_BYTES = 1024 };

typedef struct lt_fault {
    const struct lt_fault *next;
    const char *key, *says;                   /* key: with what it is within */
    lt_place    at;
} lt_fault;

/* The run has the same fault, and the variant or the point says nothing of that key. */
static bool is_inherited(const lt_fill *f, const char *key, const char *says)
{
    const lt_node *own = f->overlay ? lt_node_find(f->overlay, key) : NULL;
    if (!f->overlay || (own && own->kind != LT_NODE_GROUP))
        return false;
    for (const lt_fault *r = f->faults; r; r = r->next)
        if (!strcmp(r->key, key) && !strcmp(r->says, says))
            return true;
    return false;
}

/* The same value was met at another point, or is the run's at this one. */
static bool is_known(const lt_fill *f, lt_place at, const char *key, const char *full, const char *says)
{
    for (const lt_fault *r = f->faults; r; r = r->next)
        if (r->at.line == at.line && r->at.file == at.file &&
            (!strcmp(r->key, full) || !strcmp(r->key, key)) && !strcmp(r->says, says))
            return true;
    return false;
}

static void remember(lt_fill *f, lt_place at, const char *key, const char *says)
{
    lt_fault *fault = lt_arena_array(f->arena, 1, sizeof *fault);
    const char *own_key = lt_arena_text(f->arena, key), *own_says = lt_arena_text(f->arena, says);
    if (!fault || !own_key || !own_says) {
        f->no_memory = true;
        return;
    }
    *fault = (lt_fault){ f->faults, own_key, own_says, at };
    f->faults = fault;
}

static void report(lt_fill *f, lt_place at, const char *key, const char *fmt, va_list ap)
{
    char full[KEY_BYTES], sentence[SENTENCE_BYTES];
    vsnprintf(sentence, sizeof sentence, fmt, ap);
    snprintf(full, sizeof full, "%s%s%s", f->within ? f->within : "", f->within && *key ? "." : "", key);
    f->n_faults++;
    f->silent = is_inherited(f, key, sentence) || is_known(f, at, key, full, sentence);
    if (!f->silent)
        lt_diags_add(f->diags, at, full, "%s", sentence);
    remember(f, at, full, sentence);
}

void lt_fill_join(lt_fill *run, const lt_fill *part)
{
    run->faults = part->faults;
    run->no_memory |= part->no_memory;
}

void lt_fill_fault(lt_fill *f, lt_place at, const char *key, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    report(f, at, key, fmt, ap);
    va_end(ap);
}

void lt_fill_hint(lt_fill *f, const char *fmt, ...)
{
    char sentence[SENTENCE_BYTES];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(sentence, sizeof sentence, fmt, ap);
    va_end(ap);
    if (!f->silent)
        lt_diags_hint(f->diags, "%s", sentence);
}

void lt_value_fault(lt_fill *f, const ltc_opt *o, const lt_node *n, const char *fmt, ...)
{
    char key[KEY_BYTES];
    va_list ap;
    snprintf(key, sizeof key, "%s%s%s", f->group, *f->group ? "." : "", lt_opt_leaf(o));
    va_start(ap, fmt);
    report(f, n->at, key, fmt, ap);
    va_end(ap);
}
