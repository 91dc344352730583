/* The plug-in whose sources are linked into a target, so that a fuzzer sees its branches. It is adopted as
 * the loader adopts one, and used as the core uses it. */
#ifndef LT_TESTS_FUZZ_LINKED_H
#define LT_TESTS_FUZZ_LINKED_H

#include "input.h"
#include "plugin/host.h"
#include "plugin/registry.h"

/* No log, no cache, no threads, never cancelled. */
extern const lt_services fuzz_services;

/* Its first module. */
const lt_module *fuzz_linked(void);

#endif
