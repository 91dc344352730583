/* Owns the list of lines. Called by settle.c when all else is settled. */
#include "config/lines.h"

#include <stdio.h>
#include <string.h>

void lt_lines_settle(lt_fill *f, lt_settings *settings)
{
    const uint32_t n = 1 + settings->n_variants;
    settings->line = lt_arena_array(f->arena, n, sizeof *settings->line);
    f->no_memory |= !settings->line;
    if (f->no_memory)
        return;
    settings->n_lines = n;
    settings->line[0] = (lt_line){ .settings = settings, .name = "main" };
    for (uint32_t v = 0; v < settings->n_variants; v++) {
        const lt_variant *own = &settings->variant[v];
        settings->line[v + 1] = (lt_line){ own, &own->settings, own->name, v + 1, 0 };
    }
}

bool lt_line_follows(const lt_line *l)
{
    return l->variant && (l->variant->masks == LT_MASKS_MAIN || l->variant->match != LT_MATCH_NONE);
}

void lt_line_blame(const lt_line *l, ltc_error *err)
{
    const size_t n = strlen(err->message);
    if (l->variant)
        snprintf(err->message + n, sizeof err->message - n, " (variant '%.64s')", l->name);
}
