/* Hooks: programs that get a line of JSON on standard input for each thing that happens in a run, so that a
 * tracker can follow it. docs/results.md lists the lines.
 *
 * A hook never holds up the run: what its pipe has no room for is left out, and one that ended is let go;
 * both are said once, at the end. Calls come one at a time. */
#ifndef LT_RUN_HOOK_H
#define LT_RUN_HOOK_H

#include "results/results.h"

typedef struct lt_hooks lt_hooks;

/* Starts program[0..n); one that cannot be started is LTC_EINVAL: it was asked for. None: *h is NULL. */
ltc_status lt_hooks_open(const ltc_strings *program, lt_hooks **h, ltc_error *err);

/* h NULL: nothing. */
void lt_hooks_began(lt_hooks *h, const lt_settings *s, const char *version);
void lt_hooks_evaluation(lt_hooks *h, const lt_history_row *row);
void lt_hooks_level(lt_hooks *h, const lt_level_row *row);
void lt_hooks_event(lt_hooks *h, const char *level, const char *sentence);

/* Ends their input, waits for a few seconds until they end, and says on `to` what went wrong. */
void lt_hooks_close(lt_hooks *h, const char *status, FILE *to);

#endif
