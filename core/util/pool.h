/* Pool: the processors of a process, shared out among the threads that compute.
 *
 * A thread that computes for long says so with enter and leave; a loop that is run in chunks is lent helpers as long
 * as computing threads and helpers together are no more than the processors. So as many trainings as processors
 * leave each other alone, and the last one gets all. Owned by the command line, reached through lt_services. */
#ifndef LT_UTIL_POOL_H
#define LT_UTIL_POOL_H

#include <ltcore/base.h>

typedef struct lt_pool lt_pool;

/* Threads are made when the first loop could use them, one fewer than processors (0 counts as 1). */
ltc_status lt_pool_create(unsigned processors, lt_pool **pool, ltc_error *err);
void lt_pool_destroy(lt_pool *p);             /* when no call is under way */

/* So many threads begin or end computing. A loop of a thread that said nothing counts as one. NULL: no pool. [any] */
void lt_pool_enter(lt_pool *p, unsigned threads);
void lt_pool_leave(lt_pool *p, unsigned threads);

/* fn for each chunk in [0, chunks), in ascending order of their beginnings, on the calling thread and on helpers;
 * returns when all have ended. After a failure no chunk begins any more: the result is that of the lowest failing
 * chunk, whatever ran beside it. Within a chunk, and where pool is NULL, one after another on this thread. [any] */
ltc_status lt_pool_run(lt_pool *p, size_t chunks, ltc_status (*fn)(void *arg, size_t chunk), void *arg);

#endif
