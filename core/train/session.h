/* Session: one compiled program on a device: a network, a batch size, an optimizer, and the state inside it.
 *
 * Put a state, then train spans and evaluate at will; get the state back whole. Every struct is lent in the
 * size that the backend was built for, one that it is too old to read whole is refused, and the
 * floating-point mode after a call is what it was before. All [serial]. */
#ifndef LT_TRAIN_SESSION_H
#define LT_TRAIN_SESSION_H

#include "graph/graph.h"
#include "train/device.h"
#include "train/state.h"

/* What to compile. The pointers outlive the session. */
typedef struct lt_session_request {
    const lt_graph      *graph;
    const ltc_optimizer *optimizer;
    const ltc_input     *input;
    uint32_t             batch, augment;      /* LTC_AUGMENT_* */
} lt_session_request;

typedef struct lt_session lt_session;

ltc_status lt_session_open(lt_device *d, const lt_session_request *r, lt_session **s, ltc_error *err);
void lt_session_close(lt_session *s);

/* Bytes of the backend's plan for one program, opened or not. */
ltc_status lt_session_plan(lt_device *d, const lt_session_request *r, ltc_plan *plan, ltc_error *err);

ltc_status lt_session_put(lt_session *s, const lt_state *state, ltc_error *err);
ltc_status lt_session_get(lt_session *s, lt_state *state, ltc_error *err);

/* Steps first_step .. first_step + n_steps - 1. Planned wholly by the caller. */
typedef struct lt_span {
    uint64_t        first_step;
    uint32_t        n_steps;
    const uint32_t *row;                      /* [n_steps][batch] of the training split */
    const float    *lr;                       /* [n_steps] */
    ltc_key         key_augment, key_dropout;
    float          *loss;                     /* out: [n_steps] batch means */
    uint32_t       *correct;                  /* out: [n_steps] */
    uint64_t        bad_step;                 /* out: first step of non-finite loss, or UINT64_MAX */
} lt_span;

ltc_status lt_session_train(lt_session *s, lt_span *span, ltc_error *err);

/* Adds the losses and the hits of samples [first, first + n) of a split to *loss and *correct; parts in their order
 * give the bits of the whole. */
ltc_status lt_session_eval(lt_session *s, uint32_t split, uint64_t first, uint64_t n, double *loss, uint64_t *correct,
                           ltc_error *err);

#endif
