/* Convolutions of a training step by cuDNN, in the place of the kernels of convolution.cu: one algorithm
 * of the library's for each, which gives the same bits again, in fp32, a call a replica. Built where
 * cuDNN was found; dnn_none.c says that it is not there. Called by cuda.c, program.c and nodes.c.
 *
 * A handle is made when the first convolution is asked about: the library's code takes time and memory of the
 * device, which a perceptron does without. Calls are captured with the rest of a step, and made once:
 * descriptors live as long as the call. */
#ifndef LCU_DNN_H
#define LCU_DNN_H

#include "kernels.h"

typedef struct lcu_dnn lcu_dnn;

extern const bool lcu_has_dnn;                /* the build found it */

/* On the device's stream. */
ltc_status  lcu_dnn_open(lcu_device *d, lcu_dnn **dnn, ltc_error *err);
void        lcu_dnn_close(lcu_dnn *dnn);      /* safe on NULL */
const char *lcu_dnn_text(const lcu_dnn *dnn); /* "cudnn-9.13.0" */

/* Does the library do the three below? *bytes: memory that they need beside their tensors. */
ltc_status  lcu_dnn_ask(lcu_dnn *dnn, const lcu_convolution *c, bool *takes, uint64_t *bytes, ltc_error *err);

/* As lcu_convolve and its like, for the replicas that launches are for. */
typedef struct lcu_workspace { void *at; uint64_t bytes; } lcu_workspace;
void lcu_dnn_convolve(lcu_dnn *dnn, const lcu_convolution *c, lcu_workspace w, uint32_t replicas);
void lcu_dnn_convolve_input(lcu_dnn *dnn, const lcu_convolution *c, lcu_workspace w, uint32_t replicas);
void lcu_dnn_convolve_weight(lcu_dnn *dnn, const lcu_convolution *c, lcu_workspace w, uint32_t replicas);

#endif
