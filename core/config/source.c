/* Owns the reading of configuration files. Called by read.c for each file and each --set. libconfig is given
 * the spliced text, never a file: its scanner ends the process when it is handed a directory, takes included
 * paths as relative to one fixed folder, and remembers files only by the words of the @include. */
#include "config/source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "config/lex.h"
#include "config/path.h"

enum { INCLUDE_DEPTH = 10, FILE_BYTES = 16 << 20 };

/* From line `from` of the spliced text on: lines of at.file, counted from at.line; with line 0, all of one
 * place. */
struct lt_source_span {
    struct lt_source_span *before;
    unsigned from;
    lt_place at;
};

typedef struct splicer {
    lt_source  *source;
    lt_arena   *arena;
    lt_diags   *diags;
    const char *directory;
} splicer;

static ltc_status add_span(lt_source *s, lt_arena *a, lt_place at)
{
    struct lt_source_span *span = lt_arena_array(a, 1, sizeof *span);
    if (!span)
        return LTC_ENOMEM;
    *span = (struct lt_source_span){ .before = s->last, .from = s->line, .at = at };
    s->last = span;
    return LTC_OK;
}

static void put(lt_source *s, const char *text, size_t n)
{
    lt_text_put(&s->text, text, n);
    for (size_t i = 0; i < n; i++)
        s->line += text[i] == '\n';
}

/* What keeps the file from being read, or NULL. */
static const char *read_whole(FILE *f, lt_text *to)
{
    struct stat about;
    char part[8192];
    if (fstat(fileno(f), &about) == 0 && S_ISDIR(about.st_mode))
        return "is a directory";
    for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;) {
        if (memchr(part, 0, n))
            return "is not a text file: it holds a NUL byte";
        if (to->n + n > FILE_BYTES)
            return "is larger than 16 MiB";
        lt_text_put(to, part, n);
    }
    lt_text_put(to, "", 0);                   /* an empty file is an empty string */
    return ferror(f) ? "cannot be read" : NULL;
}

static ltc_status read_file(const splicer *s, const char *path, lt_place from, lt_text *to)
{
    const char *absolute = lt_path_join(s->arena, s->directory, path);
    if (!absolute)
        return LTC_ENOMEM;
    FILE *f = fopen(absolute, "rb");
    if (!f) {
        lt_diags_add(s->diags, from, NULL, "'%s' cannot be read: %s", path, strerror(errno));
        return LTC_EIO;
    }
    const char *fault = read_whole(f, to);
    fclose(f);
    if (fault) {
        lt_diags_add(s->diags, from, NULL, "'%s' %s", path, fault);
        return LTC_EIO;
    }
    return to->failed ? LTC_ENOMEM : LTC_OK;
}

static ltc_status splice(const splicer *s, const char *path, lt_place from, int depth);

/* @include "path": the file's text, then a line of its own for what follows. */
static ltc_status include(const splicer *s, const char *naming, const lt_token *t, int depth)
{
    const lt_place here = { naming, t->line };
    const char *open = memchr(t->s, '"', t->n);
    const char *words = lt_arena_print(s->arena, "%.*s", (int)(t->s + t->n - 2 - open), open + 1);
    const char *path = words ? lt_path_beside(s->arena, naming, words) : NULL;
    if (!path)
        return LTC_ENOMEM;
    if (depth == INCLUDE_DEPTH) {
        lt_diags_add(s->diags, here, NULL, "@include stands more than %d files deep", INCLUDE_DEPTH);
        lt_diags_hint(s->diags, "does a file include itself?");
        return LTC_EINVAL;
    }
    ltc_status st = splice(s, path, here, depth + 1);
    put(s->source, "\n", 1);
    return st ? st : add_span(s->source, s->arena, here);
}

static ltc_status splice_text(const splicer *s, const char *text, const char *path, int depth)
{
    ltc_status st = add_span(s->source, s->arena, (lt_place){ path, 1 });
    lt_lexer x = lt_lexer_of(text);
    const char *done = text;
    for (lt_token t = lt_lexer_next(&x); !st && t.kind != LT_TOKEN_END; t = lt_lexer_next(&x)) {
        if (t.kind != LT_TOKEN_INCLUDE)
            continue;
        put(s->source, done, (size_t)(t.s - done));
        st = include(s, path, &t, depth);
        done = t.s + t.n;
    }
    put(s->source, done, strlen(done));
    return st;
}

static ltc_status splice(const splicer *s, const char *path, lt_place from, int depth)
{
    static const char mark[] = "\xef\xbb\xbf";        /* the byte order mark of some editors */
    lt_text text = { 0 };
    ltc_status st = read_file(s, path, from, &text);
    if (!st) {
        const size_t skip = strncmp(text.s, mark, sizeof mark - 1) ? 0 : sizeof mark - 1;
        st = splice_text(s, text.s + skip, path, depth);
    }
    lt_text_free(&text);
    return st;
}

ltc_status lt_source_open(lt_source *s, lt_arena *a, const char *directory, const char *path, lt_place from,
                          lt_diags *d)
{
    *s = (lt_source){ .line = 1 };
    const splicer by = { .source = s, .arena = a, .diags = d, .directory = directory };
    const ltc_status st = splice(&by, path, from, 0);
    return s->text.failed ? LTC_ENOMEM : st;
}

ltc_status lt_source_open_text(lt_source *s, lt_arena *a, const char *text, lt_place at)
{
    *s = (lt_source){ .line = 1 };
    const ltc_status st = add_span(s, a, at);
    put(s, text, strlen(text));
    lt_text_put(&s->text, "", 0);
    return s->text.failed ? LTC_ENOMEM : st;
}

lt_place lt_source_place(const lt_source *s, unsigned line)
{
    const struct lt_source_span *span = s->last;
    while (span->before && span->from > line)
        span = span->before;
    const unsigned beyond = line > span->from ? line - span->from : 0;
    return (lt_place){ span->at.file, span->at.line ? span->at.line + beyond : 0 };
}

void lt_source_close(lt_source *s)
{
    lt_text_free(&s->text);
}
