/* synflow: keeps the weights on the strongest paths through the network, without a single sample, before any
 * training.
 *
 *   R = sum of the logits of an input of ones, with |parameters|;   score(w) = |dR/dw w|
 *
 * Tanaka et al. 2020. After iteration i of n, alive (keep / alive)^(i / n) of the pool's weights are left,
 * and R is that of what is left: a layer whose weights have all but gone scores higher in the next iteration,
 * which is why layers do not collapse; with one iteration they may. The last iteration keeps exactly as many
 * as were asked for; ties go in the order of tensors and elements. The published algorithm ranks the whole
 * network: prune.scope = "global". With other scopes each pool is iterated for itself, under the selection so
 * far of all others. In double, since R overflows floats in deep networks. Batch norm takes its running
 * statistics, as in the authors' code; at initialisation they are 0 and 1, and nothing here changes them. One
 * forward and one backward pass of one sample an iteration. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ltcore/mask.h>

typedef struct synflow_options { int64_t iterations; } synflow_options;

static const ltc_opt synflow_table[] = {
    LTC_INT(synflow_options, iterations, 100, 1, 100000, "steps in which the density falls to its goal"),
};
static const ltc_schema synflow_schema = LTC_SCHEMA(synflow_options, synflow_table);

/* One pool on its way; the masks are the caller's. */
typedef struct flow {
    const ltc_mask_env *env;
    const ltc_mask_tensor *const *t;
    size_t    n;
    uint8_t *const *mask;
    uint32_t  n_params;
    const uint8_t **mask_of;                  /* [n_params]: the pool's masks, NULL elsewhere */
    void    **score;                          /* [n_params]: doubles, likewise; a pass writes gradients */
    uint64_t *count;                          /* [1 << DIGIT] */
} flow;

enum { DIGIT = 16 };                          /* bits of a score that are looked at together */

static void flow_close(flow *f)
{
    for (uint32_t p = 0; f->score && p < f->n_params; p++)
        free(f->score[p]);
    free(f->score), free(f->mask_of), free(f->count);
}

static ltc_status flow_open(flow *f, ltc_error *err)
{
    f->n_params = f->env->host->probe->graph->n_params;
    f->mask_of = calloc(f->n_params, sizeof *f->mask_of);
    f->score = calloc(f->n_params, sizeof *f->score);
    f->count = calloc((size_t)1 << DIGIT, sizeof *f->count);
    bool whole = f->mask_of && f->score && f->count;
    for (size_t j = 0; j < f->n && whole; j++) {
        const ltc_mask_tensor *t = f->t[j];
        memcpy(f->mask[j], t->mask, t->n);
        f->mask_of[t->index] = f->mask[j];
        f->score[t->index] = calloc(t->n, sizeof(double));
        whole = f->score[t->index];
    }
    return whole ? LTC_OK : ltc_fail(err, LTC_ENOMEM, "no memory to score %zu tensors", f->n);
}

/* Gradients become scores. */
static ltc_status weigh(const flow *f, ltc_error *err)
{
    for (size_t j = 0; j < f->n; j++) {
        const ltc_mask_tensor *t = f->t[j];
        double *score = f->score[t->index];
        for (size_t i = 0; i < t->n; i++) {
            score[i] = fabs(score[i] * (double)t->w_final[i]);
            if (f->mask[j][i] && !isfinite(score[i]))
                return ltc_fail(err, LTC_ENUMERIC,
                                "the flow through element %zu of %s is not finite: look at that "
                                "weight, and at how deep the network is", i, t->name);
        }
    }
    return LTC_OK;
}

static ltc_status pass(const flow *f, ltc_error *err)
{
    const ltc_host *h = f->env->host;
    const uint32_t sample = 0;                /* its values are replaced by ones */
    const ltc_probe_req r = {
        .size = sizeof r, .type = LTC_F64, .objective = LTC_PROBE_LOGIT_SUM, .sample = &sample, .n = 1,
        .logit_scale = 1,
        .flags = LTC_PROBE_ONES | LTC_PROBE_ABS | LTC_PROBE_RUNNING_STATS, .mask = f->mask_of,
    };
    ltc_probe_out o = { .size = sizeof o, .grad = f->score };
    if (h->cancelled(h))
        return ltc_fail(err, LTC_ECANCELLED, "stopped between two iterations");
    const ltc_status st = h->probe->run(h->probe, &r, &o, err);
    return st ? st : weigh(f, err);
}

/* Of scores, which are not negative, the bits have the order of the numbers. */
static uint64_t bits_of(double score)
{
    uint64_t bits;
    memcpy(&bits, &score, sizeof bits);
    return bits;
}

/* How often each value of the digit at `shift` occurs among the alive whose higher digits are those of
 * `prefix`. */
static void count_digits(const flow *f, uint64_t prefix, int shift)
{
    memset(f->count, 0, sizeof *f->count << DIGIT);
    for (size_t j = 0; j < f->n; j++) {
        const double *score = f->score[f->t[j]->index];
        for (size_t i = 0; i < f->t[j]->n; i++) {
            const uint64_t bits = bits_of(score[i]);
            if (f->mask[j][i] && (bits ^ prefix) >> shift >> DIGIT == 0)
                f->count[bits >> shift & 0xffff]++;
        }
    }
}

/* Prunes the `go` lowest of the alive, of which there are more. */
static void cut(const flow *f, uint64_t go)
{
    uint64_t threshold = 0;
    for (int shift = 64 - DIGIT; shift >= 0; shift -= DIGIT) {
        uint64_t digit = 0;
        count_digits(f, threshold, shift);
        for (; f->count[digit] <= go && digit < 0xffff; digit++)
            go -= f->count[digit];
        threshold |= digit << shift;
    }
    for (size_t j = 0; j < f->n; j++) {
        const double *score = f->score[f->t[j]->index];
        for (size_t i = 0; i < f->t[j]->n; i++) {
            const uint64_t its = bits_of(score[i]);
            if (f->mask[j][i] && (its < threshold || (its == threshold && go)))
                f->mask[j][i] = 0, go -= its == threshold;
        }
    }
}

static uint64_t alive_in(const flow *f)
{
    uint64_t n = 0;
    for (size_t j = 0; j < f->n; j++)
        for (size_t i = 0; i < f->t[j]->n; i++)
            n += f->mask[j][i];
    return n;
}

static ltc_status iterate(const flow *f, uint64_t keep, int64_t iterations, ltc_error *err)
{
    const uint64_t first = alive_in(f);
    const double share = first ? (double)keep / (double)first : 1;
    uint64_t alive = first;
    ltc_status st = LTC_OK;
    for (int64_t i = 1; i <= iterations && !st; i++) {
        const double left = rint((double)first * pow(share, (double)i / (double)iterations));
        const uint64_t goal = i == iterations || left < (double)keep ? keep : (uint64_t)left;
        if (goal >= alive)
            continue;                         /* nothing goes: the next pass would be the same */
        if (!(st = pass(f, err)))
            cut(f, alive - goal);
        alive = goal;
    }
    return st;
}

static ltc_status synflow_select(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *const *t,
                                 size_t n, uint8_t *const *mask, ltc_error *err)
{
    const synflow_options *o = self;
    flow f = { .env = env, .t = t, .n = n, .mask = mask };
    double total = 0;
    for (size_t j = 0; j < n; j++)
        total += (double)t[j]->n;
    ltc_status st = flow_open(&f, err);
    if (!st)
        st = iterate(&f, (uint64_t)rint(env->density_goal * total), o->iterations, err);
    flow_close(&f);
    return st;
}

static const ltc_mask_ops synflow_ops = {
    LTC_MASK_OPS, .flags = LTC_NEED_PROBE | LTC_NEED_FINAL, .select = synflow_select,
};
static const ltc_module synflow = {
    LTC_MODULE(LTC_MASK, synflow_ops), .name = "synflow", .version = "1.0", .schema = &synflow_schema,
    .summary = "keeps the weights on the strongest paths, iterated and without data; for scope \"global\"",
    .source = "score = |dR/dw w|, R = sum of outputs for ones with |w|, iterated; Tanaka et al. 2020",
};
LTC_PLUGIN(&synflow);
