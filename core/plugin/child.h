/* A child process that may crash or hang, and the bytes that it sends back. Called by the listing, the check
 * and `ltcore info`. */
#ifndef LT_PLUGIN_CHILD_H
#define LT_PLUGIN_CHILD_H

#include <ltcore/base.h>

#include "util/text.h"

/* How long a child is waited for. */
typedef struct lt_patience {
    unsigned limit_s;
    bool   (*cancelled)(void *arg);           /* asked ten times a second; NULL: nobody cancels */
    void    *arg;
} lt_patience;

/* Forks; the child calls fn, which fills `reply`, and ends. LTC_OK and the reply; LTC_EINTERNAL, if it died
 * or took too long and was killed, and how: "crashed with signal 11 (...)", "took longer than 10 s";
 * LTC_ECANCELLED, if somebody cancelled before the reply was whole, and it was killed; LTC_EIO, if there is
 * no process to be had. The caller frees the reply in any case. In the child core dumps are off, and standard
 * output goes to standard error. */
ltc_status lt_child_run(void (*fn)(void *arg, lt_text *reply), void *arg, const lt_patience *p,
                        lt_text *reply, ltc_error *err);

#endif
