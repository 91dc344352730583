/* Figures: numbers as people read them: 1,234,567; 12.3 MiB; 300 x 784. For commands that print tables. */
#ifndef LT_UTIL_FIGURES_H
#define LT_UTIL_FIGURES_H

#include <stdint.h>

/* Room for any of them. Each writes into its second argument and returns it. */
typedef struct lt_figure { char s[128]; } lt_figure;

const char *lt_figure_count(uint64_t n, lt_figure *f);
const char *lt_figure_bytes(uint64_t bytes, lt_figure *f);
const char *lt_figure_shape(const int64_t *dim, uint32_t rank, lt_figure *f);      /* rank 0: "scalar" */

#endif
