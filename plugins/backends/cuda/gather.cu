/* The way of a stored sample to the network's input: a thread an element of it. */
#include "language.h"

/* CROP of ltcore/backend.h. */
enum { PAD = 4, SHIFTS = 2 * PAD + 1 };

/* How one row is cut out; { PAD, PAD, 0 } leaves it as it is. */
typedef struct cut { uint32_t down, right, mirror; } cut;

LCU_DEVICE cut cut_of(const lcu_gather *p, uint32_t row)
{
    cut c = { PAD, PAD, 0 };
    if (!p->chunk || !p->augment)
        return c;
    const lcu_replica *r = p->replica + blockIdx.z;
    const ltc_rand draw = ltc_rand_block(r->augment, (r->first_step + r->done) * p->rows + row);
    if (p->augment & LTC_AUGMENT_CROP)
        c.down = draw.w[0] % SHIFTS, c.right = draw.w[1] % SHIFTS;
    if (p->augment & LTC_AUGMENT_FLIP)
        c.mirror = draw.w[2] & 1;
    return c;
}

/* Where a row of the batch lies in the split. */
LCU_DEVICE uint64_t row_of(const lcu_gather *p, uint32_t row)
{
    if (!p->chunk)
        return p->start + row;
    const uint32_t done = p->replica[blockIdx.z].done;
    return p->chunk->sample[blockIdx.z * p->chunk->sample_stride + (size_t)done * p->rows + row];
}

/* Element `at` of the split, of channel c; outside the image byte 0, or 0.0f. */
LCU_DEVICE float normalised(const lcu_gather *p, uint32_t c, size_t at, bool inside)
{
    const void *x = p->chunk ? p->chunk->x : p->x;
    if (p->table)
        return p->table[256 * c + (inside ? ((const uint8_t *)x)[at] : 0)];
    return ((inside ? ((const float *)x)[at] : 0) - p->mean[c]) / p->std[c];
}

LCU_KERNEL(gather_rows, lcu_gather)
{
    const uint32_t i = lcu_index(), plane = p->height * p->width, count = p->channels * plane;
    if (i >= p->rows * count)
        return;
    const uint32_t row = i / count, e = i % count, c = e / plane;
    const cut k = cut_of(p, row);
    const uint64_t from = row_of(p, row);
    const uint32_t column = e % p->width, x = k.mirror ? p->width - 1 - column : column;
    const int64_t sy = (int64_t)(e % plane / p->width) + k.down - PAD, sx = (int64_t)x + k.right - PAD;
    const bool inside = sy >= 0 && sy < (int64_t)p->height && sx >= 0 && sx < (int64_t)p->width;
    const size_t at = inside ? from * count + c * (size_t)plane + (size_t)sy * p->width + (size_t)sx : 0;
    lcu_of(p->to)[i] = normalised(p, c, at, inside);
    if (e == 0)
        p->to_label[blockIdx.z * p->to_label_stride + row] = (p->chunk ? p->chunk->label : p->label)[from];
}

void lcu_gather_rows(lcu_device *d, const lcu_gather *g, uint32_t replicas)
{
    const uint32_t n = g->rows * g->channels * g->height * g->width;
    lcu_launch(d, LCU_ENTRY(gather_rows), lcu_cover(n, replicas), g, sizeof *g);
}
