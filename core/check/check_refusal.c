/* Tests of refusals: a mistake of the caller is an error in words, and neither the end nor the beginning of
 * trouble. */
#include <ltcore/ops.h>

#include "check/check_backend.h"

enum { STEPS = 4 };

static const lt_play sound = { .optimizer = &lt_optimizers[0], .batch = 8, .rate = 0.0625f };

/* Compiles a play that is sound but for one thing. */
static void compile_odd(lt_stand *s, uint32_t mistake)
{
    static const ltc_optimizer unknown = { .size = sizeof unknown, .kind = 99 };
    lt_play play = sound;
    play.odd_op = mistake == LT_MISTAKE_OPERATION ? LTC_OP_COUNT + 1000 : 0;
    play.optimizer = mistake == LT_MISTAKE_OPTIMIZER ? &unknown : play.optimizer;
    play.loss = mistake == LT_MISTAKE_LOSS ? 99 : 0;
    play.augment = mistake == LT_MISTAKE_AUGMENT ? 1u << 20 : 0;
    play.batch = mistake == LT_MISTAKE_BATCH ? 0 : play.batch;
    lt_stand_compile(s, &play);
}

/* Data of another shape than the network's input, bound to a program that is otherwise ready to train. */
static void bind_odd(lt_stand *s, lt_verdict *v)
{
    const lt_scene *scene = s->scene;
    lt_scene other;
    lt_stand odd = { .subject = NULL };
    ltc_error err;
    if (lt_scene_open(&lt_network_crops, scene->seed, &other, &err)) {
        lt_verdict_fail(v, "a network for the test", "%s", err.message);
        return;
    }
    lt_stand_open(s->subject, &other, &odd);
    odd.scene = scene;                        /* its network, and the other's data */
    lt_stand_compile(&odd, &sound);
    lt_stand_start(&odd);
    lt_stand_train(&odd, 0, 0, 1);
    s->st = odd.st, s->err = odd.err, s->silent = odd.silent;
    lt_stand_close(&odd);
    lt_scene_close(&other);
}

/* Makes the mistake; the stand then has the failure that is due. */
static void make(lt_stand *s, uint32_t mistake, lt_verdict *v)
{
    const uint32_t n = s->scene->graph.view.n_params;
    uint8_t bytes[64] = { 0 };
    switch (mistake) {
    case LT_MISTAKE_SHAPE:      bind_odd(s, v); break;
    case LT_MISTAKE_BYTES:      lt_stand_put(s, LTC_STATE_VALUE, 0, 1, bytes, 3); break;
    case LT_MISTAKE_STATE:      lt_stand_put(s, 77, 0, 1, bytes, sizeof bytes); break;
    case LT_MISTAKE_PARAM:      lt_stand_get(s, LTC_STATE_VALUE, 0, n, bytes, sizeof bytes); break;
    case LT_MISTAKE_REPLICA:    lt_stand_get(s, LTC_STATE_CLOCK, 1, 0, bytes, sizeof(uint64_t)); break;
    case LT_MISTAKE_NOT_READY:
        lt_stand_compile(s, &sound);
        lt_stand_train(s, 0, 0, 1);
        break;
    case LT_MISTAKE_ROW:
        s->odd_row = 1u << 30;
        lt_stand_train(s, 0, 0, 1);
        s->odd_row = 0;
        break;
    case LT_MISTAKE_SPLIT:      lt_stand_train(s, 1000, 0, 1); break;
    case LT_MISTAKE_EVAL_ROWS:  lt_stand_eval(s, 0, 1, s->scene->data.n); break;
    case LT_MISTAKE_EVAL_SPLIT: lt_stand_eval(s, 1000, 0, 1); break;
    default:                    compile_odd(s, mistake);
    }
}

/* A fresh program on the same device trains as it did before the mistake. */
void lt_check_refusal(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    const lt_course course = { 0, STEPS, STEPS };
    void *before[1] = { NULL }, *after[1] = { NULL };
    ltc_error err = { .message = "" };
    lt_bench b;
    if (!lt_bench_open(&b, s, &lt_network_plain, v))
        return;
    lt_block_train(&b.stand, &sound, &course, &b.arena, before);
    if (!b.stand.st) {
        make(&b.stand, t->number, v);
        if (!lt_stand_forgive(&b.stand, &err))
            lt_verdict_fail(v, "an error and a sentence", "it is accepted");
        else if (b.stand.silent)
            lt_verdict_fail(v, "a sentence in ltc_error", "an error without a word");
        lt_block_train(&b.stand, &sound, &course, &b.arena, after);
        lt_block_compare(&b.scene, after[0], before[0], "that the device works on as if nothing had been", v);
        lt_verdict_remark(v, "%s", err.message);
    }
    lt_bench_close(&b, v);
}
