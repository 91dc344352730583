/* Softmax cross-entropy, in double: a block a replica, a thread a row, and then one thread that adds the
 * rows in order. In training it also ends the forward pass: whether the replica goes on, and what its
 * update needs. Included by loss.cu and fused.cu. */
#ifndef LCU_LOSS_H
#define LCU_LOSS_H

#include "language.h"

/* z = scaled logits;  loss = ln sum_j exp(z_j - max) - (z_y - max) */
LCU_DEVICE double row_loss(const float *x, uint32_t classes, int32_t label, uint32_t *best, double *sum)
{
    *best = 0, *sum = 0;
    for (uint32_t j = 1; j < classes; j++)
        if (x[j] > x[*best])
            *best = j;
    for (uint32_t j = 0; j < classes; j++)
        *sum += exp((double)x[j] - x[*best]);
    return log(*sum) - ((double)x[label] - x[*best]);
}

/* d loss / d x_j = (exp(z_j - max) / sum - [j = y]) / rows */
LCU_DEVICE void give_gradient(const lcu_loss *p, uint32_t row, int32_t label, uint32_t best, double sum)
{
    const float *x = lcu_of(p->logits) + (size_t)row * p->classes;
    float *g = lcu_of(p->grad) + (size_t)row * p->classes;
    const double scale = 1 / (double)p->rows;
    for (uint32_t j = 0; j < p->classes; j++)
        g[j] = (float)(scale * (exp((double)x[j] - x[best]) / sum - (j == (uint32_t)label)));
}

LCU_DEVICE void rows_of_block(const lcu_loss *p, bool want_gradient)
{
    const size_t first = blockIdx.z * p->label_stride;
    for (uint32_t r = threadIdx.x; r < p->rows; r += blockDim.x) {
        const int32_t label = p->label[first + r];
        uint32_t best;
        double sum;
        const double loss =
            row_loss(lcu_of(p->logits) + (size_t)r * p->classes, p->classes, label, &best, &sum);
        p->row_loss[first + r] = loss;
        p->row_hit[first + r] = best == (uint32_t)label && !isnan(loss);
        if (want_gradient)
            give_gradient(p, r, label, best, sum);
    }
}

/* b^n by squaring, as the reference has it. */
LCU_DEVICE double power(double b, uint64_t n)
{
    double product = 1;
    for (; n; n >>= 1, b *= b)
        if (n & 1)
            product *= b;
    return product;
}

/* The rates of the update that follows, which is number r->clock. */
LCU_DEVICE void set_rates(const lcu_loss *p, lcu_replica *r, float lr)
{
    r->lr = lr;
    if (!p->is_adam)
        return;
    r->rate = (float)(lr / (1 - power(p->beta1, r->clock)));
    r->root = (float)(1 / sqrt(1 - power(p->beta2, r->clock)));
}

/* The end of a step's forward pass. What is not finite stops the replica for the rest of the span. */
LCU_DEVICE void end_step(const lcu_loss *p, double sum, uint32_t hits)
{
    lcu_replica *r = p->replica + blockIdx.z;
    const size_t at = (size_t)blockIdx.z * p->most_steps + r->done;
    const float mean = (float)(sum / p->rows);
    if (!r->stopped && !isfinite(mean)) {
        r->stopped = 1;
        r->bad_step = r->first_step + r->done;
    }
    p->loss[at] = r->stopped ? NAN : mean;
    p->correct[at] = r->stopped ? 0 : hits;
    if (!r->stopped) {
        r->clock++;
        set_rates(p, r, p->chunk->lr[blockIdx.z * p->chunk->lr_stride + r->done]);
    }
    r->done++;
}

/* By all threads of the block. What it wrote is seen by its first thread; by the others after a barrier. */
LCU_DEVICE void lcu_loss_of_step(const lcu_loss *p)
{
    rows_of_block(p, p->grad.at != NULL);
    __syncthreads();
    if (threadIdx.x)
        return;
    double sum = 0;
    uint32_t hits = 0;
    for (size_t i = blockIdx.z * p->label_stride, end = i + p->rows; i < end; i++)
        sum += p->row_loss[i], hits += p->row_hit[i];
    end_step(p, sum, hits);
}

#endif
