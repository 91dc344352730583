/* Sweeps: which keys take several values one after another, and the trees that result. */
#ifndef LT_CONFIG_SWEEP_H
#define LT_CONFIG_SWEEP_H

#include "config/schema.h"
#include "config/value.h"

/* A swept key and its values, all different. */
typedef struct lt_swept {
    const char           *key;                /* "prune.mask.alpha", or a group's */
    const lt_node *const *value;              /* [n] */
    size_t                n;
} lt_swept;

/* Of main or of a variant; Cartesian, the last of them changing fastest. */
typedef struct lt_sweep { lt_swept *v; size_t n; } lt_sweep;

extern const lt_group lt_sweep_group;         /* for `ltcore help config` */

/* The run's: its list `sweep`, and every option that has a list or range in the place of one value. Returns
 * the tree that it is laid over: that of the run, where keys that had no single value have their first one.
 * Trees and nodes are in the arena. NULL: no memory; what is wrong is reported and left out. */
const lt_node *lt_sweep_of_run(lt_fill *f, const lt_node *root, lt_registry *registry, lt_arena *a,
                               lt_sweep *s);

/* Likewise a variant's, which is laid over the run. */
const lt_node *lt_sweep_of_variant(lt_fill *f, const lt_node *overlay, const lt_node *run,
                                   lt_registry *registry, lt_arena *a, lt_sweep *s);

/* The tree with value at[i] of every s->v[i]. Another plug-in or type drops what belonged to the one
 * before. NULL: no memory. */
const lt_node *lt_sweep_at(lt_arena *a, const lt_node *base, const lt_sweep *s, const size_t *at);

/* Those values alone, as an overlay on the run. */
const lt_node *lt_sweep_overlay(lt_arena *a, const lt_sweep *s, const size_t *at);

#endif
