/* A run that was never made: three trials of a main line and two variants, its rows in any order, and the
 * directory that they are written to. */
#ifndef LT_TESTS_RESULTS_RIG_H
#define LT_TESTS_RESULTS_RIG_H

#include "results/results.h"
#include "util/text.h"

typedef struct rig {
    char         dir[256], store_dir[280];
    lt_settings  settings;
    lt_variant   variant[2];
    lt_line      line[3];                     /* main and the variants; a test may take some away */
    lt_line_fact line_fact[3];
    lt_data_fact data;
    lt_run_facts facts;
    lt_digest mask[101], state; /* objects of the store: by number of weights alive; of every training */
    lt_store    *store;
    lt_results  *results;
} rig;

enum { RIG_ROWS = 20 };

/* Opens results in a new directory; variants and facts may be changed before rig_start. */
rig *rig_create(void);
void rig_start(rig *r);
void rig_close(rig *r);                       /* removes the directory too */

/* Row i of RIG_ROWS; its layers are at `layer`. The numbers stand in results_rig.c. */
lt_level_row rig_row(const rig *r, size_t i, lt_layer_row layer[3]);

/* All rows and their history, in the order of order[RIG_ROWS]. */
void rig_fill(rig *r, const size_t *order);
void rig_finish(rig *r);
extern const size_t rig_forward[RIG_ROWS], rig_shuffled[RIG_ROWS];

/* A file of the directory. */
lt_text rig_read(const rig *r, const char *name);

/* Compares with golden/results/NAME; with LTCORE_WRITE_GOLDEN in the environment writes instead. Says what
 * differs on standard error. */
bool rig_is_golden(const char *name, const char *text);

/* The first value that sql gives in results.db, as text. */
lt_text rig_query(const rig *r, const char *sql);

#endif
