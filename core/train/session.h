/* Session: one training's place in a cohort: a network, a batch size, an optimizer, and the state inside it.
 *
 * Put a state, then train spans and evaluate at will; get the state back whole. A session belongs to one thread, which
 * has entered the cohort; a call may wait for the others. */
#ifndef LT_TRAIN_SESSION_H
#define LT_TRAIN_SESSION_H

#include "train/cohort.h"

/* Samples [first, first + n) of a split. */
typedef struct lt_part {
    uint32_t split, pad;
    uint64_t first, n;                        /* n: at most; out: as many as were evaluated, 0 if it was not its turn */
    double   loss;                            /* in and out: sum over samples, which goes on */
    uint64_t correct;                         /* likewise */
} lt_part;

typedef struct lt_session lt_session;

/* In a cohort, or in one of its own, which the thread enters. */
ltc_status lt_session_join(lt_cohort *c, lt_session **s, ltc_error *err);
ltc_status lt_session_open(lt_device *d, const lt_program_request *r, lt_session **s, ltc_error *err);
void lt_session_close(lt_session *s);         /* safe on NULL */

/* The state is read, and must stay as it is, until a span or a part of an evaluation was done with it, or another is
 * put, or the session is closed. */
void lt_session_put(lt_session *s, const lt_state *state);
ltc_status lt_session_get(lt_session *s, lt_state *state, ltc_error *err);

/* span->n_steps: at most; out: as many as were done, 0 if it was not its turn. going: it is under way between two
 * evaluations; who is not waits until all have come to theirs, so that they evaluate and go on together. */
ltc_status lt_session_train(lt_session *s, lt_span *span, bool going, ltc_error *err);

/* Parts in their order give the bits of the whole split. */
ltc_status lt_session_eval(lt_session *s, lt_part *part, ltc_error *err);

#endif
