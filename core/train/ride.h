/* What cohort.c and session.c share. */
#ifndef LT_TRAIN_RIDE_H
#define LT_TRAIN_RIDE_H

#include <pthread.h>

#include "train/session.h"

#define LT_NO_SEAT UINT32_MAX
enum { LT_WANT_NOTHING, LT_WANT_SPAN, LT_WANT_PART };

struct lt_session {
    lt_session     *next;
    lt_cohort      *cohort;
    const lt_state *held;                     /* the truth, not yet in the program; NULL: it is in its seat */
    lt_state        parked;                   /* its own: held while it has no seat */
    uint32_t        seat, want;               /* seat: its replica, or LT_NO_SEAT */
    lt_span        *span;
    lt_part        *part;
    bool            going, alone;             /* alone: the cohort is its own */
    bool            called, rides;            /* this round is about it; it is to be in the program */
    uint64_t        last;                     /* round in which it was called */
    ltc_status      status;                   /* of this round */
    ltc_error       error;
};

/* The holder of `busy` alone changes the sessions' list and the program, and calls the device. */
struct lt_cohort {
    pthread_mutex_t    lock;                  /* over the counters and `busy` */
    pthread_cond_t     changed;
    uint32_t           entered, waiting;      /* threads */
    uint64_t           round;
    bool               busy;
    lt_session        *first;
    lt_device         *device;
    lt_program_request request;
    lt_program        *program;
    uint32_t           replicas, most;        /* of the program; that find memory, as far as is known */
};

void lt_cohort_hold(lt_cohort *c);
void lt_cohort_let_go(lt_cohort *c);

/* Until a round is over. */
void lt_cohort_wait(lt_cohort *c);

#endif
