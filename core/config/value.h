/* Values: one type of option, from a node of the tree into its field and back to text. */
#ifndef LT_CONFIG_VALUE_H
#define LT_CONFIG_VALUE_H

#include "config/config.h"
#include "config/tree.h"

/* One configuration that is being filled, the run's or a variant's, and the group that it has come to. */
typedef struct lt_fill {
    const lt_config_request *request;
    const char *group;                        /* "train.optimizer", for messages */
    lt_arena   *arena;                        /* of the block's strings and lists */
    lt_diags   *diags;
    const char       *within;                 /* before keys: "variants[random reinit]"; the run: NULL */
    const lt_node    *overlay;                /* what the variant sets itself */
    const lt_variant *variant;
    const struct lt_fault *faults;            /* so far: what was said of the run, or of another
                                               * point, is not repeated */
    size_t      n_faults;                     /* reported or not */
    bool        silent;                       /* the last one was not reported: nor is its hint */
    bool        no_memory;                    /* set once there is none */
} lt_fill;

/* All that is particular to a type. */
typedef struct lt_value_type {
    const char *name;                         /* in the help: "integer" */
    const char *wants;                        /* in a sentence: "an integer" */
    size_t      size;                         /* of the field */

    /* False, with a diagnostic or f->no_memory, if the node is not such a value or not within the option's
     * bounds. */
    bool (*read)(lt_fill *f, const ltc_opt *o, const lt_node *n, void *field);

    /* The default. False as above; a broken default of a list is the plug-in's fault. */
    bool (*take_default)(lt_fill *f, const ltc_opt *o, void *field);

    /* As run.cfg has it. False, and nothing written, if the field says "not set". */
    bool (*write)(const ltc_opt *o, const void *field, lt_text *to);
} lt_value_type;

/* NULL: no such type. */
const lt_value_type *lt_value_type_of(uint32_t type);

/* "[0, 1)" for numbers, "a | b" for choices, "" where there are no bounds. */
void lt_value_range(const ltc_opt *o, lt_text *to);

/* A diagnostic about the setting `key`, such as "prune.rate"; of a variant, its name comes before it. The
 * hint is to the last of them. */
void lt_fill_fault(lt_fill *f, lt_place at, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void lt_fill_hint(lt_fill *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What the filling of a variant, or of a point, leaves for the next. */
void lt_fill_join(lt_fill *run, const lt_fill *part);

/* The same at the node's place, with the option's key. */
void lt_value_fault(lt_fill *f, const ltc_opt *o, const lt_node *n, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* "x is not an integer", with a remedy where the types suggest one. Always false. */
bool lt_value_mistyped(lt_fill *f, const ltc_opt *o, const lt_node *n, const char *wants);

/* Single values, and the elements of lists. The option's bounds and choices are checked. */
bool lt_value_int(lt_fill *f, const ltc_opt *o, const lt_node *n, int64_t *to);
bool lt_value_real(lt_fill *f, const ltc_opt *o, const lt_node *n, double *to);
bool lt_value_string(lt_fill *f, const ltc_opt *o, const lt_node *n, const char **to);
bool lt_value_path(lt_fill *f, const ltc_opt *o, const lt_node *n, const char **to);
bool lt_value_moment(lt_fill *f, const ltc_opt *o, const lt_node *n, lt_moment *to);
bool lt_value_choice(lt_fill *f, const ltc_opt *o, const lt_node *n, int64_t *index);
void lt_value_write_string(const char *s, lt_text *to);       /* in quotes, escaped for libconfig */

/* The types of lists, of factors, and of lists of groups, for the table. */
extern const lt_value_type lt_type_ints, lt_type_reals, lt_type_strings, lt_type_moments, lt_type_factor;
extern const lt_value_type lt_type_groups;

#endif
