/* Values: one type of option, from a node of the tree into its field and back to text. */
#ifndef LT_CONFIG_VALUE_H
#define LT_CONFIG_VALUE_H

#include "config/config.h"
#include "config/tree.h"

/* One group that is being filled. */
typedef struct lt_fill {
    const lt_config_request *request;
    const char *group;                        /* "train.optimizer", for messages */
    lt_arena   *arena;                        /* of the block's strings and lists */
    lt_diags   *diags;
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

/* A diagnostic at the node's place, with the option's key. */
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

/* The types of lists, for the table. */
extern const lt_value_type lt_type_ints, lt_type_reals, lt_type_strings, lt_type_moments;

#endif
