/* The lines of a run: main and each variant, in the order in which they are planned and reported. */
#ifndef LT_CONFIG_LINES_H
#define LT_CONFIG_LINES_H

#include "config/value.h"

/* Fills settings->line from the run and its variants, which have been settled without a fault. */
void lt_lines_settle(lt_fill *f, lt_settings *settings);

#endif
