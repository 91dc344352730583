/* Output: the directory of a run: its lock, the resolved configuration, the history. */
#ifndef LT_RUN_OUTPUT_H
#define LT_RUN_OUTPUT_H

#include "train/trainer.h"

typedef struct lt_output {
    char *directory;
    FILE *history;
    int   lock;                               /* a descriptor; the lock goes with it */
} lt_output;

/* Makes the directory, locks it, and writes run.cfg. A directory that another process works in, or that holds the
 * results of another configuration, is refused; the sentence names what differs. */
ltc_status lt_output_open(const char *directory, const char *resolved, lt_output *o, ltc_error *err);
void lt_output_close(lt_output *o);

/* One row of history.csv, flushed. trial counts from 1. */
ltc_status lt_output_evaluation(lt_output *o, uint64_t trial, double epoch, const lt_evaluation *e, double lr,
                                ltc_error *err);

#endif
