/* A child process that may crash or hang, and the bytes that it sends back. Called by the listing. */
#ifndef LT_PLUGIN_CHILD_H
#define LT_PLUGIN_CHILD_H

#include <ltcore/base.h>

#include "util/text.h"

/* Forks; the child calls fn, which fills `reply`, and ends. LTC_OK and the reply; LTC_ECANCELLED, if it took
 * longer than limit_s and was killed; LTC_EINTERNAL, if it died, and how: "crashed with signal 11 (...)";
 * LTC_EIO, if there is no process to be had. The caller frees the reply in any case. In the child core dumps
 * are off, and standard output goes to standard error. */
ltc_status lt_child_run(void (*fn)(void *arg, lt_text *reply), void *arg, unsigned limit_s, lt_text *reply,
                        ltc_error *err);

#endif
