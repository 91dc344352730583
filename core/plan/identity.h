/* Identity: the canonical text of each kind of action, and its SHA-256, the key under which
 * its results are found.
 *
 * Inputs that are objects enter by digest, never by recipe; paths never enter. Each kind carries a
 * revision, raised by hand when its meaning changes: that orphans what is stored. Golden keys in the
 * tests guard all of it. */
#ifndef LT_PLAN_IDENTITY_H
#define LT_PLAN_IDENTITY_H

#include "plan/experiment.h"
#include "prune/treatment.h"

ltc_status lt_identity_open(const lt_experiment *e, const char *backend, lt_identity *id, ltc_error *err);

/* State 0. */
ltc_status lt_identity_init(const lt_identity *id, const lt_regime *r, ltc_key key, lt_digest *out,
                            ltc_error *err);

/* A trajectory from a start state at first_step under a training mask; without an end and
 * without a cadence. */
ltc_status lt_identity_trajectory(const lt_identity *id, const lt_regime *r, const lt_training *t,
                                  const lt_digest *start, const lt_digest *mask, uint64_t first_step,
                                  lt_digest *out, ltc_error *err);

/* A selection. state[0..4): init, rewind, final, dense, those that the criterion reads; criterion:
 * SHA-256 of its .so. */
ltc_status lt_identity_select(const lt_identity *id, const lt_selection_request *s,
                              const lt_digest *criterion, const lt_digest *state[4], const lt_digest *before,
                              lt_digest *out, ltc_error *err);

/* How the masks along a training differ: of their selections [n], in their order. */
ltc_status lt_identity_watch(const lt_digest *selection, uint32_t n, lt_digest *out, ltc_error *err);

/* A treatment: which gives a start state and a training mask. */
ltc_status lt_identity_treat(const lt_identity *id, const lt_treatment *t, const lt_digest *selection,
                             const lt_digest *state[3], lt_digest *out, ltc_error *err);

/* Loss and hits of a state under a mask on a split. */
ltc_status lt_identity_measure(const lt_identity *id, const lt_digest *state, const lt_digest *mask,
                               uint32_t split, lt_digest *out, ltc_error *err);

#endif
