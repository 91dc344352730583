/* grasp: keeps the weights that carry the gradient's flow through the network, before any training.
 *
 *   score(w) = w (H g)      g, H = gradient and Hessian of the loss whose logits are divided by `temperature`
 *
 * Wang et al. 2020. Without a weight the squared norm of the gradient becomes larger by -2 w (H g), to first
 * order: they call S(-w) = -w (H g) and remove the weights with the highest S, those without which the
 * gradient flows best. That is what our score says with the other sign: the lowest go. g and H are over the
 * weights that may be pruned and are alive, as in their code over those of convolutions and linear layers;
 * both are averaged over `batches` of `batch` samples, g first and whole; batch norm takes each batch's
 * statistics. They draw ten samples a class; here all are equally likely. */
#include <stdlib.h>

#include "probing.h"

typedef struct grasp_options { int64_t batch, batches; double temperature; } grasp_options;

static const ltc_opt grasp_table[] = {
    PROBING_OPTIONS(grasp_options),
    LTC_REAL(grasp_options, temperature, 200.0, 0.0, 1e6, "logits are divided by it", .flags = LTC_OPT_ABOVE),
};
static const ltc_schema grasp_schema = LTC_SCHEMA(grasp_options, grasp_table);

static double flow(double hg, double w)
{
    return hg * w;
}

/* p->sum, the gradient, becomes the direction, 0 where a weight is pruned; p->sum starts anew. */
static ltc_status take_direction(const probing *p, float **direction, ltc_error *err)
{
    for (size_t j = 0; j < p->n; j++) {
        const ltc_mask_tensor *t = p->t[j];
        double *sum = p->sum[t->index];
        float *d = direction[t->index] = calloc(t->n, sizeof *d);
        if (!d)
            return ltc_fail(err, LTC_ENOMEM, "no memory for the gradient of %s", t->name);
        for (size_t i = 0; i < t->n; i++)
            d[i] = (float)(sum[i] / (double)p->batches), sum[i] = 0;
    }
    return LTC_OK;
}

static ltc_status gradients(probing *p, double scale, float **direction, ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (uint64_t b = 0; b < p->batches && !st; b++)
        if (!(st = probing_gradient(p, b, 0, scale, err)))
            probing_add(p, probing_as_it_is);
    return st ? st : take_direction(p, direction, err);
}

static ltc_status products(probing *p, double scale, float **direction, ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (uint64_t b = 0; b < p->batches && !st; b++)
        if (!(st = probing_hessian(p, b, 0, scale, (const float *const *)direction, err)))
            probing_add(p, probing_as_it_is);
    return st;
}

static ltc_status grasp_prepare(void *self, const ltc_mask_env *env, const ltc_mask_tensor *const *t,
                                size_t n, ltc_error *err)
{
    const grasp_options *o = ((scored *)self)->options;
    const uint32_t n_params = env->host->probe->graph->n_params;
    float **direction = calloc(n_params, sizeof *direction);
    probing p;
    ltc_status st = probing_open(&p, env, t, n, o->batch, o->batches, err);
    if (!st && !direction)
        st = ltc_fail(err, LTC_ENOMEM, "no memory for a direction");
    if (!st)
        st = gradients(&p, 1 / o->temperature, direction, err);
    if (!st)
        st = products(&p, 1 / o->temperature, direction, err);
    if (!st)
        st = probing_scores(&p, flow, self, err);
    for (uint32_t i = 0; direction && i < n_params; i++)
        free(direction[i]);
    free(direction);
    probing_close(&p);
    return st;
}

static const ltc_mask_ops grasp_ops = {
    LTC_MASK_OPS, .flags = LTC_NEED_PROBE | LTC_NEED_FINAL, .create = scored_create,
    .destroy = scored_destroy, .prepare = grasp_prepare, .score = scored_score,
};
static const ltc_module grasp = {
    LTC_MODULE(LTC_MASK, grasp_ops), .name = "grasp", .version = "1.0", .schema = &grasp_schema,
    .summary = "keeps the weights without which the gradient would flow worse, at initialisation",
    .source = "score = w (H g) at a temperature, so the highest -w (H g) go; Wang, Zhang & Grosse 2020",
};
LTC_PLUGIN(&grasp);
