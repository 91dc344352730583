/* Owns the drawn samples and the buffers of one preparation. */
#include "probing.h"

#include <math.h>
#include <stdlib.h>

static ltc_status draw(probing *p, ltc_error *err)
{
    const uint64_t n = p->probe->n_samples, wanted = p->batch * p->batches;
    const ltc_key key = ltc_key_fold(p->env->key, p->env->round);
    if (wanted > n || n > UINT32_MAX)
        return ltc_fail_opt(err, "batches",
                            "%llu passes over %llu samples each need %llu, and the training split has "
                            "%llu", (unsigned long long)p->batches, (unsigned long long)p->batch,
                            (unsigned long long)wanted, (unsigned long long)n);
    if (!(p->row = calloc((size_t)n, sizeof *p->row)))
        return ltc_fail(err, LTC_ENOMEM, "no memory to draw among %llu samples", (unsigned long long)n);
    for (uint32_t i = 0; i < n; i++)
        p->row[i] = i;
    for (uint64_t i = 0; i < wanted; i++) {   /* Fisher & Yates, as far as it is needed */
        const uint64_t j = i + ltc_rand_below(key, i, (uint32_t)(n - i));
        const uint32_t row = p->row[i];
        p->row[i] = p->row[j], p->row[j] = row;
    }
    return LTC_OK;
}

static ltc_status make_room(const probing *p, void ***room, ltc_error *err)
{
    if (!(*room = calloc(p->probe->graph->n_params, sizeof **room)))
        return ltc_fail(err, LTC_ENOMEM, "no memory for the gradients of %zu tensors", p->n);
    for (size_t i = 0; i < p->n; i++)
        if (!((*room)[p->t[i]->index] = calloc(p->t[i]->n, sizeof(double))))
            return ltc_fail(err, LTC_ENOMEM, "no memory for the gradient of %s", p->t[i]->name);
    return LTC_OK;
}

ltc_status probing_open(probing *p, const ltc_mask_env *env, const ltc_mask_tensor *const *t, size_t n,
                        int64_t batch, int64_t batches, ltc_error *err)
{
    *p = (probing){ .env = env, .probe = env->host->probe, .t = t, .n = n, .batch = (uint64_t)batch,
                    .batches = (uint64_t)batches };
    ltc_status st = draw(p, err);
    if (!st)
        st = make_room(p, &p->pass, err);
    if (!st)
        st = make_room(p, &p->sum, err);
    return st;
}

static void free_room(const probing *p, void **room)
{
    for (uint32_t i = 0; room && i < p->probe->graph->n_params; i++)
        free(room[i]);
    free(room);
}

void probing_close(probing *p)
{
    free_room(p, p->pass);
    free_room(p, p->sum);
    free(p->row);
    *p = (probing){ 0 };
}

static ltc_status run(const probing *p, ltc_probe_req *r, ltc_probe_out *o, uint64_t b, ltc_error *err)
{
    if (p->env->host->cancelled(p->env->host))
        return ltc_fail(err, LTC_ECANCELLED, "stopped before pass %llu of %llu", (unsigned long long)b + 1,
                        (unsigned long long)p->batches);
    r->size = sizeof *r, o->size = sizeof *o;
    r->type = LTC_F64, r->objective = LTC_PROBE_LOSS;
    r->sample = p->row + b * p->batch, r->n = p->batch;
    return p->probe->run(p->probe, r, o, err);
}

ltc_status probing_gradient(probing *p, uint64_t b, uint32_t flags, double logit_scale, ltc_error *err)
{
    ltc_probe_req r = { .flags = flags, .logit_scale = logit_scale };
    ltc_probe_out o = { .grad = p->pass };
    return run(p, &r, &o, b, err);
}

ltc_status probing_squares(probing *p, uint64_t b, uint32_t flags, ltc_error *err)
{
    ltc_probe_req r = { .flags = flags, .logit_scale = 1 };
    ltc_probe_out o = { .grad2 = p->pass };
    return run(p, &r, &o, b, err);
}

ltc_status probing_hessian(probing *p, uint64_t b, uint32_t flags, double logit_scale,
                           const float *const *direction, ltc_error *err)
{
    ltc_probe_req r = { .flags = flags, .logit_scale = logit_scale, .direction = direction };
    ltc_probe_out o = { .hessian = p->pass };
    return run(p, &r, &o, b, err);
}

double probing_as_it_is(double x, double w)
{
    (void)w;
    return x;
}

void probing_add(probing *p, probing_formula *of)
{
    for (size_t j = 0; j < p->n; j++) {
        const ltc_mask_tensor *t = p->t[j];
        const double *pass = p->pass[t->index];
        double *sum = p->sum[t->index];
        for (size_t i = 0; i < t->n; i++)
            if (t->mask[i])
                sum[i] += of(pass[i], (double)t->w_final[i]);
    }
}

/* Of all scores; not a number, or infinite, if one of them is. */
static double largest(const probing *p, probing_formula *of)
{
    double most = 0;
    for (size_t j = 0; j < p->n; j++)
        for (size_t i = 0; i < p->t[j]->n; i++) {
            const ltc_mask_tensor *t = p->t[j];
            const double x = t->mask[i] ? fabs(of(((double *)p->sum[t->index])[i],
                                                  (double)t->w_final[i])) : 0;
            if (!isfinite(x))
                return x;
            most = x > most ? x : most;
        }
    return most;
}

ltc_status probing_scores(const probing *p, probing_formula *of, scored *s, ltc_error *err)
{
    const double most = largest(p, of);
    int exponent = 0;
    if (!isfinite(most))
        return ltc_fail(err, LTC_ENUMERIC,
                        "a gradient is not finite at these weights, so nothing can be ranked by it");
    frexp(most, &exponent);
    const ltc_status st = scored_room(s, p->t, p->n, err);
    for (size_t j = 0; j < p->n && !st; j++)
        for (size_t i = 0; i < p->t[j]->n; i++) {
            const ltc_mask_tensor *t = p->t[j];
            const double x = of(((double *)p->sum[t->index])[i], (double)t->w_final[i]);
            if (t->mask[i])
                s->score[t->index][i] = (float)ldexp(x, 64 - exponent);
        }
    return st;
}
