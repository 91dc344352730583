/* Owns the form of tables: cells, and their two ways to be written. Called by html.c and by report.c for
 * Markdown. */
#include "report/table.h"

#include <stdarg.h>
#include <string.h>

lt_sheet lt_sheet_of(const char *id, const char *title, size_t columns)
{
    lt_sheet s = { .id = id, .title = title, .columns = columns };
    lt_sheet_row(&s);
    return s;
}

void lt_sheet_row(lt_sheet *s)
{
    const char **more = s->failed ? NULL
                                  : lt_arena_more(&s->arena, s->cell, s->rows, s->columns * sizeof *more);
    s->failed |= !more;
    if (!more)
        return;
    s->cell = more;
    for (size_t i = 0; i < s->columns; i++)
        more[s->rows * s->columns + i] = "";
    s->rows++;
}

void lt_sheet_set(lt_sheet *s, size_t column, const char *fmt, ...)
{
    va_list ap, again;
    if (s->failed)
        return;
    va_start(ap, fmt);
    va_copy(again, ap);
    const int n = vsnprintf(NULL, 0, fmt, ap);
    char *text = n < 0 ? NULL : lt_arena_array(&s->arena, (size_t)n + 1, 1);
    if (text)
        vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    va_end(ap);
    s->cell[(s->rows - 1) * s->columns + column] = text ? text : "";
    s->failed |= !text;
}

void lt_sheet_free(lt_sheet *s)
{
    lt_arena_free(&s->arena);
    *s = (lt_sheet){ 0 };
}

void lt_html_text(const char *s, lt_text *to)
{
    for (; *s; s++)
        switch (*s) {
        case '&':  lt_text_put(to, "&amp;", 5); break;
        case '<':  lt_text_put(to, "&lt;", 4); break;
        case '>':  lt_text_put(to, "&gt;", 4); break;
        case '"':  lt_text_put(to, "&quot;", 6); break;
        case '\'': lt_text_put(to, "&#39;", 5); break;
        default:
            if ((unsigned char)*s >= ' ' || *s == '\n')
                lt_text_put(to, s, 1);
        }
}

static bool is_number(const char *s)
{
    return *s && strchr("+-0123456789", *s) && strcspn(s, "/:abcdfghijklmnopqrstuvwxyz") == strlen(s);
}

void lt_sheet_html(const lt_sheet *s, size_t run, lt_text *to)
{
    lt_text_add(to, "<div class=\"sheet\"><table id=\"%s", s->id);
    if (run)
        lt_text_add(to, "-%zu", run + 1);
    lt_text_add(to, "\" class=\"%s\"><caption>", s->id);
    lt_html_text(s->title, to);
    lt_text_add(to, "</caption>\n<thead><tr>");
    for (size_t c = 0; c < s->columns; c++) {
        lt_text_add(to, "<th scope=\"col\">");
        lt_html_text(s->cell[c], to);
        lt_text_add(to, "</th>");
    }
    lt_text_add(to, "</tr></thead>\n<tbody>\n");
    for (size_t r = 1; r < s->rows; r++) {
        lt_text_add(to, "<tr>");
        for (size_t c = 0; c < s->columns; c++) {
            const char *cell = s->cell[r * s->columns + c];
            lt_text_add(to, is_number(cell) ? "<td class=\"n\">" : "<td>");
            lt_html_text(cell, to);
            lt_text_add(to, "</td>");
        }
        lt_text_add(to, "</tr>\n");
    }
    lt_text_add(to, "</tbody></table></div>\n");
}

static void put_cell(const char *s, lt_text *to)
{
    lt_text_put(to, " ", 1);
    for (; *s; s++)
        if (*s == '|' || *s == '\\')
            lt_text_add(to, "\\%c", *s);
        else
            lt_text_put(to, *s == '\n' ? " " : s, 1);
    lt_text_put(to, " |", 2);
}

void lt_sheet_markdown(const lt_sheet *s, lt_text *to)
{
    lt_text_add(to, "### %s\n\n", s->title);
    for (size_t r = 0; r < s->rows; r++) {
        lt_text_put(to, "|", 1);
        for (size_t c = 0; c < s->columns; c++)
            put_cell(s->cell[r * s->columns + c], to);
        lt_text_put(to, "\n", 1);
        for (size_t c = 0; r == 0 && c < s->columns; c++)
            lt_text_add(to, "%s---|%s", c ? "" : "|", c + 1 == s->columns ? "\n" : "");
    }
    lt_text_put(to, "\n", 1);
}
