/* The end of a step: running statistics and every parameter through the optimizer. Called by span.c. */
#include <math.h>

#include <ltcore/ops.h>

#include "cpu.h"

/* b^n by squaring. */
static double power(double b, uint64_t n)
{
    double x = 1;
    for (; n; n >>= 1, b *= b)
        if (n & 1)
            x *= b;
    return x;
}

/* Without what depends on a parameter's role. */
static cpu_rule rule_of(const cpu_program *p, float lr)
{
    const ltc_optimizer *o = &p->optimizer;
    return (cpu_rule){
        .kind = o->kind, .nesterov = o->nesterov, .lr = lr, .mu = (float)o->momentum, .b1 = (float)o->beta1,
        .b2 = (float)o->beta2, .one_b1 = (float)(1 - o->beta1), .one_b2 = (float)(1 - o->beta2),
        .eps = (float)o->eps, .rate = (float)((double)lr / (1 - power(o->beta1, p->clock + 1))),
        .root = (float)(1 / sqrt(1 - power(o->beta2, p->clock + 1))),
    };
}

static cpu_rule rule_for(const cpu_program *p, const cpu_rule *common, uint32_t role)
{
    const ltc_optimizer *o = &p->optimizer;
    cpu_rule r = *common;
    const float lambda = role & o->decay_roles ? (float)o->weight_decay : 0;
    r.l1 = role & o->l1_roles ? (float)o->l1 : 0;
    r.lambda = o->kind == LTC_ADAMW ? 0 : lambda;
    r.shrink = o->kind == LTC_ADAMW ? r.lr * lambda : 0;
    return r;
}

/* m <- (1 - momentum) m + momentum mean;  v alike with the unbiased variance. */
static void commit(cpu_program *p, cpu_node *n)
{
    const cpu_view *x = &cpu_in(p, n, 0)->value;
    const double momentum = ((const ltc_batch_norm_desc *)n->node->desc)->momentum, keep = 1 - momentum;
    const double count = (double)(p->rows * x->h * x->w), unbiased = count > 1 ? count / (count - 1) : 1;
    float *m = cpu_param_of(p, n, 3)->kept.all.w, *v = cpu_param_of(p, n, 4)->kept.all.w;
    for (int64_t c = 0; c < x->channels; c++) {
        m[c] = (float)(keep * (double)m[c] + momentum * (double)n->saved[c]);
        v[c] = (float)(keep * (double)v[c] + momentum * unbiased * (double)n->saved[x->channels + c]);
    }
}

void cpu_optimizer_step(cpu_program *p, float lr)
{
    const cpu_rule common = rule_of(p, lr);
    for (uint32_t i = 0; i < p->graph->n_nodes; i++) {
        cpu_node *n = &p->node[i];
        if (n->node->op == LTC_OP_LINEAR &&
            ltc_graph_param(p->graph, p->param_of[n->node->in[1]] - 1)->trained) {
            const ltc_param *of = ltc_graph_param(p->graph, p->param_of[n->node->in[1]] - 1);
            const cpu_rule r = rule_for(p, &common, of->role);
            cpu_linear_update(p, n, &r);
        }
        if (n->node->op == LTC_OP_BATCH_NORM)
            commit(p, n);
    }
    for (uint32_t i = 0; i < p->graph->n_params; i++) {
        const cpu_rule r = rule_for(p, &common, ltc_graph_param(p->graph, i)->role);
        const cpu_kept *k = &p->param[i].kept;
        if (k->g)
            p->device->kernels->update(&r, &k->all, k->g, (int64_t)k->n);
    }
    for (uint32_t i = 0; i < p->graph->n_nodes; i++)
        if (p->node[i].conv)
            cpu_conv_prepare(p->node[i].conv, cpu_param_of(p, &p->node[i], 1)->kept.all.w);
    p->clock++;
}
