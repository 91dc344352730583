/* The way of a stored sample to the network's input. Included by gather.cu and fused.cu. */
#ifndef LCU_GATHER_H
#define LCU_GATHER_H

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

/* Element e of a row of the batch, as the network sees it. */
LCU_DEVICE float lcu_sample(const lcu_gather *p, uint32_t row, uint32_t e)
{
    const uint32_t plane = p->height * p->width, count = p->channels * plane, c = e / plane;
    const cut k = cut_of(p, row);
    const uint32_t column = e % p->width, x = k.mirror ? p->width - 1 - column : column;
    const int64_t sy = (int64_t)(e % plane / p->width) + k.down - PAD, sx = (int64_t)x + k.right - PAD;
    const bool inside = sy >= 0 && sy < (int64_t)p->height && sx >= 0 && sx < (int64_t)p->width;
    const size_t at = row_of(p, row) * count + c * (size_t)plane + (size_t)sy * p->width + (size_t)sx;
    return normalised(p, c, inside ? at : 0, inside);
}

LCU_DEVICE void lcu_take_label(const lcu_gather *p, uint32_t row)
{
    const int32_t *label = p->chunk ? p->chunk->label : p->label;
    p->to_label[blockIdx.z * p->to_label_stride + row] = label[row_of(p, row)];
}

#endif
