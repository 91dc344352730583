/* Claims about a criterion at the border: what it is shown, what it may answer, and in whose sizes. */
#include "suite.h"

#include <math.h>
#include <string.h>
#include <xmmintrin.h>

#include "plugin/loader.h"
#include "prune_rig.h"

/* The tiny network with all its weights to choose from. */
typedef struct bench {
    lt_graph  g;
    lt_masks  all;
    lt_module m;
} bench;

static bench make(lt_module m)
{
    bench b = { .g = rig_graph(rig_tiny), .m = m };
    b.all = rig_all_weights(&b.g);
    return b;
}

static void drop(bench *b)
{
    lt_masks_free(&b->all);
    lt_graph_free(&b->g);
}

static void a_score_that_is_not_finite_is_refused_by_name(void)
{
    static const struct { float value; const char *says;
    } bad[] = {
        { NAN, "mask 'rig' scores element 7 of fc1.weight as NaN" },
        { INFINITY, "element 7 of fc1.weight as infinite" },
        { -INFINITY, "element 7 of fc1.weight as infinite" },
    };
    bench b = make(rig_scorer());
    float score[12] = { 0 };
    const rig_criterion c = { .score = { [FC1] = score } };
    const lt_selection_request r = rig_request(&b.g, &b.m, &c, &b.all);
    for (size_t i = 0; i < 3; i++) {
        score[7] = bad[i].value;
        rig_refused(&r, LTC_ENUMERIC, bad[i].says);
    }
    b.all.mask[FC1][7] = 0;                   /* where nothing is alive, nothing is read */
    lt_masks m = rig_select(&r);
    CU_ASSERT_EQUAL(rig_alive(&b.g, &m, FC1), 5);     /* 11 - round-half-even(5.5) */
    lt_masks_free(&m);
    drop(&b);
}

static ltc_status forgets(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *t, float *score,
                          ltc_error *err)
{
    (void)self, (void)env, (void)err;
    for (size_t i = 0; i + 1 < t->n; i++)
        score[i] = 1;
    return LTC_OK;
}

static void a_score_that_was_forgotten_is_found(void)
{
    bench b = make(rig_scorer());
    const rig_criterion c = { 0 };
    const lt_selection_request r = rig_request(&b.g, &b.m, &c, &b.all);
    b.m.ops.mask.score = forgets;
    rig_refused(&r, LTC_ENUMERIC, "element 11 of fc1.weight as NaN");
    drop(&b);
}

static ltc_status selects_nothing(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *const *t,
                                  size_t n, uint8_t *const *mask, ltc_error *err)
{
    (void)self, (void)env, (void)t, (void)n, (void)mask, (void)err;
    return LTC_OK;
}

static void a_mask_that_cannot_be_is_refused(void)
{
    static const uint8_t two[12] = { 1, 1, 2, 1, 1, 1 }, revived[12] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
    bench b = make(rig_selector());
    rig_criterion c = { .flags = LTC_MASK_OWN_COUNT, .mask = { [FC1] = two } };
    const lt_selection_request r = rig_request(&b.g, &b.m, &c, &b.all);
    rig_refused(&r, LTC_EINTERNAL, "made element 2 of fc1.weight 2, neither 0 nor 1");
    b.all.mask[FC1][4] = 0;
    c.mask[FC1] = revived;
    rig_refused(&r, LTC_EINTERNAL, "made element 4 of fc1.weight 1, though it was pruned before");
    c.mask[FC1] = NULL, c.flags = 0;
    rig_refused(&r, LTC_EINTERNAL, "kept 11 weights where 5 were asked for");
    b.m.ops.mask.select = selects_nothing;
    rig_refused(&r, LTC_EINTERNAL, "made element 0 of fc1.weight 255");
    drop(&b);
}

static void select_is_asked_pool_by_pool_and_for_its_own_count_once(void)
{
    static const uint8_t half[12] = { 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0 };
    bench b = make(rig_selector());
    rig_seen seen = { 0 };
    rig_criterion c = { .mask = { [FC1] = half, [FC2] = half }, .seen = &seen };
    lt_selection_request r = rig_request(&b.g, &b.m, &c, &b.all);
    lt_masks m = rig_select(&r);
    CU_ASSERT(seen.calls == 2 && seen.tensors == 1 && seen.goal == 0.5);
    lt_masks_free(&m);
    r.scope = LT_SCOPE_GLOBAL;
    m = rig_select(&r);
    CU_ASSERT(seen.calls == 3 && seen.tensors == 2 && seen.goal == 0.5);
    lt_masks_free(&m);
    r.scope = LT_SCOPE_LAYER, r.budget.value = 44, c.flags = LTC_MASK_OWN_COUNT;
    m = rig_select(&r);
    CU_ASSERT(seen.calls == 4 && seen.tensors == 2 && isnan(seen.goal));
    CU_ASSERT(!memcmp(m.mask[FC1], half, 12));
    lt_masks_free(&m);
    r.exact = (const uint64_t[4]){ 1, 1, 1, 1 };
    rig_refused(&r, LTC_EINVAL, "counts for itself, so it cannot match");
    drop(&b);
}

static void the_densities_it_is_told_are_the_pools(void)
{
    bench b = make(rig_scorer());
    rig_seen seen = { 0 };
    const rig_criterion c = { .seen = &seen };
    lt_selection_request r = rig_request(&b.g, &b.m, &c, &b.all);
    memset(b.all.mask[FC2], 0, 2);            /* 4 of 6 are left */
    lt_masks m = rig_select(&r);
    CU_ASSERT(seen.calls == 2 && seen.now == 4 / 6.0 && seen.goal == 2 / 6.0);
    CU_ASSERT(seen.round == 3 && seen.key.seed == 1 && seen.key.stream == 2);
    lt_masks_free(&m);
    r.scope = LT_SCOPE_GLOBAL;
    m = rig_select(&r);
    CU_ASSERT(seen.now == 16 / 18.0 && seen.goal == 8 / 18.0);
    lt_masks_free(&m);
    drop(&b);
}

static void it_sees_the_weights_that_it_asked_for_and_no_others(void)
{
    static const struct { uint32_t need; const char *says; } each[] = {
        { LTC_NEED_INIT, "reads the weights at initialisation, and they are not known" },
        { LTC_NEED_REWIND, "at the rewind point" }, { LTC_NEED_FINAL, "where the mask is drawn" },
        { LTC_NEED_DENSE, "at the end of the dense training" },
    };
    float w[4][12] = { { 0 } };
    float *by_param[4][4];
    for (size_t i = 0; i < 16; i++)
        by_param[i / 4][i % 4] = w[i / 4];
    bench b = make(rig_scorer());
    for (size_t i = 0; i < 4; i++) {
        rig_seen seen = { 0 };
        const rig_criterion c = { .flags = each[i].need, .seen = &seen };
        lt_selection_request r = rig_request(&b.g, &b.m, &c, &b.all);
        rig_refused(&r, LTC_EINVAL, each[i].says);
        r.init = by_param[0], r.rewind = by_param[1], r.final = by_param[2], r.dense = by_param[3];
        lt_masks m = rig_select(&r);
        CU_ASSERT(seen.init == (i == 0 ? w[0] : NULL) && seen.rewind == (i == 1 ? w[1] : NULL));
        CU_ASSERT(seen.final == (i == 2 ? w[2] : NULL) && seen.dense == (i == 3 ? w[3] : NULL));
        lt_masks_free(&m);
    }
    drop(&b);
}

static ltc_status scores_group(const void *self, const ltc_mask_env *env, const ltc_mask_group *g,
                               const ltc_mask_tensor *const *t, float *score, ltc_error *err)
{
    (void)self, (void)env, (void)g, (void)t, (void)score, (void)err;
    return LTC_OK;
}

static void what_this_core_cannot_serve_is_refused_in_words(void)
{
    static const struct { uint32_t flags; ltc_status st; const char *says; } bad[] = {
        { 1u << 20, LTC_EUNSUPPORTED, "does not know (flags 0x100000)" },
        { LTC_MASK_OWN_COUNT, LTC_EINTERNAL, "counts for itself but has no select" },
    };
    bench b = make(rig_scorer());
    rig_criterion c = { 0 };
    const lt_selection_request r = rig_request(&b.g, &b.m, &c, &b.all);
    for (size_t i = 0; i < 2; i++) {
        uint32_t flags;
        ltc_error err;
        c.flags = bad[i].flags;
        rig_refused(&r, bad[i].st, bad[i].says);
        CU_ASSERT_EQUAL(lt_criterion_flags(&b.m, &c, &rig_services, &flags, &err), bad[i].st);
    }
    c.flags = 0;
    b.m.ops.mask.score = NULL, b.m.ops.mask.score_group = scores_group;
    rig_refused(&r, LTC_EUNSUPPORTED, "'rig' scores channels only");
    drop(&b);
}

static void flags_are_the_instances(void)
{
    lt_module m = rig_selector();
    const rig_criterion c = { .flags = LTC_MASK_OWN_COUNT | LTC_NEED_INIT };
    uint32_t flags = 0;
    ltc_error err;
    m.ops.mask.flags = LTC_NEED_FINAL;
    CU_ASSERT_EQUAL(lt_criterion_flags(&m, &c, &rig_services, &flags, &err), LTC_OK);
    CU_ASSERT_EQUAL(flags, LTC_MASK_OWN_COUNT | LTC_NEED_INIT);
    m.ops.mask.flags_of = NULL;
    CU_ASSERT_EQUAL(lt_criterion_flags(&m, &c, &rig_services, &flags, &err), LTC_OK);
    CU_ASSERT_EQUAL(flags, LTC_NEED_FINAL);
}

static void a_criterions_failure_is_passed_on(void)
{
    bench b = make(rig_scorer());
    rig_criterion c = { .returns = LTC_EIO, .says = "the scales are broken" };
    const lt_selection_request r = rig_request(&b.g, &b.m, &c, &b.all);
    rig_refused(&r, LTC_EIO, "mask 'rig': the scales are broken");
    c.says = NULL;
    rig_refused(&r, LTC_EIO, "mask 'rig': scoring failed, and the plug-in does not say why");
    c.returns = 12;                           /* no status */
    rig_refused(&r, LTC_EINTERNAL, "scoring failed");
    c.blames = "alpha", c.says = "must be odd";
    rig_refused(&r, LTC_EOPTION, "must be odd");
    drop(&b);
}

static unsigned destroyed;
static ltc_status create_counted(const ltc_host *h, const void *opts, void **self, ltc_error *err)
{
    const rig_criterion *c = opts;
    if (c->returns)
        return ltc_fail_opt(err, "alpha", "is even");
    CU_ASSERT(h->kind_abi == LTC_MASK_ABI && !h->probe);
    *self = (void *)(uintptr_t)opts;
    return LTC_OK;
}
static void destroy_counted(void *self)
{
    (void)self;
    destroyed++;
}

static void an_instance_is_made_and_unmade_for_each_selection(void)
{
    bench b = make(rig_scorer());
    rig_criterion c = { 0 };
    const lt_selection_request r = rig_request(&b.g, &b.m, &c, &b.all);
    b.m.ops.mask.create = create_counted, b.m.ops.mask.destroy = destroy_counted;
    destroyed = 0;
    lt_masks m = rig_select(&r);
    CU_ASSERT_EQUAL(destroyed, 1);
    c.flags = LTC_NEED_PROBE;
    rig_refused(&r, LTC_EINVAL, "passes over training samples");
    CU_ASSERT_EQUAL(destroyed, 2);
    c.returns = LTC_EOPTION;
    rig_refused(&r, LTC_EOPTION, "is even");
    CU_ASSERT_EQUAL(destroyed, 2);            /* what was not made is not unmade */
    lt_masks_free(&m);
    drop(&b);
}

static void the_floating_point_mode_is_put_back(void)
{
    const rig_criterion c = { .flushes = true };
    const unsigned before = _mm_getcsr() & 0xffc0u;
    bench b = make(rig_scorer());
    const lt_selection_request r = rig_request(&b.g, &b.m, &c, &b.all);
    lt_masks m = rig_select(&r);
    CU_ASSERT_EQUAL(_mm_getcsr() & 0xffc0u, before);
    lt_masks_free(&m);
    drop(&b);
}

/* Plug-ins whose headers were of this size, of larger and of smaller structs; they read every
 * byte that they know. */
static void every_struct_is_lent_in_the_plug_ins_size(void)
{
    static const char *const build[] = { "same", "larger", "smaller" };
    float w[12] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
    float *by_param[4] = { w, w, w, w };
    bench b = make(rig_scorer());
    ltc_error err = { .message = "" };
    lt_masks_free(&b.all);                    /* biases too, so that tensors lie side by side */
    CU_ASSERT_EQUAL_FATAL(lt_masks_create(&b.g.view, (const uint8_t[4]){ 1, 1, 1, 1 }, &b.all, &err), LTC_OK);
    for (size_t i = 0; i < 3; i++) {
        lt_arena arena = { 0 };
        lt_offer offer;
        char path[512];
        snprintf(path, sizeof path, TEST_BINARY_DIR "/tests/plugins/%s.so", build[i]);
        CU_ASSERT_EQUAL_FATAL(lt_loader_load(path, &arena, &offer, &err), LTC_OK);
        for (size_t j = 0; j < offer.n; j++)
            if (offer.module[j].info.kind == LTC_MASK)
                b.m = offer.module[j];
        b.m.ops.mask.flags = LTC_NEED_FINAL;
        lt_selection_request r = rig_request(&b.g, &b.m, NULL, &b.all);
        r.final = by_param;
        lt_masks m = rig_select(&r);
        CU_ASSERT(m.mask[FC1][5] == 0 && m.mask[FC1][6] == 1 && m.mask[FC2][2] == 0 && m.mask[FC2][3] == 1);
        lt_masks_free(&m);
        lt_arena_free(&arena);
    }
    drop(&b);
}

/* What prepare was shown, and how often: kept in an instance, as plug-ins do. */
typedef struct prepared {
    rig_criterion rig;
    unsigned      times, tensors, scored;
    double        now, goal;
    ltc_status    returns;
} prepared;

static ltc_status create_prepared(const ltc_host *h, const void *opts, void **self, ltc_error *err)
{
    (void)h, (void)err;
    *self = (void *)(uintptr_t)opts;
    return LTC_OK;
}

static ltc_status prepare_all(void *self, const ltc_mask_env *env, const ltc_mask_tensor *const *t, size_t n,
                              ltc_error *err)
{
    prepared *p = self;
    p->times++, p->tensors = (unsigned)n, p->now = env->density_now, p->goal = env->density_goal;
    CU_ASSERT(p->scored == 0 && t[0]->index == FC1 && !strcmp(t[n - 1]->name, "fc2.weight"));
    if (p->rig.flushes)
        _mm_setcsr(_mm_getcsr() | 0x8040u);
    return p->returns ? ltc_fail(err, p->returns, "has no gradients") : LTC_OK;
}

static ltc_status score_prepared(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *t,
                                 float *score, ltc_error *err)
{
    prepared *p = (void *)(uintptr_t)self;
    (void)env, (void)err;
    CU_ASSERT_EQUAL(p->times, 1);
    p->scored++;
    for (size_t i = 0; i < t->n; i++)
        score[i] = (float)i;
    return LTC_OK;
}

static void it_may_prepare_once_over_everything_eligible(void)
{
    const unsigned mode = _mm_getcsr() & 0xffc0u;
    bench b = make(rig_scorer());
    b.m.ops.mask = (ltc_mask_ops){ LTC_MASK_OPS, .create = create_prepared, .prepare = prepare_all,
                                   .score = score_prepared };
    memset(b.all.mask[FC2], 0, 2);            /* 16 of 18 are left */
    for (int64_t scope = LT_SCOPE_LAYER; scope <= LT_SCOPE_GLOBAL; scope++) {
        prepared p = { .rig.flushes = true };
        lt_selection_request r = rig_request(&b.g, &b.m, &p.rig, &b.all);
        r.scope = scope;
        lt_masks m = rig_select(&r);
        CU_ASSERT(p.times == 1 && p.tensors == 2 && p.scored == 2 && p.now == 16 / 18.0 &&
                  p.goal == 8 / 18.0);
        CU_ASSERT_EQUAL(_mm_getcsr() & 0xffc0u, mode);
        lt_masks_free(&m);
    }
    prepared p = { .returns = LTC_EIO };
    const lt_selection_request r = rig_request(&b.g, &b.m, &p.rig, &b.all);
    rig_refused(&r, LTC_EIO, "mask 'rig': has no gradients");
    CU_ASSERT_EQUAL(p.scored, 0);
    b.m.ops.mask.create = NULL;
    rig_refused(&r, LTC_EINTERNAL, "prepares but has no create");
    drop(&b);
}

int main(void)
{
    static const lt_test claims[] = {
        { "a score that is not finite is refused by name", a_score_that_is_not_finite_is_refused_by_name },
        { "a score that was forgotten is found", a_score_that_was_forgotten_is_found },
        { "a mask that cannot be is refused", a_mask_that_cannot_be_is_refused },
        { "select is asked pool by pool, for its own count once",
          select_is_asked_pool_by_pool_and_for_its_own_count_once },
        { "the densities it is told are the pool's", the_densities_it_is_told_are_the_pools },
        { "it sees the weights that it asked for and no others",
          it_sees_the_weights_that_it_asked_for_and_no_others },
        { "what this core cannot serve is refused in words",
          what_this_core_cannot_serve_is_refused_in_words },
        { "flags are the instance's", flags_are_the_instances },
        { "a criterion's failure is passed on", a_criterions_failure_is_passed_on },
        { "an instance is made and unmade for each selection",
          an_instance_is_made_and_unmade_for_each_selection },
        { "it may prepare once, over everything eligible", it_may_prepare_once_over_everything_eligible },
        { "the floating-point mode is put back", the_floating_point_mode_is_put_back },
        { "every struct is lent in the plug-in's size", every_struct_is_lent_in_the_plug_ins_size },
    };
    return lt_suite_run("criterion", claims, sizeof claims / sizeof claims[0]);
}
