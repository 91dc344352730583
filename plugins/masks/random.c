/* random: keeps weights by lot, the control for every other criterion.
 *
 *   exact       score(w) = a uniform number in [0, 1): the core keeps exactly as many as the budget says
 *   bernoulli   keep(w) = 1 with probability `keep`, each for itself: how many stay is itself by lot
 *
 * A count by lot cannot meet a rate or a density, so with bernoulli the criterion counts for itself and takes
 * the probability as its own option, and the core's rule needs no exception. Scores are multiples of 2^-24;
 * of the few that tie, one threshold's worth is decided by order. */
#include <ltcore/mask.h>

enum { EXACT, BERNOULLI };

typedef struct random_options { int64_t mode; double keep; } random_options;

static const char *const modes[] = { "exact", "bernoulli", NULL };
static const ltc_opt random_table[] = {
    LTC_ENUM(random_options, mode, EXACT, modes,
             "exact: as many as rate or density say; bernoulli: each by its own lot"),
    LTC_REAL(random_options, keep, 1.0, 0.0, 1.0,
             "only with bernoulli, and then required: the probability with which an alive weight is kept"),
};
static const ltc_schema random_schema = LTC_SCHEMA(random_options, random_table);

static ltc_status random_create(const ltc_host *h, const void *opts, void **self, ltc_error *err)
{
    const random_options *o = opts;
    (void)h;
    if (o->mode == BERNOULLI && !(o->keep < 1))
        return ltc_fail_opt(err, "keep", "mode \"bernoulli\" keeps each weight with this probability: "
                            "give one below 1");
    if (o->mode == EXACT && o->keep < 1)
        return ltc_fail_opt(err, "keep", "mode \"exact\" does not read it: set prune.rate or "
                            "prune.density, or mode \"bernoulli\"");
    *self = (void *)(uintptr_t)opts;          /* the block outlives the instance */
    return LTC_OK;
}

/* Each round and each tensor has a stream of its own. */
static ltc_key stream(const ltc_mask_env *env, const ltc_mask_tensor *t)
{
    return ltc_key_fold(ltc_key_fold(env->key, env->round), t->index);
}

static ltc_status random_score(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *t,
                               float *score, ltc_error *err)
{
    const ltc_key key = stream(env, t);
    (void)self, (void)err;
    for (size_t i = 0; i < t->n; i++)
        score[i] = ltc_rand_unit(key, i);
    return LTC_OK;
}

static ltc_status random_select(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *const *t,
                                size_t n, uint8_t *const *mask, ltc_error *err)
{
    const random_options *o = self;
    (void)err;
    for (size_t j = 0; j < n; j++) {
        const ltc_key key = stream(env, t[j]);
        for (size_t i = 0; i < t[j]->n; i++)
            mask[j][i] = t[j]->mask[i] && (double)ltc_rand_unit(key, i) < o->keep;
    }
    return LTC_OK;
}

static uint32_t random_flags_of(const void *self)
{
    const random_options *o = self;
    return o->mode == BERNOULLI ? LTC_MASK_OWN_COUNT : 0;
}

static const ltc_mask_ops random_ops = {
    LTC_MASK_OPS, .create = random_create, .score = random_score, .select = random_select,
    .flags_of = random_flags_of,
};
static const ltc_module random_module = {
    LTC_MODULE(LTC_MASK, random_ops), .name = "random", .version = "1.0", .schema = &random_schema,
    .summary = "keeps weights by lot",
    .source = "score = U[0, 1), or keep ~ Bernoulli(keep); Frankle & Carbin 2019, appendix E",
};
LTC_PLUGIN(&random_module);
