/* Team: the processors of a process, shared out among the threads that compute.
 *
 * A thread that computes for long says so with enter and leave; a loop that is run in chunks is lent helpers
 * as long as computing threads and helpers together are no more than the processors. So as many trainings as
 * processors leave each other alone, and the last one gets all. Owned by the command line, reached through
 * lt_services. */
#ifndef LT_UTIL_TEAM_H
#define LT_UTIL_TEAM_H

#include <ltcore/base.h>

typedef struct lt_team lt_team;

/* Threads are made when the first loop could use them, one fewer than processors (0 counts as 1). */
ltc_status lt_team_create(unsigned processors, lt_team **team, ltc_error *err);
void lt_team_destroy(lt_team *t);             /* when no call is under way */

/* So many threads begin or end computing. A loop of a thread that said nothing counts as one. NULL: no team.
 * [any] */
void lt_team_enter(lt_team *t, unsigned threads);
void lt_team_leave(lt_team *t, unsigned threads);

/* fn for each chunk in [0, chunks), in ascending order of their beginnings, on the calling thread and on
 * helpers; returns when all have ended. After a failure no chunk begins any more: the result is that of the
 * lowest failing chunk, whatever ran beside it. Within a chunk, and where team is NULL, one after another on
 * this thread. [any] */
ltc_status lt_team_run(lt_team *t, size_t chunks, ltc_status (*fn)(void *arg, size_t chunk), void *arg);

#endif
