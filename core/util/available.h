/* Available memory: how much more this process may take before it is refused, or the machine ends it. */
#ifndef LT_UTIL_AVAILABLE_H
#define LT_UTIL_AVAILABLE_H

#include <stdint.h>

/* In bytes, the least of: what the machine has left (MemAvailable); what each control group above this
 * process has left of its limit, the page cache that it can give back not counted; and of address_limit
 * (RLIMIT_AS; UINT64_MAX: none). UINT64_MAX: nothing is known. root: "" in earnest; else a directory that
 * stands in for "/". */
uint64_t lt_available_memory(const char *root, uint64_t address_limit);

#endif
