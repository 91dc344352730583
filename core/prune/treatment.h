/* Treatment: what becomes of kept and of pruned weights. In: a selection mask; out: start values and a
 * training mask.
 *
 *   kept    rewind            the value at the rewind point
 *           final             the value when the mask was drawn
 *           reinit            a fresh draw of the initialiser (key), dense fan-in; biases and norms too
 *           permute another initial value of its layer, by lot; reshuffle: of the layer's kept weights
 *           signed-...        likewise, with the sign that it had itself
 *           signed-constant   the standard deviation of its layer's initial values, with its initial sign
 *           random-sign       the same with a sign by lot
 *           then + noise s n  s: that deviation, n: normal;  then, if rescaled, times the layer's size / kept
 *   pruned  zero              dead: +0.0 for ever
 *           freeze-init frozen at its value at initialisation, the original one under reinit too, and part
 *                             of every forward pass
 *           ...-or-zero dead where |initial| > |when drawn|, else frozen; -all: and kept ones that moved so
 *                             start at 0; -shuffled: as many dead, by lot; -reversed: the other way round
 *
 * Sources: Frankle & Carbin 2019 (rewind, reinit; noise: appendix F.7), Zhou et al. 2019 (all others).
 *
 * From permute on the layers that have a mask are arranged; whatever else there is starts as at
 * initialisation. Optimizer slots, clock and running statistics come with the rewind point's state; every
 * other treatment begins with no slots and clock, and reinit with fresh statistics. LT_SLOTS_NONE: with none
 * after rewind either; LT_SLOTS_DRAWN: final's come with it. Masks are taken from the selection, never from
 * values: a kept weight of 0.0 is alive. */
#ifndef LT_PRUNE_TREATMENT_H
#define LT_PRUNE_TREATMENT_H

#include "prune/selection.h"
#include "train/state.h"

enum { LT_SLOTS_OF_KEPT, LT_SLOTS_NONE, LT_SLOTS_DRAWN };
typedef struct lt_treatment {
    int64_t kept, pruned;                     /* LT_KEPT_*, LT_PRUNED_* */
    int64_t rescale;                          /* 0 or 1 */
    double  noise;                            /* deviations; 0: none */
    int64_t init;                             /* LT_INIT_*, for reinit */
    int64_t slots;                            /* LT_SLOTS_* */
    ltc_key key;                              /* REINIT: of all that is by lot */
} lt_treatment;

/* What lt_treat reads: the state at initialisation; at the rewind point; when the mask was drawn. [any] */
typedef struct lt_treatment_needs { bool init, rewind, final; } lt_treatment_needs;
lt_treatment_needs lt_treatment_reads(const lt_treatment *t);

/* start: of the same graph, filled whole, masks included: those of parameters that are not eligible become
 * NULL. init, rewind, final: whole states, of dense snapshots where the variant is a control; one that the
 * treatment does not read may be NULL. A weight is never taken from a place where that state's own mask does
 * not have it alive: LTC_EINVAL, start is then not to be used. [serial] */
ltc_status lt_treat(const lt_treatment *t, const lt_masks *selection, const lt_state *init,
                    const lt_state *rewind, const lt_state *final, lt_state *start, ltc_error *err);

/* How many weights that are dead in start are not +0.0 now, or frozen and not what they were: 0, or something
 * is broken. Compared bit by bit: -0.0 has moved. */
uint64_t lt_moved(const lt_state *start, const lt_state *now);

#endif
