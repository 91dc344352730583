/* RELU, ADD, CONCAT, PAD_CHANNELS and DROPOUT: element by element, so no order to state. */
#include "language.h"

LCU_KERNEL(relu_forward, lcu_map)
{
    const uint32_t i = lcu_index();
    if (i >= p->n)
        return;
    const float x = lcu_of(p->x)[i];
    lcu_of(p->to)[i] = x <= 0 ? 0 : x;        /* a NaN passes */
}

LCU_KERNEL(relu_backward, lcu_map)
{
    const uint32_t i = lcu_index();
    if (i < p->n)
        lcu_give(lcu_of(p->to) + i, lcu_of(p->x)[i] <= 0 ? 0 : lcu_of(p->y)[i], p->add);
}

LCU_KERNEL(add_forward, lcu_map)
{
    const uint32_t i = lcu_index();
    if (i < p->n)
        lcu_of(p->to)[i] = lcu_of(p->x)[i] + lcu_of(p->y)[i];
}

LCU_KERNEL(product, lcu_map)
{
    const uint32_t i = lcu_index();
    if (i < p->n)
        lcu_give(lcu_of(p->to) + i, lcu_of(p->x)[i] * lcu_of(p->y)[i], p->add);
}

LCU_KERNEL(copy, lcu_map)
{
    const uint32_t i = lcu_index();
    if (i < p->n)
        lcu_give(lcu_of(p->to) + i, lcu_of(p->x)[i], p->add);
}

LCU_KERNEL(slice_put, lcu_slice)
{
    const uint32_t i = lcu_index();
    if (i < p->rows * p->n_in)
        lcu_of(p->to)[i / p->n_in * p->n_out + p->at + i % p->n_in] = lcu_of(p->x)[i];
}

LCU_KERNEL(slice_pad, lcu_slice)
{
    const uint32_t i = lcu_index();
    if (i >= p->rows * p->n_out)
        return;
    const uint32_t row = i / p->n_out, j = i % p->n_out;
    const bool inside = j >= p->at && j - p->at < p->n_in;
    lcu_of(p->to)[i] = inside ? lcu_of(p->x)[row * p->n_in + (j - p->at)] : 0;
}

LCU_KERNEL(slice_get, lcu_slice)
{
    const uint32_t i = lcu_index();
    if (i < p->rows * p->n_in)
        lcu_give(lcu_of(p->to) + i, lcu_of(p->x)[i / p->n_in * p->n_out + p->at + i % p->n_in], p->add);
}

/* A thread takes the four elements of one draw: element e is dropped where ltc_rand_unit(key, e) < rate. */
LCU_KERNEL(dropout_forward, lcu_dropout)
{
    const uint32_t first = 4 * lcu_index();
    if (first >= p->n)
        return;
    const lcu_replica *r = p->replica + blockIdx.z;
    const ltc_key key = ltc_key_fold(ltc_key_fold(r->dropout, r->first_step + r->done), p->node);
    const ltc_rand draw = ltc_rand_block(key, first / 4);
    const float *x = lcu_of(p->x);
    float *y = lcu_of(p->to), *factor = lcu_of(p->factor);
    for (uint32_t j = 0; j < 4 && first + j < p->n; j++) {
        const bool drop = (double)((float)(draw.w[j] >> 8) * 0x1p-24f) < p->rate;
        const float f = drop ? 0 : (float)(1 / (1 - p->rate));
        factor[first + j] = f;
        y[first + j] = drop ? 0 : x[first + j] * f;
    }
}

void lcu_relu_forward(lcu_device *d, const lcu_map *m, uint32_t replicas)
{
    lcu_launch(d, LCU_ENTRY(relu_forward), lcu_cover(m->n, replicas), m, sizeof *m);
}

void lcu_relu_backward(lcu_device *d, const lcu_map *m, uint32_t replicas)
{
    lcu_launch(d, LCU_ENTRY(relu_backward), lcu_cover(m->n, replicas), m, sizeof *m);
}

void lcu_add_forward(lcu_device *d, const lcu_map *m, uint32_t replicas)
{
    lcu_launch(d, LCU_ENTRY(add_forward), lcu_cover(m->n, replicas), m, sizeof *m);
}

void lcu_product(lcu_device *d, const lcu_map *m, uint32_t replicas)
{
    lcu_launch(d, LCU_ENTRY(product), lcu_cover(m->n, replicas), m, sizeof *m);
}

void lcu_copy(lcu_device *d, const lcu_map *m, uint32_t replicas)
{
    lcu_launch(d, LCU_ENTRY(copy), lcu_cover(m->n, replicas), m, sizeof *m);
}

void lcu_slice_put(lcu_device *d, const lcu_slice *s, uint32_t replicas)
{
    lcu_launch(d, LCU_ENTRY(slice_put), lcu_cover(s->rows * s->n_in, replicas), s, sizeof *s);
}

void lcu_slice_pad(lcu_device *d, const lcu_slice *s, uint32_t replicas)
{
    lcu_launch(d, LCU_ENTRY(slice_pad), lcu_cover(s->rows * s->n_out, replicas), s, sizeof *s);
}

void lcu_slice_get(lcu_device *d, const lcu_slice *s, uint32_t replicas)
{
    lcu_launch(d, LCU_ENTRY(slice_get), lcu_cover(s->rows * s->n_in, replicas), s, sizeof *s);
}

void lcu_dropout_forward(lcu_device *d, const lcu_dropout *o, uint32_t replicas)
{
    lcu_launch(d, LCU_ENTRY(dropout_forward), lcu_cover(o->n / 4 + (o->n % 4 != 0), replicas), o, sizeof *o);
}

const char *lcu_compiler(void)
{
#define LCU_TEXT(x)  LCU_QUOTE(x)
#define LCU_QUOTE(x) #x
#ifdef __CUDACC__
    return LCU_TEXT(__CUDACC_VER_MAJOR__) "." LCU_TEXT(__CUDACC_VER_MINOR__) "."
           LCU_TEXT(__CUDACC_VER_BUILD__);
#else
    return "emulated " __VERSION__;
#endif
}
