/* The rows of a batch, or of an evaluation, into the input: a thread an element. */
#include "gather.cuh"

LCU_KERNEL(gather_rows, lcu_gather)
{
    const uint32_t i = lcu_index(), count = p->channels * p->height * p->width;
    if (i >= p->rows * count)
        return;
    lcu_of(p->to)[i] = lcu_sample(p, i / count, i % count);
    if (i % count == 0)
        lcu_take_label(p, i / count);
}

void lcu_gather_rows(lcu_device *d, const lcu_gather *g, uint32_t replicas)
{
    const uint32_t n = g->rows * g->channels * g->height * g->width;
    lcu_launch(d, LCU_ENTRY(gather_rows), lcu_cover(n, replicas), g, sizeof *g);
}
