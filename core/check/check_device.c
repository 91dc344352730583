/* Tests of a backend's device: its identity, its plans and promises, and what a call leaves behind. */
#include <string.h>
#include <time.h>

#include "check/check_backend.h"
#include "train/device.h"

static bool open_and_ask(const lt_subject *s, char text[512], lt_verdict *v)
{
    const lt_services none = { 0 };
    lt_device d = { 0 };
    ltc_error err = { .message = "" };
    const ltc_status st = lt_device_open(s->module, s->options, &none, &d, &err);
    if (st == LTC_EDEVICE || st == LTC_EUNSUPPORTED)
        lt_verdict_skip(v, "refused: %s", err.message);
    else if (st)
        lt_verdict_fail(v, "an identity of 1 to 511 bytes", "%s", err.message);
    if (st)
        return false;
    memcpy(text, d.identity, 512);
    lt_device_close(&d);
    return true;
}

/* Opened twice, with a pause in between. */
void lt_check_identity(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    const struct timespec pause = { .tv_sec = s->pause_ms / 1000, .tv_nsec = s->pause_ms % 1000 * 1000000l };
    char text[2][512];
    (void)t;
    if (!open_and_ask(s, text[0], v))
        return;
    nanosleep(&pause, NULL);
    if (!open_and_ask(s, text[1], v))
        return;
    for (const char *c = text[0]; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f) {
            lt_verdict_fail(v, "printable text on one line", "byte 0x%02x in it", (unsigned char)*c);
            return;
        }
    if (strcmp(text[0], text[1]) != 0)
        lt_verdict_fail(v, text[0], "opened again it is %s", text[1]);
    lt_verdict_remark(v, "%s", text[0]);
}

static void judge_plan(const ltc_plan *a, const ltc_plan *b, lt_verdict *v)
{
    const uint32_t needed = LTC_CAP_SPAN_FREE | LTC_CAP_REPEATABLE;
    const char *cohort = "max_replicas of at least 1, and of 1 unless LTC_CAP_COHORT is claimed";
    if (a->caps != b->caps || a->bytes_fixed != b->bytes_fixed ||
        a->bytes_per_replica != b->bytes_per_replica)
        lt_verdict_fail(v, "the same plan for the same request",
                        "caps 0x%x and 0x%x, %llu and %llu bytes a replica", a->caps, b->caps,
                        (unsigned long long)a->bytes_per_replica, (unsigned long long)b->bytes_per_replica);
    if ((a->caps & needed) != needed)
        lt_verdict_fail(v, "LTC_CAP_SPAN_FREE and LTC_CAP_REPEATABLE, without which ltcore trains nothing",
                        "caps 0x%x", a->caps);
    if (!a->max_replicas || (a->max_replicas > 1 && !(a->caps & LTC_CAP_COHORT)))
        lt_verdict_fail(v, cohort, "max_replicas %u, caps 0x%x", a->max_replicas, a->caps);
    if (!(a->bytes_fixed + a->bytes_per_replica))
        lt_verdict_fail(v, "the bytes that a program takes", "0 bytes");
    lt_verdict_remark(v, "caps 0x%x, %u replica(s), %llu + %llu bytes", a->caps, a->max_replicas,
                      (unsigned long long)a->bytes_fixed, (unsigned long long)a->bytes_per_replica);
}

void lt_check_plan(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    const lt_play play = { .optimizer = &lt_optimizers[0], .batch = 8 };
    lt_bench b;
    (void)t;
    if (!lt_bench_open(&b, s, &lt_network_plain, v))
        return;
    ltc_plan plan[2];
    for (int i = 0; i < 2; i++) {
        plan[i] = lt_stand_plan(&b.stand, &play);
        lt_stand_compile(&b.stand, &play);
        lt_stand_start(&b.stand);
    }
    if (!b.stand.st)
        judge_plan(&plan[0], &plan[1], v);
    else if (b.stand.st == LTC_EUNSUPPORTED)
        lt_verdict_fail(v, "linear layers and ReLU, without which there is nothing to train", "%s",
                        b.stand.err.message);
    lt_bench_close(&b, v);
}

void lt_check_require(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    static const struct { uint32_t bit; const char *name; } cap[] = {
        { LTC_CAP_COHORT, "LTC_CAP_COHORT" }, { LTC_CAP_REPEATABLE, "LTC_CAP_REPEATABLE" },
        { LTC_CAP_REPLICA_FREE, "LTC_CAP_REPLICA_FREE" }, { LTC_CAP_SPAN_FREE, "LTC_CAP_SPAN_FREE" },
        { 1u << 30, "number 30, which nobody can know" },
    };
    lt_play play = { .optimizer = &lt_optimizers[0], .batch = 8 };
    lt_bench b;
    (void)t;
    if (!lt_bench_open(&b, s, &lt_network_plain, v))
        return;
    const ltc_plan plan = lt_stand_plan(&b.stand, &play);
    for (size_t i = 0; i < sizeof cap / sizeof cap[0] && !b.stand.st; i++) {
        ltc_error err;
        play.require = cap[i].bit;
        lt_stand_compile(&b.stand, &play);
        const ltc_status st = lt_stand_forgive(&b.stand, &err);
        if (st && plan.caps & cap[i].bit)
            lt_verdict_fail(v, "that what a plan claims can be required", "%s: %s", cap[i].name, err.message);
        else if (!st && !(plan.caps & cap[i].bit))
            lt_verdict_fail(v, "LTC_EUNSUPPORTED for what no plan claims", "%s is required, and it compiles",
                            cap[i].name);
    }
    lt_bench_close(&b, v);
}

void lt_check_mode(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    const lt_play play = { .optimizer = &lt_optimizers[0], .batch = 8, .rate = 0.0625f };
    lt_bench b;
    (void)t;
    if (!lt_bench_open(&b, s, &lt_network_wide, v))
        return;
    lt_stand_plan(&b.stand, &play);
    lt_stand_compile(&b.stand, &play);
    lt_stand_start(&b.stand);
    lt_stand_train(&b.stand, 0, 0, 3);
    lt_stand_eval(&b.stand, 0, 0, 20);
    lt_block_get(&b.stand, 0, &b.arena);
    lt_stand_release(&b.stand);
    if (b.stand.mode_fault)
        lt_verdict_fail(
            v, "the rounding and the denormals of before: set the mode on own threads, or put it back",
            "%s leaves another floating-point mode in the calling thread", b.stand.mode_fault);
    lt_bench_close(&b, v);
}
