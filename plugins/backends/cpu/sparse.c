/* Linear layers by lists of the weights that are not dead: every product is one weight times one row of sixteen or
 * sixty-four samples. Forward and back run along a row's list, two entries at a time; the gradients of CPU_GROUP
 * weights at a time wait as vectors, are summed across their lanes and go through the optimizer. */
#include "bytes.h"
#include "shuffle.h"
#include "update.h"

/* Sum of w[q] x[column[q]] over a list; even and odd entries apart, then together. */
VEC_INLINE vec4 list_4(const float *w, const uint32_t *column, uint32_t q, uint32_t end, const float *x, vec4 sum)
{
    vec4 odd = vec4_all(vec_zero());
    for (; q + 1 < end; q += 2) {
        sum = vec4_fma(w[q], vec4_load(x + column[q]), sum);
        odd = vec4_fma(w[q + 1], vec4_load(x + column[q + 1]), odd);
    }
    if (q < end)
        sum = vec4_fma(w[q], vec4_load(x + column[q]), sum);
    return vec4_add(sum, odd);
}

VEC_INLINE vec list_1(const float *w, const uint32_t *column, uint32_t q, uint32_t end, const float *x, vec sum)
{
    vec odd = vec_zero();
    for (; q + 1 < end; q += 2) {
        sum = vec_fma(vec_all(w[q]), vec_load(x + column[q]), sum);
        odd = vec_fma(vec_all(w[q + 1]), vec_load(x + column[q + 1]), odd);
    }
    if (q < end)
        sum = vec_fma(vec_all(w[q]), vec_load(x + column[q]), sum);
    return sum + odd;
}

/* y = scale sum w byte + base sum w + bias */
static void forward_bytes(const cpu_sparse *s, int64_t o)
{
    const uint32_t first = s->lists->start[o], end = s->lists->start[o + 1];
    const float *w = s->weights.w;
    float weight = 0;
    for (uint32_t q = first; q < end; q++)
        weight += w[q];
    const vec rest = vec_all(weight * s->base + (s->bias ? s->bias[o] : 0.0f));
    for (int64_t l = 0; l < s->lanes; l += CPU_FOUR) {
        vec4 sum = vec4_all(vec_zero());
        for (uint32_t q = first; q < end; q++)
            sum = vec4_fma(w[q], vec4_of_bytes(s->bytes + s->lists->column[q] + l), sum);
        const vec4 y = vec4_fma(s->scale, sum, vec4_all(rest));
        vec4_store(s->y + o * s->lanes + l, s->relu ? vec4_relu(y) : y);
    }
}

static void forward_row(const cpu_sparse *s, int64_t o)
{
    const uint32_t first = s->lists->start[o], end = s->lists->start[o + 1];
    const vec bias = vec_all(s->bias ? s->bias[o] : 0.0f);
    float *y = s->y + o * s->lanes;
    int64_t l = 0;
    for (; l + CPU_FOUR <= s->lanes; l += CPU_FOUR) {
        const vec4 sum = list_4(s->weights.w, s->lists->column, first, end, s->x + l, vec4_all(bias));
        vec4_store(y + l, s->relu ? vec4_relu(sum) : sum);
    }
    for (; l < s->lanes; l += CPU_LANES) {
        const vec sum = list_1(s->weights.w, s->lists->column, first, end, s->x + l, bias);
        vec_store(y + l, s->relu ? vec_relu(sum) : sum);
    }
}

void CPU_NAME(cpu_sparse_forward)(const cpu_sparse *s, int64_t first, int64_t end)
{
    for (int64_t o = first; o < end; o++)
        if (s->bytes)
            forward_bytes(s, o);
        else
            forward_row(s, o);
}

/* dx[i] = sum of w[o][i] g[o] over column i's list. */
void CPU_NAME(cpu_sparse_back)(const cpu_sparse *s, int64_t first, int64_t end)
{
    const cpu_lists *t = s->lists;
    for (int64_t i = first; i < end; i++) {
        const uint32_t begin = t->column_start[i], stop = t->column_start[i + 1];
        float *dx = s->dx + i * s->lanes;
        const float *x = s->x + i * s->lanes;
        int64_t l = 0;
        for (; l + CPU_FOUR <= s->lanes; l += CPU_FOUR) {
            vec4 sum = vec4_all(vec_zero());
            for (uint32_t q = begin; q < stop; q++)
                sum = vec4_fma(s->weights.w[t->entry[q]], vec4_load(s->g + t->row[q] + l), sum);
            if (s->gate)
                sum = vec4_gate(vec4_load(x + l), sum);
            vec4_store(dx + l, s->add ? vec4_add(vec4_load(dx + l), sum) : sum);
        }
        for (; l < s->lanes; l += CPU_LANES) {
            vec sum = vec_zero();
            for (uint32_t q = begin; q < stop; q++)
                sum = vec_fma(vec_all(s->weights.w[t->entry[q]]), vec_load(s->g + t->row[q] + l), sum);
            if (s->gate)
                sum = vec_where(vec_load(x + l) > vec_zero(), sum);
            vec_store(dx + l, s->add ? vec_load(dx + l) + sum : sum);
        }
    }
}

/* The gradients of n weights from `from` on, which wait in scratch as vectors. */
static void settle(const cpu_sparse *s, const cpu_rule *r, const vec_rule *k, uint32_t from, uint32_t n)
{
    for (uint32_t i = n; i % CPU_LANES; i++)
        vec_store(s->scratch + i * CPU_LANES, vec_zero());
    for (uint32_t i = 0; i < n; i += CPU_LANES) {
        float g[CPU_LANES] __attribute__((aligned(64)));
        vec x[CPU_LANES];
        for (int j = 0; j < CPU_LANES; j++)
            x[j] = vec_load(s->scratch + (i + (uint32_t)j) * CPU_LANES);
        vec_store(g, sums_16(x));
        update_run(r, k, &s->weights, from + i, g, CPU_LANES);
    }
}

/* g[o] x[i], sample by sample, lane by lane: 64 samples in registers where there are no others. */
static void gather_64(const cpu_sparse *s, const float *g, uint32_t q, uint32_t end, float *to)
{
    const vec4 d = vec4_load(g);
    for (; q < end; q++, to += CPU_LANES) {
        const vec4 x = vec4_load(s->x + s->lists->column[q]);
        vec_store(to, vec_fma(d.c, x.c, d.a * x.a) + vec_fma(d.d, x.d, d.b * x.b));
    }
}

static void gather_any(const cpu_sparse *s, const float *g, uint32_t q, uint32_t end, float *to)
{
    for (; q < end; q++, to += CPU_LANES) {
        const float *x = s->x + s->lists->column[q];
        vec even = vec_zero(), odd = even;
        int64_t l = 0;
        for (; l + 2 * CPU_LANES <= s->lanes; l += 2 * CPU_LANES) {
            even = vec_fma(vec_load(g + l), vec_load(x + l), even);
            odd = vec_fma(vec_load(g + l + CPU_LANES), vec_load(x + l + CPU_LANES), odd);
        }
        if (l < s->lanes)
            even = vec_fma(vec_load(g + l), vec_load(x + l), even);
        vec_store(to, even + odd);
    }
}

/* Groups of CPU_GROUP entries, whichever rows they are of. first and end are multiples of CPU_GROUP, or the last. */
void CPU_NAME(cpu_sparse_update)(const cpu_sparse *s, const cpu_rule *r, int64_t first, int64_t end)
{
    const vec_rule k = vec_rule_of(r);
    const uint32_t *start = s->lists->start;
    int64_t o = 0;
    for (int64_t low = 0, high = s->out; low < high;) {       /* the row that holds entry `first` */
        const int64_t middle = (low + high + 1) / 2;
        if (start[middle] <= (uint32_t)first)
            o = low = middle;
        else
            high = middle - 1;
    }
    for (uint32_t from = (uint32_t)first; from < (uint32_t)end;) {
        const uint32_t stop = from + CPU_GROUP < (uint32_t)end ? from + CPU_GROUP : (uint32_t)end;
        for (uint32_t q = from; q < stop; o += q == start[o + 1]) {
            const uint32_t last = start[o + 1] < stop ? start[o + 1] : stop;
            float *to = s->scratch + (q - from) * CPU_LANES;
            if (s->lanes == CPU_FOUR)
                gather_64(s, s->g + o * s->lanes, q, last, to);
            else
                gather_any(s, s->g + o * s->lanes, q, last, to);
            q = last;
        }
        settle(s, r, &k, from, stop - from);
        from = stop;
    }
}
