/* The list of variants: each laid over the run and settled as one whole. */
#ifndef LT_CONFIG_VARIANTS_H
#define LT_CONFIG_VARIANTS_H

#include "config/sweep.h"
#include "config/value.h"

/* What a variant lays over the run, and what it sweeps itself; overlay NULL: it is no group. */
typedef struct lt_laid {
    const char    *within;                    /* "variants[random reinit]" */
    const lt_node *element, *overlay;         /* as written, with one value a key; without the keys that
                                               * only variants have */
    lt_sweep       sweep;
} lt_laid;

/* Fills settings->variant and *laid [n_variants], which is in the arena; run: the tree that each is laid
 * over. f and the rest of the settings are the run's, perhaps with faults. */
void lt_variants_settle(lt_fill *f, const lt_node *run, const lt_node *variants, lt_registry *registry,
                        lt_settings *settings, lt_arena *a, lt_laid **laid);

/* Does it take the run's masks, or their amounts? Then it has the run's levels and points. */
bool lt_variant_follows(const lt_variant *v);

/* What a variant asks of the run and of itself, where they have come to these settings. */
void lt_variant_check(lt_fill *f, const lt_settings *run, const lt_variant *v, const lt_settings *own);

#endif
