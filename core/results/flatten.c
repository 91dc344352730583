/* Owns the way from nested groups to whole keys. Called by facts.c with the text of run.cfg, which config
 * wrote. */
#include "results/flatten.h"

#include "config/lex.h"

enum { DEPTH = 64 };                          /* groups within groups: as many as a configuration may have */

typedef struct walk {
    lt_lexer       lexer;
    lt_text        key;                       /* of the group it is in, with a dot behind it */
    unsigned       depth;                     /* of that group */
    lt_flatten_fn *fn;
    void          *arg;
} walk;

static ltc_status refuse(lt_token t, ltc_error *err)
{
    return ltc_fail(err, LTC_EINTERNAL, "line %u of the resolved configuration cannot be read", t.line);
}

static void leave(walk *w, size_t length)
{
    if (w->key.failed)
        return;
    w->key.n = length;
    w->key.s[length] = '\0';
}

/* From `first` to the token before the semicolon, both included. */
static ltc_status take_value(walk *w, lt_token first, ltc_error *err)
{
    lt_token last = first, t = first;
    while (t.kind != LT_TOKEN_SEMICOLON) {
        if (t.kind == LT_TOKEN_END)
            return refuse(t, err);
        last = t;
        t = lt_lexer_next(&w->lexer);
    }
    if (w->key.failed)
        return ltc_fail(err, LTC_ENOMEM, "no memory for the keys of the configuration");
    return w->fn(w->arg, w->key.s, first.s, (size_t)(last.s + last.n - first.s), err);
}

static ltc_status take_group(walk *w, unsigned until, ltc_error *err);

/* Groups as "0.", "1.", ... behind the key, up to the closing bracket. */
static ltc_status take_list(walk *w, ltc_error *err)
{
    const size_t length = w->key.n;
    lt_token t = lt_lexer_next(&w->lexer);
    ltc_status st = LTC_OK;
    for (unsigned i = 0; !st && t.kind == LT_TOKEN_OPEN_GROUP; i++) {
        lt_text_add(&w->key, ".%u.", i);
        st = take_group(w, LT_TOKEN_CLOSE_GROUP, err);
        leave(w, length);
        t = lt_lexer_next(&w->lexer);
        if (t.kind == LT_TOKEN_COMMA)
            t = lt_lexer_next(&w->lexer);
    }
    return st || t.kind == LT_TOKEN_CLOSE_LIST ? st : refuse(t, err);
}

static ltc_status take_setting(walk *w, ltc_error *err)
{
    const lt_token t = lt_lexer_next(&w->lexer);
    lt_lexer ahead = w->lexer;
    if (t.kind == LT_TOKEN_OPEN_GROUP) {
        lt_text_put(&w->key, ".", 1);
        return take_group(w, LT_TOKEN_CLOSE_GROUP, err);
    }
    if (t.kind == LT_TOKEN_OPEN_LIST && lt_lexer_next(&ahead).kind == LT_TOKEN_OPEN_GROUP)
        return take_list(w, err);
    return take_value(w, t, err);
}

/* One whose name was read. */
static ltc_status take_named(walk *w, lt_token name, ltc_error *err)
{
    const size_t length = w->key.n;
    if (name.kind != LT_TOKEN_NAME || lt_lexer_next(&w->lexer).kind != LT_TOKEN_EQUALS)
        return refuse(name, err);
    lt_text_put(&w->key, name.s, name.n);
    const ltc_status st = take_setting(w, err);
    leave(w, length);
    return st;
}

/* Settings up to the token of kind `until`. A semicolon behind a group may be missing. */
static ltc_status take_group(walk *w, unsigned until, ltc_error *err)
{
    lt_token t = lt_lexer_next(&w->lexer);
    ltc_status st = w->depth++ < DEPTH ? LTC_OK : refuse(t, err);
    for (; !st && t.kind != until; t = lt_lexer_next(&w->lexer)) {
        if (t.kind != LT_TOKEN_SEMICOLON)
            st = take_named(w, t, err);
    }
    w->depth--;
    return st;
}

ltc_status lt_flatten(const char *text, lt_flatten_fn *fn, void *arg, ltc_error *err)
{
    walk w = { .lexer = lt_lexer_of(text), .fn = fn, .arg = arg };
    lt_text_put(&w.key, "", 0);
    const ltc_status st = take_group(&w, LT_TOKEN_END, err);
    lt_text_free(&w.key);
    return st;
}
