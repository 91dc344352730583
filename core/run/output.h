/* Output: the directory of a run: its lock and the resolved configuration. */
#ifndef LT_RUN_OUTPUT_H
#define LT_RUN_OUTPUT_H

#include "util/text.h"

#include <ltcore/base.h>

typedef struct lt_output {
    char *directory;
    int   lock;                               /* a descriptor; the lock goes with it */
} lt_output;

/* Makes the directory, locks it, and writes run.cfg. A directory that another process works in, or that holds
 * the results of another configuration, is refused; the sentence names what differs. */
ltc_status lt_output_open(const char *directory, const char *resolved, lt_output *o, ltc_error *err);
void lt_output_close(lt_output *o);

#endif
