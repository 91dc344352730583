/* The reference kernels in complex double, for exact derivatives along a direction. Reached through
 * lts_kernels_of(). */
#define LTS_TYPE 128

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

#include "kernel_set.inc"
