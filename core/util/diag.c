/* Owns the list of what is wrong with a configuration. Filled by core/config, printed by the command that
 * read it. */
#include "util/diag.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

enum { LINE_BYTES = 2048 };                   /* a longer sentence is cut */
enum { LINE_COLUMNS = 110 };                  /* a hint that makes a line wider stands below */

typedef struct lt_diag {
    struct lt_diag *next;
    const char     *file, *text, *hint;       /* text: the whole line but the program's name */
    unsigned        file_order, line;
    size_t          order;
} lt_diag;

/* The file's name and rank: those of an earlier diagnostic of the same file, or a copy and the next rank. */
static void set_file(lt_diags *d, lt_diag *of, const char *file)
{
    unsigned ranks = 0;
    for (const lt_diag *e = d->first; e; e = e->next) {
        if (file && e->file ? !strcmp(file, e->file) : file == e->file) {
            of->file = e->file;
            of->file_order = e->file_order;
            return;
        }
        ranks = e->file_order >= ranks ? e->file_order + 1 : ranks;
    }
    of->file = file ? lt_arena_text(&d->arena, file) : NULL;
    of->file_order = ranks;
}

static char *place_text(lt_diags *d, lt_place at)
{
    if (!at.file)
        return lt_arena_text(&d->arena, "");
    if (!at.line)
        return lt_arena_print(&d->arena, "%s: ", at.file);
    return lt_arena_print(&d->arena, "%s:%u: ", at.file, at.line);
}

void lt_diags_add(lt_diags *d, lt_place at, const char *key, const char *fmt, ...)
{
    char sentence[LINE_BYTES];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(sentence, sizeof sentence, fmt, ap);
    va_end(ap);

    d->n++;                                   /* counted even if there is no memory to say it */
    lt_diag *e = lt_arena_array(&d->arena, 1, sizeof *e);
    const char *place = place_text(d, at);
    if (!e || !place)
        return;
    char *text = lt_arena_print(&d->arena, "%s%s%s%s", place, key ? key : "", key ? ": " : "", sentence);
    if (!text)
        return;
    lt_text_flatten(text);
    e->text = text;
    set_file(d, e, at.file);
    e->line = at.line;
    e->order = d->n;
    if (d->last)
        d->last->next = e;
    else
        d->first = e;
    d->last = e;
}

void lt_diags_hint(lt_diags *d, const char *fmt, ...)
{
    char hint[LINE_BYTES];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(hint, sizeof hint, fmt, ap);
    va_end(ap);
    if (d->last && d->last->order == d->n)    /* or the one it belongs to could not be kept */
        d->last->hint = lt_arena_text(&d->arena, hint);
}

static int by_place(const void *left, const void *right)
{
    const lt_diag *a = *(const lt_diag *const *)left, *b = *(const lt_diag *const *)right;
    if (a->file_order != b->file_order)
        return a->file_order < b->file_order ? -1 : 1;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

/* A hint that fits stands in brackets behind its sentence, any other below it, indented. */
static void print_one(const lt_diag *e, FILE *to)
{
    const char *hint = e->hint ? e->hint : "";
    const size_t width = strlen("ltcore:  ()") + strlen(e->text) + strlen(hint);
    const bool fits = width <= LINE_COLUMNS && !strchr(hint, '\n');
    fprintf(to, "ltcore: %s", e->text);
    if (*hint && fits)
        fprintf(to, " (%s)", hint);
    while (*hint && !fits) {
        const size_t n = strcspn(hint, "\n");
        fprintf(to, "\n        %.*s", (int)n, hint);
        hint += n + (hint[n] == '\n');
    }
    fputc('\n', to);
}

void lt_diags_print(const lt_diags *d, FILE *to)
{
    size_t kept = 0;
    for (const lt_diag *e = d->first; e; e = e->next)
        kept++;
    const lt_diag **sorted = lt_array(kept, sizeof(lt_diag *));
    size_t n = 0;
    for (const lt_diag *e = d->first; e; e = e->next) {
        if (sorted)
            sorted[n++] = e;
        else
            print_one(e, to);                 /* unsorted is better than unsaid */
    }
    if (sorted)
        qsort(sorted, n, sizeof *sorted, by_place);
    for (size_t i = 0; i < n; i++)
        print_one(sorted[i], to);
    if (kept < d->n)
        fprintf(to, "ltcore: out of memory: %zu more messages are lost\n", d->n - kept);
    free(sorted);
}

const char *lt_diags_first(const lt_diags *d)
{
    return d->first ? d->first->text : NULL;
}

void lt_diags_free(lt_diags *d)
{
    lt_arena_free(&d->arena);
    *d = (lt_diags){ 0 };
}
