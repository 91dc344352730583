/* Points of a sweep: the values that swept keys have in them, and how these are called and written. */
#ifndef LT_CONFIG_POINTS_H
#define LT_CONFIG_POINTS_H

#include "config/sweep.h"

typedef struct lt_points {
    lt_fill       *fill;                      /* whose arena is the settings' */
    lt_settings   *settings;                  /* swept, label and point are filled here */
    lt_arena      *trees;
    const char   **key;                       /* [n_swept], which settings->swept is */
    const lt_node ***value;                   /* [n_points][n_swept] what each sets; NULL: nothing */
    uint32_t       n_swept, n_points;
} lt_points;

/* Everything below: false, and fill->no_memory, where there is none. First all keys, at most so many. */
bool lt_points_open(lt_points *p, size_t most_keys);
bool lt_points_add_keys(lt_points *p, const lt_sweep *s);

/* Then room for so many points; point 0, at which nothing is swept, is one of them. */
bool lt_points_reserve(lt_points *p, size_t most_points);

/* The values of one, for lt_points_put and then lt_points_find; NULL: no memory. */
const lt_node **lt_points_values(lt_points *p);
void lt_points_put(const lt_points *p, const lt_node **values, const lt_swept *s, size_t value);

/* The point with those values: a new one if there was none. */
uint32_t lt_points_find(lt_points *p, const lt_node **values);

/* Fills what a line, settled at its point, has for each swept key: in its settings, if it is one option of
 * theirs; else what the point says. */
bool lt_points_show(lt_points *p, lt_line *l);

/* When all lines are there: the names of keys and points, and a sweep as the resolved run.cfg has it: the
 * run's (order 0), or a variant's. */
bool lt_points_name(lt_points *p);
bool lt_points_write(lt_points *p, uint32_t order, const lt_sweep *s, const lt_axis **axis, uint32_t *n);

#endif
