/* probing: gradients of a network over batches of training samples, added up into one number a weight, for
 * the criteria that score with them: snip, grasp, taylor, fisher. A criterion's `prepare` is
 *
 *   probing_open;  for each batch: probing_gradient (or another pass), probing_add;
 *   probing_scores;  probing_close
 *
 * Samples are drawn without replacement, all equally likely, from the stream of the criterion's key and the
 * round: a probe has no labels, so the classes are as balanced as the data. Everything is in double, in the
 * order of batches and elements. [serial] */
#ifndef MASKS_PROBING_H
#define MASKS_PROBING_H

#include <ltcore/mask.h>

#include "scored.h"

/* The two lines that all option tables share; T has the fields batch and batches. */
#define PROBING_OPTIONS(T) \
    LTC_INT(T, batch, 100, 1, 1000000, "training samples of one pass"), \
    LTC_INT(T, batches, 1, 1, 1000000, "passes, each over other samples")

typedef struct probing {
    const ltc_mask_env *env;
    const ltc_probe    *probe;
    const ltc_mask_tensor *const *t;          /* the n eligible tensors */
    size_t    n;
    uint64_t  batch, batches;
    uint32_t *row;                            /* [batches batch]: samples */
    void    **pass;                           /* by parameter: doubles of the last pass; NULL: not eligible */
    void    **sum;                            /* by parameter: what was added up */
} probing;

/* LTC_EOPTION if the training split has fewer samples. For probing_close, whatever it returns. */
ltc_status probing_open(probing *p, const ltc_mask_env *env, const ltc_mask_tensor *const *t, size_t n,
                        int64_t batch, int64_t batches, ltc_error *err);
void probing_close(probing *p);

/* One pass over batch b. flags: LTC_PROBE_*. logit_scale: 1, or 1/T of a temperature. p->pass becomes the
 * gradient of the mean loss; the sum over samples of the squares of their gradients; the Hessian times
 * direction [n_params]. */
ltc_status probing_gradient(probing *p, uint64_t b, uint32_t flags, double logit_scale, ltc_error *err);
ltc_status probing_squares(probing *p, uint64_t b, uint32_t flags, ltc_error *err);
ltc_status probing_hessian(probing *p, uint64_t b, uint32_t flags, double logit_scale,
                           const float *const *direction, ltc_error *err);

/* A formula over what was found at a weight, and the weight. */
typedef double probing_formula(double x, double w);
probing_formula probing_as_it_is;             /* x */

/* sum += of(pass, w) at every weight that is alive. */
void probing_add(probing *p, probing_formula *of);

/* The scores of all weights: of(sum, w), times the power of two that brings the largest near 2^64, so that
 * floats hold them whatever the network's scale: ranks and zeros stay. LTC_ENUMERIC for what is not
 * finite. */
ltc_status probing_scores(const probing *p, probing_formula *of, scored *s, ltc_error *err);

#endif
