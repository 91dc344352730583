/* What no table of options can say: how keys depend on each other. */
#ifndef LT_CONFIG_RULES_H
#define LT_CONFIG_RULES_H

#include "config/value.h"

/* Reports every key that is written and cannot act, and every one whose values do not go together. The
 * settings have been filled without a fault. */
void lt_rules_check(lt_fill *f, const lt_node *root, const lt_settings *s);

/* The part of it that is about prune: rules_prune.c; and of that what layers have of their own:
 * rules_layers.c. */
void lt_rules_check_prune(lt_fill *f, const lt_node *root, const lt_settings *s);
void lt_rules_check_layers(lt_fill *f, const lt_node *root, const lt_settings *s);

/* How long the training of the group `path`, train or retrain, is and what its keys ask of one another. */
void lt_rules_check_training(lt_fill *f, const lt_node *root, const char *path, const lt_train_settings *t);

/* What retrain and prune ask of one another: rules_retrain.c. */
void lt_rules_check_retrain(lt_fill *f, const lt_node *root, const lt_settings *s);

/* How much is pruned: one of three keys. key NULL: none of them. */
typedef struct lt_amount {
    const char *key, *leaf;
    ltc_reals   v;
    int         direction;                    /* of targets, from level to level: 1 up, -1 down; 0: rates */
} lt_amount;
lt_amount lt_rules_amount(const lt_settings *s);

/* A list of targets: each level is one, and none can undo another. */
void lt_rules_check_targets(lt_fill *f, lt_place at, const char *key, lt_amount a);

/* Keys of which one layer holds more than one, though each replaces the others. */
void lt_rules_check_layer(const lt_node *layer, lt_diags *d);

/* Where the key was written; if it was not, the variant's place, or the file as a whole. */
lt_place lt_rules_place(const lt_fill *f, const lt_node *root, const char *key);

bool lt_rules_names_directory(const char *name);

/* Does the criterion fix its own count? With some it depends on their options, and is not known before one is
 * made. */
enum { LT_COUNTS_NOT, LT_COUNTS_ITSELF, LT_COUNTS_PERHAPS };
int lt_rules_counts(const lt_settings *s);

/* How many levels the settings give below the dense network; LT_LEVELS_OF_NETWORK: as many as the network has
 * tensors to prune, or more. */
#define LT_LEVELS_OF_NETWORK INT64_MAX
int64_t lt_rules_levels(const lt_settings *s);

#endif
