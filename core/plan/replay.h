/* Replay: what a job trained is trained once more, outside the store, and compared byte by byte meanwhile. */
#ifndef LT_PLAN_REPLAY_H
#define LT_PLAN_REPLAY_H

#include "plan/plan.h"

typedef struct lt_replay_request {
    lt_store            *store;
    const lt_job        *job;                 /* done, as lt_execute left it */
    const lt_watcher    *watcher;
} lt_replay_request;

/* The first element that is not as stored. part: "value", "slot1", "slot2" or "clock". */
typedef struct lt_replay {
    uint64_t    compared, gone;               /* stored states that were the same; that the store has lost */
    uint64_t    from, last;                   /* steps: where it began; of the last comparison */
    bool        differs;
    const char *part, *param;                 /* param: the graph's; NULL: of the clock */
    size_t      element;
    double      stored, found;
} lt_replay;

/* Of a dense network, state 0 is drawn anew and compared too; any other begins at its stored start. It ends
 * at the first difference, and that is LTC_OK. Writes nothing. */
ltc_status lt_replay_run(const lt_replay_request *r, lt_replay *out, ltc_error *err);

#endif
