/* A grid of texts, printed as columns that fit a width. */
#ifndef LT_RESULTS_GRID_H
#define LT_RESULTS_GRID_H

#include <stdbool.h>
#include <stdio.h>

#include "util/memory.h"

/* Owns its cells. Row 0 is the heading. */
typedef struct lt_grid {
    lt_arena     arena;
    const char **cell;
    size_t       rows, columns;
    bool         failed;                      /* no memory for a cell */
} lt_grid;

lt_grid lt_grid_of(size_t rows, size_t columns);
void lt_grid_set(lt_grid *g, size_t row, size_t column, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Flush right, two blanks apart; an empty column is left out. Columns beyond `width` follow below, with the
 * first `fixed` columns again. */
void lt_grid_print(const lt_grid *g, size_t fixed, size_t width, FILE *to);
void lt_grid_free(lt_grid *g);

/* Words of s, in lines no longer than width. */
void lt_wrap(const char *s, size_t width, FILE *to);

#endif
