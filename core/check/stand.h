/* A stand: the backend under test with a scene's data on its device, one program at a time, and the
 * characters that play in it. The first failure sticks, and later calls do nothing: a test makes its calls,
 * then looks.
 *
 * Structs are lent in the sizes that the backend was built for, and the calling thread's floating-point mode
 * is compared after every call and put back. */
#ifndef LT_CHECK_STAND_H
#define LT_CHECK_STAND_H

#include "check/scene.h"
#include "plugin/host.h"

enum { LT_MOST_REPLICAS = 8 };

/* What to compile and how to train it. Zero means: one replica (character 0), the loss that there is, no
 * requirement beyond what the core asks for. */
typedef struct lt_play {
    const ltc_optimizer *optimizer;
    uint32_t batch, n_replicas, augment, require, loss;
    uint32_t odd_op;                          /* the first node's operation is replaced by this number */
    uint32_t masks;                           /* LT_MASKS_*; 0: nobody has any */
    bool     shared;                          /* all train on character 0's rows and rates: strides of 0 */
    float    rate;
    uint32_t who[LT_MOST_REPLICAS];           /* the character in each place of the cohort */
    uint64_t stagger;                         /* character w begins w * stagger steps later */
    uint64_t burst; /* from this step on character 0 has a rate that overflows; 0: never */
} lt_play;

typedef struct lt_stand {
    const lt_subject *subject;
    const lt_scene   *scene;
    lt_play   play;
    ltc_host *host;
    void     *dev, *data, *program;
    ltc_data_desc   *desc;                    /* lent */
    ltc_graph       *graph;
    ltc_optimizer   *optimizer;
    ltc_input       *input;
    ltc_compile_req *compile;
    lt_arena  span;                           /* of the last span */
    uint32_t *sample;                         /* its rows, and what came out: [replica][step] */
    float    *loss;
    uint32_t *correct;
    uint64_t  bad_step[LT_MOST_REPLICAS], eval_correct[LT_MOST_REPLICAS];
    double    eval_loss[LT_MOST_REPLICAS];
    const uint8_t *only;                      /* the replicas that evaluations are for; NULL: all */
    uint32_t  n_steps;
    uint32_t  odd_row;                        /* the next span's last row, if not 0 */
    const char *mode_fault; /* the first call that changed the floating-point mode, or NULL */
    bool       silent;                        /* the last call failed without a word */
    ltc_status st;
    ltc_error  err;
} lt_stand;

/* Opens the backend and shows it the data. */
void lt_stand_open(const lt_subject *subject, const lt_scene *scene, lt_stand *s);
void lt_stand_close(lt_stand *s);             /* safe on a zeroed one */

ltc_plan lt_stand_plan(lt_stand *s, const lt_play *play);
void lt_stand_compile(lt_stand *s, const lt_play *play);          /* and binds the data as split 0 */
void lt_stand_release(lt_stand *s);
void lt_stand_start(lt_stand *s);             /* puts every character's values, its masks; ready */
void lt_stand_put(lt_stand *s, uint32_t what, uint32_t replica, uint32_t param, const void *src,
                  size_t bytes);
void lt_stand_get(lt_stand *s, uint32_t what, uint32_t replica, uint32_t param, void *dst, size_t bytes);
void lt_stand_ready(lt_stand *s);

/* Steps first .. first + n - 1 of character 0. Rows [first, first + count) into eval_loss and eval_correct,
 * which begin at 0; or on top of what they hold. */
void lt_stand_train(lt_stand *s, uint32_t split, uint64_t first, uint32_t n);
void lt_stand_eval(lt_stand *s, uint32_t split, uint64_t first, uint64_t count);
void lt_stand_eval_more(lt_stand *s, uint32_t split, uint64_t first, uint64_t count);

/* The last failure, and as if it had not been. */
ltc_status lt_stand_forgive(lt_stand *s, ltc_error *err);

/* Does the failure mean that something cannot be done here: LTC_EUNSUPPORTED, or an opening without a device?
 */
bool lt_stand_refused(const lt_stand *s);

/* Says in the verdict what failed, if something did: a refusal is a reason to skip, all else a fault. */
void lt_stand_judge(const lt_stand *s, lt_verdict *v);

#endif
