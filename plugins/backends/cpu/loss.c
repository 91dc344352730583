/* Softmax cross-entropy, sixteen samples at a time. The exponentials are floats; the logarithm is taken of 1 plus
 * the sum of all but the largest, in double, so that the losses of good networks keep their digits. */
#include "vec.h"

#include "kernels.h"

/* exp(x) for x <= 0, to 1e-7: 2^n times a polynomial on [-ln 2 / 2, ln 2 / 2]; 0 below -87. */
VEC_INLINE vec vec_exp(vec x)
{
    const vec round = vec_all(12582912.0f);   /* 1.5 2^23: its sum with a small number has no fraction */
    const vec_mask tiny = x < vec_all(-87.0f);
    const vec t = vec_fma(vec_choose(tiny, vec_zero(), x), vec_all(1.44269504f), round);
    const vec n = t - round;
    vec f = vec_fma(n, vec_all(-0.693145752f), vec_choose(tiny, vec_zero(), x));
    f = vec_fma(n, vec_all(-1.42860677e-6f), f);
    vec p = vec_all(1.0f / 5040);
    p = vec_fma(p, f, vec_all(1.0f / 720));
    p = vec_fma(p, f, vec_all(1.0f / 120));
    p = vec_fma(p, f, vec_all(1.0f / 24));
    p = vec_fma(p, f, vec_all(1.0f / 6));
    p = vec_fma(p, f, vec_all(0.5f));
    p = vec_fma(p, f, vec_all(1.0f));
    p = vec_fma(p, f, vec_all(1.0f));
    const vec_mask scaled = (vec_mask)p + (((vec_mask)t - (vec_mask)round) << 23);
    return vec_where(~tiny, (vec)scaled);
}

/* ln(1 + x), x >= 0: atanh's series on a mantissa in [0.75, 1.5); small x keep their digits. */
static double log_1_plus(double x)
{
    if (!(x < 1e300))
        return x;
    double m = 1 + x, less = x, e = 0;
    for (; m > 1.5; m *= 0.5, e++)
        less = m * 0.5 - 1;
    const double s = less / (2 + less), q = s * s;
    const double series = 1 + q * (1 / 3. + q * (1 / 5. + q * (1 / 7. + q * (1 / 9. + q * (1 / 11. + q / 13.)))));
    return e * 0x1.62e42fefa39efp-1 + 2 * s * series;
}

/* Sixteen samples from lane l on. */
static void loss_16(const cpu_loss *s, int64_t l)
{
    const float *z = s->logits + l;
    vec top = vec_load(z), rest = vec_zero(), own = vec_zero();
    vec_mask best = { 0 }, label;
    for (int i = 0; i < CPU_LANES; i++)
        label[i] = l + i < s->batch ? s->label[l + i] : 0;
    for (int32_t j = 1; j < s->classes; j++) {
        const vec x = vec_load(z + j * s->lanes);
        const vec_mask more = x > top;
        top = vec_choose(more, x, top);
        best = (best & ~more) | (more & j);
    }
    for (int32_t j = 0; j < s->classes; j++) {
        const vec less = vec_load(z + j * s->lanes) - top;
        own = vec_choose(label == j, less, own);
        rest += vec_where(best != j, vec_exp(less));
    }
    for (int i = 0; i < CPU_LANES; i++) {
        const bool is_number = own[i] == own[i] && rest[i] == rest[i];
        s->loss[l + i] = is_number ? log_1_plus((double)rest[i]) - (double)own[i] : (double)(own[i] + rest[i]);
        s->hit[l + i] = is_number && best[i] == label[i];
    }
    vec_mask there;
    for (int i = 0; i < CPU_LANES; i++)
        there[i] = l + i < s->batch ? -1 : 0;
    const vec share = vec_all(1.0f / (float)s->batch), all = share / (vec_all(1.0f) + rest);
    for (int32_t j = 0; s->grad && j < s->classes; j++) {
        const vec p = vec_exp(vec_load(z + j * s->lanes) - top) * all;
        vec_store(s->grad + j * s->lanes + l, vec_where(there, p - vec_where(label == j, share)));
    }
}

void CPU_NAME(cpu_loss)(const cpu_loss *s)
{
    for (int64_t l = 0; l < s->lanes; l += CPU_LANES)
        loss_16(s, l);
}
