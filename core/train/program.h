/* Program: one network, batch size and optimizer, compiled on a device for so many replicas, and the states
 * inside.
 *
 * A replica is given a state, and all are made ready; then all are trained by the same number of steps,
 * each with rows, rates and keys of its own, or evaluated on the same samples. Every struct is lent in the
 * size that the backend was built for, one that it is too old to read whole is refused, and the
 * floating-point mode after a call is what it was before. Called by cohorts alone. All [serial] per
 * device. */
#ifndef LT_TRAIN_PROGRAM_H
#define LT_TRAIN_PROGRAM_H

#include "graph/graph.h"
#include "train/device.h"
#include "train/state.h"

enum { LT_MOST_SPAN = 4096 };                 /* steps of one span, in a program of few replicas */

/* What to compile. The pointers outlive the program. */
typedef struct lt_program_request {
    const lt_graph      *graph;
    const ltc_optimizer *optimizer;
    const ltc_input     *input;
    uint32_t             batch, augment;      /* LTC_AUGMENT_* */
} lt_program_request;

/* Steps first_step .. first_step + n_steps - 1 of one replica. Planned wholly by the caller. */
typedef struct lt_span {
    uint64_t        first_step;
    uint32_t        n_steps;
    const uint32_t *row;                      /* [n_steps][batch] of the training split */
    const float    *lr;                       /* [n_steps] */
    ltc_key         key_augment, key_dropout;
    float          *loss;                     /* out: [n_steps] batch means */
    uint32_t       *correct;                  /* out: [n_steps] */
    uint64_t        bad_step;                 /* out: first step of non-finite loss, or UINT64_MAX */
    uint32_t        abreast;                  /* out: replicas that were trained at once */
} lt_span;

typedef struct lt_program lt_program;

/* Can the backend read all that it would be asked? LTC_EUNSUPPORTED: it was built before that was there. */
ltc_status lt_program_check(const lt_device *d, const lt_program_request *r, ltc_error *err);

/* What the backend says of one replica: bytes, promises, and how many would fit into a program. */
ltc_status lt_program_plan(lt_device *d, const lt_program_request *r, ltc_plan *plan, ltc_error *err);

/* How many replicas a program may have: one, unless the backend promises that a replica's bits depend
 * neither on those beside it nor on their number. */
uint32_t lt_program_most(const ltc_plan *plan);

ltc_status lt_program_open(lt_device *d, const lt_program_request *r, uint32_t replicas, lt_program **p,
                           ltc_error *err);
void lt_program_close(lt_program *p);         /* safe on NULL */

/* A state into a replica and out of it. fetch: with the masks that were put, which get leaves as they are. */
ltc_status lt_program_put(lt_program *p, uint32_t replica, const lt_state *state, ltc_error *err);
ltc_status lt_program_get(lt_program *p, uint32_t replica, lt_state *state, ltc_error *err);
ltc_status lt_program_fetch(lt_program *p, uint32_t replica, lt_state *state, ltc_error *err);

uint32_t lt_program_room(const lt_program *p);            /* steps that one span may have */

/* n steps of all replicas: each replica's span is noted before, and its losses are told after. */
void lt_program_note_span(lt_program *p, uint32_t replica, const lt_span *span, uint32_t n);
ltc_status lt_program_train(lt_program *p, uint32_t n, ltc_error *err);
void lt_program_tell_span(const lt_program *p, uint32_t replica, uint32_t n, lt_span *span);

/* Samples [first, first + n) of a split, by those replicas whose sums have been noted since the last: they go
 * on from there, so parts in their order give the bits of the whole. Of others there is nothing to tell. */
void lt_program_note_sums(lt_program *p, uint32_t replica, double loss, uint64_t correct);
ltc_status lt_program_eval(lt_program *p, uint32_t split, uint64_t first, uint64_t n, ltc_error *err);
void lt_program_tell_sums(const lt_program *p, uint32_t replica, double *loss, uint64_t *correct);

#endif
