/* The reference kernels in float. Reached through lts_kernels_of(). */
#define LTS_TYPE 32

#include "kernel.h"

#include <assert.h>
#include <string.h>

#include "real.h"
#include "window.h"

#include "kernel_dense.inc"
#include "kernel_loss.inc"
#include "kernel_map.inc"
#include "kernel_norm.inc"
#include "kernel_pool.inc"
#include "kernel_update.inc"
#include "kernel_set.inc"
