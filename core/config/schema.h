/* The core's own keys: one table of options a group, into lt_settings, and the few rules that a table cannot
 * say. */
#ifndef LT_CONFIG_SCHEMA_H
#define LT_CONFIG_SCHEMA_H

#include "config/settings.h"
#include "config/tree.h"

/* Types beyond option.h, with the C type of the field. */
enum {
    LT_OPT_MOMENT = 0x100,                    /* lt_moment */
    LT_OPT_MOMENTS,                           /* lt_moments */
    LT_OPT_PLUGIN,                            /* lt_plugin_setting: a module's name */
    LT_OPT_FACTOR,                            /* double: "none", "half", "full" or a number in [0, 1] */
    LT_OPT_VALUES,                            /* of a sweep: a list or a range; no field */
    LT_OPT_GROUPS                             /* a list of structs, lt_layer_rates, by lt_list_groups */
};
/* Flags beyond option.h. */
enum {
    LT_OPT_SPAN    = 1u << 16,            /* MOMENT, MOMENTS: a number of steps or epochs; i.min: the least */
    LT_OPT_HERE    = 1u << 17,            /* PATH: starts at the current directory, wherever it was written */
    LT_OPT_PATHS   = 1u << 18,            /* STRINGS: each is a path */
    LT_OPT_DERIVED = 1u << 19,            /* has a default that is no constant; the help says which */
    LT_OPT_SCALAR  = 1u << 20             /* REALS: a number alone is a list of one, and that is written so */
};

/* An option, or a group within, that acts only while another option of its group, an ENUM, has one of some
 * values. */
typedef struct lt_only {
    const char *key, *selector;
    uint32_t    values;                       /* bit i: choice i */
} lt_only;

typedef struct lt_group {
    const char    *path, *help;               /* "train.optimizer" */
    ltc_schema     schema;                    /* names: "train.optimizer.lr"; offsets: into lt_settings */
    const char    *over;                      /* the group whose keys it has too, as an overlay; or NULL */
    uint32_t       kind;                      /* of the plug-in whose options stand here too; 0: none */
    uint32_t       n_only;
    const lt_only *only;
} lt_group;

extern const lt_group lt_groups[];            /* in the order of run.cfg; the outer before the inner */
extern const size_t lt_n_groups;

/* What a variant has beside the groups of a run: "variants", its own keys, and "variants.prune", those in its
 * group prune. Offsets: into lt_variant. */
extern const lt_group lt_variant_groups[];
extern const size_t lt_n_variant_groups;

/* The elements of options of type GROUPS: one table for each such option, called as it is. */
extern const lt_group lt_list_groups[];
extern const size_t lt_n_list_groups;

/* The keys of run.cfg that stand in no group and that settings hold: the lists of variants and
 * of what is swept. */
extern const ltc_schema lt_root_schema;

/* Keys of which each replaces the others in an overlay, and of which one layer holds one. */
typedef struct lt_either {
    const char *group, *key[4];               /* NULL-terminated */
} lt_either;
extern const lt_either lt_eithers[];
extern const size_t lt_n_eithers;

const ltc_opt *lt_schema_at(const ltc_schema *s, uint32_t i);
const char *lt_opt_leaf(const ltc_opt *o);    /* "lr" of "train.optimizer.lr" */
const ltc_opt *lt_schema_find(const ltc_schema *s, const char *leaf);     /* NULL: not there */
const char *lt_schema_word(const ltc_schema *s, const char *leaf, int64_t v); /* of an ENUM that is there */
const lt_group *lt_group_find(const char *path);                          /* NULL: not there */

/* The variant's own keys within its group `path`, "" for the variant itself; NULL: it has none there. */
const ltc_schema *lt_variant_schema(const char *path);

/* The keys of an element of the GROUPS called `path`; there is such a table. */
const ltc_schema *lt_list_schema(const char *path);

/* The groups directly in the one at `path`, "" for the root, one after another. last NULL: the first. */
const lt_group *lt_group_next_within(const char *path, const lt_group *last);

/* The plug-in that the group names; NULL if it is not one of those. */
lt_plugin_setting *lt_group_plugin(const lt_group *g, lt_settings *s);

/* The rule that keeps the option or group called `leaf` from acting in these settings, or NULL. */
const lt_only *lt_group_idle(const lt_group *g, const char *leaf, const lt_settings *s);

/* What an overlay drops of what it covers (lt_node_drops): an old plug-in's options, what an old type or
 * strategy alone could use, the alternatives of a key that it sets, prune.rounds where it lists the rounds or
 * levels. */
bool lt_schema_drops(const char *path, const lt_node *base, const lt_node *over, const char *name);

#endif
