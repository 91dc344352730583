/* BATCH_NORM, and the sums that are a bias's gradient: a block a channel. Thread t takes elements t, t +
 * 256, ... of the channel, rows in order, and sums in double; then threads are added, as reduce.cuh has
 * it. */
#include "reduce.cuh"

/* Element e of this block's channel, x[row][channel][space]. */
LCU_DEVICE size_t element(uint32_t e, uint32_t channels, uint32_t space)
{
    return ((size_t)(e / space) * channels + blockIdx.x) * space + e % space;
}

/* sum of (x - a) (y - b) over the channel */
LCU_DEVICE double moment(const lcu_norm *p, const float *x, double a, const float *y, double b)
{
    double sum = 0;
    for (uint32_t e = threadIdx.x; e < p->rows * p->space; e += REDUCE_THREADS) {
        const size_t at = element(e, p->channels, p->space);
        sum += (x[at] - a) * (y[at] - b);
    }
    return block_sum(sum);
}

LCU_DEVICE double channel_sum(const float *x, uint32_t rows, uint32_t channels, uint32_t space)
{
    double sum = 0;
    for (uint32_t e = threadIdx.x; e < rows * space; e += REDUCE_THREADS)
        sum += x[element(e, channels, space)];
    return block_sum(sum);
}

/* y = (x - mean) / sqrt(var + eps) * gain + bias */
LCU_KERNEL(norm_forward, lcu_norm)
{
    const uint32_t c = blockIdx.x;
    const float *x = lcu_of(p->x);
    float *y = lcu_of(p->y), mean, var;
    if (p->training) {
        const double count = (double)p->rows * p->space;
        const double m = channel_sum(x, p->rows, p->channels, p->space) / count;
        mean = (float)m, var = (float)(moment(p, x, m, x, m) / count);
        float *saved = lcu_of(p->saved);
        if (threadIdx.x == 0)
            saved[c] = mean, saved[p->channels + c] = var;
    } else {
        mean = lcu_of(p->mean)[c], var = lcu_of(p->variance)[c];
    }
    const float scale = (float)(lcu_of(p->gain)[c] / sqrt(var + p->eps)), bias = lcu_of(p->bias)[c];
    for (uint32_t e = threadIdx.x; e < p->rows * p->space; e += REDUCE_THREADS) {
        const size_t at = element(e, p->channels, p->space);
        y[at] = (x[at] - mean) * scale + bias;
    }
}

/* With h = (x - mean) / sd over the n elements of a channel:
 *   dbias <- sum g;  dgain <- sum g h;  dx <- gain / sd (g - sum g / n - h sum(g h) / n) */
LCU_KERNEL(norm_backward, lcu_norm)
{
    const uint32_t c = blockIdx.x;
    const float *x = lcu_of(p->x), *g = lcu_of(p->g), *saved = lcu_of(p->saved);
    const float mean = saved[c];
    const double sd = sqrt(saved[p->channels + c] + p->eps), count = (double)p->rows * p->space;
    const double sum_g = channel_sum(g, p->rows, p->channels, p->space),
                 sum_gh = moment(p, x, mean, g, 0) / sd;
    if (threadIdx.x == 0 && p->dbias.at)
        lcu_give(lcu_of(p->dbias) + c, (float)sum_g, p->add_dbias);
    if (threadIdx.x == 0 && p->dgain.at)
        lcu_give(lcu_of(p->dgain) + c, (float)sum_gh, p->add_dgain);
    if (!p->dx.at)
        return;
    float *dx = lcu_of(p->dx);
    const float scale = (float)(lcu_of(p->gain)[c] / sd);
    const float shift = (float)(sum_g / count), slope = (float)(sum_gh / sd / count);
    for (uint32_t e = threadIdx.x; e < p->rows * p->space; e += REDUCE_THREADS) {
        const size_t at = element(e, p->channels, p->space);
        lcu_give(dx + at, scale * (g[at] - shift - (x[at] - mean) * slope), p->add_dx);
    }
}

LCU_KERNEL(channel_sums, lcu_sum)
{
    const double sum = channel_sum(lcu_of(p->x), p->rows, p->channels, p->space);
    if (threadIdx.x == 0)
        lcu_give(lcu_of(p->to) + blockIdx.x, (float)sum, p->add);
}

static lcu_grid channels(uint32_t n, uint32_t replicas)
{
    const lcu_grid g = { n, 1, replicas, REDUCE_THREADS, 0 };
    return g;
}

void lcu_norm_forward(lcu_device *d, const lcu_norm *n, uint32_t replicas)
{
    lcu_launch(d, LCU_ENTRY(norm_forward), channels(n->channels, replicas), n, sizeof *n);
}

void lcu_norm_backward(lcu_device *d, const lcu_norm *n, uint32_t replicas)
{
    lcu_launch(d, LCU_ENTRY(norm_backward), channels(n->channels, replicas), n, sizeof *n);
}

void lcu_channel_sums(lcu_device *d, const lcu_sum *s, uint32_t replicas)
{
    lcu_launch(d, LCU_ENTRY(channel_sums), channels(s->channels, replicas), s, sizeof *s);
}
