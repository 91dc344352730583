/* The oracle: the SDK's interpreter in double, playing the same scene as a stand. tests/test_check.c holds
 * its gradients against finite differences for every network that is compared with it here. */
#ifndef LT_CHECK_ORACLE_H
#define LT_CHECK_ORACLE_H

#include <ltsdk/net.h>

#include "check/stand.h"

typedef struct lt_oracle {
    const lt_scene *scene;
    lt_play   play;
    uint32_t  who;                            /* the character that it plays */
    lts_net  *net;
    float    *value;                          /* [largest parameter], the start of one */
    uint8_t  *mask;
    int32_t  *label;                          /* [batch] */
    lt_arena  arena;
} lt_oracle;

/* At the start, as lt_stand_start leaves a backend. */
ltc_status lt_oracle_open(const lt_scene *scene, const lt_play *play, uint32_t who, lt_oracle *o,
                          ltc_error *err);
void lt_oracle_close(lt_oracle *o);           /* safe on a zeroed one */

/* Forward, loss and backward of one step; then its update. Gives the batch's mean loss and hits. */
double lt_oracle_gradient(lt_oracle *o, uint64_t step, uint32_t *correct);
double lt_oracle_step(lt_oracle *o, uint64_t step, uint32_t *correct);

/* Sum of losses and hits over rows [first, first + count). */
double lt_oracle_eval(lt_oracle *o, uint64_t first, uint64_t count, uint64_t *correct);

/* A float computation's share in an error: 64 u sqrt(K), u = 2^-24, K the longest sum over a layer's inputs
 * or over the batch and its pixels. Rounding errors of a sum grow like u sqrt(K) in norm (Higham and Mary
 * 2019); the factor covers a few layers and the constants of fast convolutions (Winograd's F(4, 3) loses
 * about ten). */
double lt_oracle_bound(const lt_scene *s, uint32_t batch);

/* Measures place `replica` of the stand against the oracle: slot 1 and 2 of what is trained (what =
 * LTC_STATE_SLOT_1, _2), or how far values moved from the start (LTC_STATE_VALUE), each parameter by norms:
 * || x - y || / max(|| y ||, a twentieth of the norm over all parameters). */
void lt_oracle_measure(lt_oracle *o, lt_stand *s, uint32_t replica, uint32_t what, double bound,
                       lt_verdict *v);

#endif
