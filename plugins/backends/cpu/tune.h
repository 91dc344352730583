/* Measuring a table of costs. */
#ifndef CPU_TUNE_H
#define CPU_TUNE_H

#include "cpu.h"

/* Of d's kernels, on one thread, in some seconds. */
ltc_status cpu_tune(const cpu_device *d, cpu_costs *to, ltc_error *err);

#endif
