/* The backend for CUDA on the emulated device, as its tests use it, and what a training on it came to. */
#ifndef LT_TESTS_EMULATED_RIG_H
#define LT_TESTS_EMULATED_RIG_H

#include "backend_rig.h"

extern const ltc_optimizer lt_emulated_adam;

/* The backend's table, opening that emulated device (runtime.c); the options hold until the next call.
 * Perceptrons train by lists where no more than the part `sparse` of their weights is left; at first none.
 * Convolutions are by own kernels. */
ltc_backend_ops lt_emulated(int64_t device);
ltc_backend_ops lt_emulated_with(int64_t device, double sparse);
ltc_backend_ops lt_emulated_cudnn(void);      /* with the emulated library */

/* Of the plug-in in that folder: "plugins" has the emulated library, "bare" has none. Who convolves. */
enum { LT_AUTO, LT_OWN, LT_CUDNN };
ltc_backend_ops lt_emulated_by(const char *folder, int64_t device, int64_t convolution);

/* The state after a training, the sum of its finite losses, and a loss over rows 7 to 137. */
typedef struct lt_trained { void *state; size_t bytes; double loss, told; } lt_trained;
lt_trained lt_take(lt_rig *rig, const float *told, uint32_t steps);
void lt_assert_same(const lt_trained *a, lt_trained *b);          /* bit by bit; the second is freed */

#endif
