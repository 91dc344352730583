/* The loss of a batch, and of the rows of an evaluation: a block a replica. */
#include "loss.cuh"

enum { LOSS_THREADS = 128 };

LCU_KERNEL(loss_train, lcu_loss)
{
    lcu_loss_of_step(p);
}

LCU_KERNEL(loss_eval, lcu_loss)
{
    rows_of_block(p, false);
    __syncthreads();
    if (threadIdx.x)
        return;
    double sum = p->sum[blockIdx.z];
    uint64_t hits = 0;
    for (size_t i = blockIdx.z * p->label_stride, end = i + p->rows; i < end; i++)
        sum += p->row_loss[i], hits += p->row_hit[i];
    p->sum[blockIdx.z] = sum;
    p->hits[blockIdx.z] += hits;
}

static lcu_grid block_each(uint32_t replicas)
{
    const lcu_grid g = { 1, 1, replicas, LOSS_THREADS, 0 };
    return g;
}

void lcu_loss_train(lcu_device *d, const lcu_loss *l, uint32_t replicas)
{
    lcu_launch(d, LCU_ENTRY(loss_train), block_each(replicas), l, sizeof *l);
}

void lcu_loss_eval(lcu_device *d, const lcu_loss *l, uint32_t replicas)
{
    lcu_launch(d, LCU_ENTRY(loss_eval), block_each(replicas), l, sizeof *l);
}
