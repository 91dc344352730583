/* Draws initial weights. Called for the first state of a training and by re-initialisation. */
#include "train/init.h"

#include <math.h>
#include <string.h>

#include "config/settings.h"

/* What a parameter's values are drawn from. */
typedef struct law { enum { CONSTANT, UNIFORM, NORMAL } kind; double a, b; } law; /* a; U(a, b); N(a, b^2) */
typedef struct fans { double in, out; } fans;

/* As PyTorch counts them: [out, in, height, width]; groups are not looked at. */
static fans fans_of(const ltc_value *v)
{
    const double window = (double)(v->dim[2] * v->dim[3]);
    return (fans){ (double)v->dim[1] * window, (double)v->dim[0] * window };
}

static law uniform(double bound)
{
    return (law){ UNIFORM, -bound, bound };
}

static law normal(double deviation)
{
    return (law){ NORMAL, 0, deviation };
}

/* Fan-in of the weight that is used beside parameter p; its own when there is none. */
static double fan_in_beside(const ltc_graph *g, uint32_t p)
{
    const uint32_t value = ltc_graph_param(g, p)->value;
    for (uint32_t i = 0; i < g->n_nodes; i++) {
        const ltc_node *n = ltc_graph_node(g, i);
        for (uint32_t j = 2; j < n->n_in; j++)
            if (n->in[j] == value)
                return fans_of(ltc_graph_value(g, n->in[1])).in;
    }
    return fans_of(ltc_graph_value(g, value)).in;
}

/* Glorot & Bengio 2010, He et al. 2015 with gain sqrt(2); "pytorch" is nn.Linear's and nn.Conv2d's
 * reset_parameters. */
static law weight_law(int64_t how, fans f)
{
    switch (how) {
    case LT_INIT_GLOROT_NORMAL:   return normal(sqrt(2 / (f.in + f.out)));
    case LT_INIT_GLOROT_UNIFORM:  return uniform(sqrt(6 / (f.in + f.out)));
    case LT_INIT_KAIMING_NORMAL:  return normal(sqrt(2 / f.in));
    case LT_INIT_KAIMING_UNIFORM: return uniform(sqrt(6 / f.in));
    default:                      return uniform(1 / sqrt(f.in));
    }
}

static law role_law(const ltc_graph *g, uint32_t p, int64_t how)
{
    const ltc_param *param = ltc_graph_param(g, p);
    if (param->role & (LTC_ROLE_WEIGHT | LTC_ROLE_SCORE))
        return weight_law(how, fans_of(ltc_graph_value(g, param->value)));
    if (param->role & LTC_ROLE_NORM_GAIN)
        return (law){ CONSTANT, 1, 0 };
    if ((param->role & LTC_ROLE_BIAS) && how == LT_INIT_PYTORCH)
        return uniform(1 / sqrt(fan_in_beside(g, p)));
    return (law){ CONSTANT, 0, 0 };
}

static law param_law(const ltc_graph *g, uint32_t p, int64_t how)
{
    const ltc_init *own = &ltc_graph_param(g, p)->init;
    const fans f = fans_of(ltc_graph_value(g, ltc_graph_param(g, p)->value));
    switch (own->kind) {
    case LTC_INIT_CONST:           return (law){ CONSTANT, own->a, 0 };
    case LTC_INIT_UNIFORM:         return (law){ UNIFORM, own->a, own->b };
    case LTC_INIT_NORMAL:          return (law){ NORMAL, own->a, own->b };
    case LTC_INIT_GLOROT_UNIFORM:  return uniform(own->a * sqrt(6 / (f.in + f.out)));
    case LTC_INIT_GLOROT_NORMAL:   return normal(own->a * sqrt(2 / (f.in + f.out)));
    case LTC_INIT_KAIMING_UNIFORM: return uniform(own->a * sqrt(3 / f.in));
    case LTC_INIT_KAIMING_NORMAL:  return normal(own->a * sqrt(1 / f.in));
    default:                       return role_law(g, p, how);
    }
}

/* All arithmetic in double, rounded to float once. */
static void draw(law l, ltc_key key, float *w, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double x = l.a;
        if (l.kind == UNIFORM)
            x = l.a + (l.b - l.a) * (double)ltc_rand_unit(key, i);
        else if (l.kind == NORMAL)
            x = l.a + l.b * (double)ltc_rand_normal(key, i);
        w[i] = (float)x;
    }
}

void lt_init_state(const ltc_graph *g, int64_t how, ltc_key key, lt_state *s)
{
    for (uint32_t p = 0; p < g->n_params; p++) {
        const size_t n = ltc_graph_param(g, p)->n;
        draw(param_law(g, p, how), ltc_key_fold(key, p), s->value[p], n);
        memset(s->slot1[p], 0, n * sizeof(float));
        memset(s->slot2[p], 0, n * sizeof(float));
    }
    s->clock = 0;
}
