/* Work cut into parts, which may run on several threads. The cut depends on the work alone, so that results
 * do not depend on the threads. Called by what a program does on the host's memory. */
#ifndef LTS_DIVIDE_H
#define LTS_DIVIDE_H

#include <ltcore/plugin.h>

enum { LTS_MOST_PARTS = 16 };

/* Into how many parts n things of `work` each are cut, if a part is to do at least `least`: 1 to
 * LTS_MOST_PARTS. */
size_t lts_parts(size_t n, double work, double least);

/* fn(arg, part, begin, end) for each of the equal parts of [0, n); the lowest failing part's status. A host
 * without threads runs the same parts one after the other. */
ltc_status lts_divide(const ltc_host *host, size_t n, size_t parts,
                      ltc_status (*fn)(void *arg, size_t part, size_t begin, size_t end), void *arg);

#endif
