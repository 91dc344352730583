/* The table of costs that kernels are chosen by: the one that is shipped for an instruction set, or a
 * machine's own, in a file that `ltcore tune` wrote. Another table has other bits: a file's digest is in the
 * identity, and whoever changes a shipped one raises the identity's revision. Called by cpu.c and tune.c. */
#ifndef CPU_COSTS_H
#define CPU_COSTS_H

#include "conv_choice.h"

/* In nanoseconds: what a vector of sixteen products costs in the registers' tiles, along a list, and
 * of an input's entry; what a weight costs on its way through SGD, what Adam adds to that, and what
 * a list's sums do. */
typedef struct cpu_costs {
    double dense, list, strip, weight, adam, entry;
    conv_costs conv;
} cpu_costs;

enum { CPU_DIGEST = 17 };                     /* hexadecimal digits, and the end */

cpu_costs  cpu_costs_shipped(cpu_isa isa);

/* A sentence names file and line. isa: its name, which the file must be for. */
ltc_status cpu_costs_read(const char *path, const char *isa, cpu_costs *to, ltc_error *err);
ltc_status cpu_costs_write(const char *path, const char *isa, const cpu_costs *c, ltc_error *err);
void       cpu_costs_digest(const cpu_costs *c, char digest[CPU_DIGEST]);

#endif
