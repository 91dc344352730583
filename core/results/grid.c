/* Owns the layout of tables on a terminal. Called by table.c. */
#include "results/grid.h"

#include <stdarg.h>
#include <string.h>

enum { GAP = 2 };

lt_grid lt_grid_of(size_t rows, size_t columns)
{
    lt_grid g = { .rows = rows, .columns = columns };
    g.cell = lt_arena_array(&g.arena, rows * columns, sizeof *g.cell);
    g.failed = !g.cell;
    return g;
}

void lt_grid_set(lt_grid *g, size_t row, size_t column, const char *fmt, ...)
{
    char text[256];
    va_list ap;
    if (g->failed)
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    const char *copy = lt_arena_text(&g->arena, text);
    g->cell[row * g->columns + column] = copy;
    g->failed = !copy;
}

/* Characters of UTF-8: all bytes but those that continue one. */
static size_t width_of(const char *s)
{
    size_t n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

static const char *text_at(const lt_grid *g, size_t row, size_t column)
{
    const char *s = g->cell[row * g->columns + column];
    return s ? s : "";
}

static size_t width_of_column(const lt_grid *g, size_t column)
{
    size_t widest = 0;
    for (size_t row = 0; row < g->rows; row++) {
        const size_t n = width_of(text_at(g, row, column));
        widest = n > widest ? n : widest;
    }
    return widest;
}

/* With the blanks before it; an empty one takes no place. */
static size_t space_of_column(const lt_grid *g, size_t column)
{
    const size_t width = width_of_column(g, column);
    return width + (column && width ? GAP : 0);
}

static void print_cell(const lt_grid *g, size_t row, size_t column, FILE *to)
{
    const char *s = text_at(g, row, column);
    const size_t blanks = space_of_column(g, column) - width_of(s);
    fprintf(to, "%*s%s", (int)blanks, "", s);
}

static void print_columns(const lt_grid *g, size_t fixed, size_t begin, size_t end, FILE *to)
{
    for (size_t row = 0; row < g->rows; row++) {
        for (size_t column = 0; column < fixed; column++)
            print_cell(g, row, column, to);
        for (size_t column = begin; column < end; column++)
            print_cell(g, row, column, to);
        fputc('\n', to);
    }
}

void lt_grid_print(const lt_grid *g, size_t fixed, size_t width, FILE *to)
{
    size_t always = 0;
    for (size_t column = 0; column < fixed; column++)
        always += space_of_column(g, column);
    for (size_t begin = fixed, end; begin < g->columns; begin = end) {
        size_t used = always;
        for (end = begin; end < g->columns; end++) {
            used += space_of_column(g, end);
            if (used > width && end > begin)      /* one fits always */
                break;
        }
        print_columns(g, fixed, begin, end, to);
        if (end < g->columns)
            fputc('\n', to);
    }
}

void lt_grid_free(lt_grid *g)
{
    lt_arena_free(&g->arena);
    *g = (lt_grid){ 0 };
}

void lt_wrap(const char *s, size_t width, FILE *to)
{
    size_t at = 0;
    while (*s) {
        const size_t bytes = strcspn(s, " ");
        size_t n = 0;
        for (size_t i = 0; i < bytes; i++)
            n += ((unsigned char)s[i] & 0xC0) != 0x80;
        if (at && at + 1 + n > width) {
            fputc('\n', to);
            at = 0;
        }
        at += (size_t)fprintf(to, "%s", at ? " " : "") + n;
        fwrite(s, 1, bytes, to);
        s += bytes;
        s += strspn(s, " ");
    }
    fputc('\n', to);
}
