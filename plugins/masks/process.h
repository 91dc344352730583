/* process: another program, run once with bytes on its standard input, whose standard output is collected.
 * Linked to exec.c alone. */
#ifndef MASKS_PROCESS_H
#define MASKS_PROCESS_H

#include <ltcore/plugin.h>

enum { PROCESS_LINE = 200 };

typedef struct process_io {
    const uint8_t *input;
    size_t   n_input;
    size_t   most;                            /* output beyond it is an error */
    uint8_t *output;                          /* for free(), whatever process_run returns */
    size_t   n_output;
    char     line[PROCESS_LINE];              /* the last that it wrote to standard error, or "" */
} process_io;

/* argv[0] is the program's path, which is not searched for; argv ends with NULL. Both directions flow at
 * once, so a program may write before it has read all, or read nothing. What it leaves in the background is
 * not waited for. It is killed, with what it started, once the run is cancelled or it writes too much.
 * LTC_EIO for one that does not end with status 0, with its last line. [serial] */
ltc_status process_run(const ltc_host *h, const char *const *argv, process_io *io, ltc_error *err);

#endif
