/* Owns the stage that the header describes. */
#include "stage.h"

#include <math.h>
#include <stdlib.h>

#include "suite.h"

const char *const lt_backends[] = {
    "ref",
    "cpu",
#ifdef HAVE_CPU_BLAS
    "cpu-blas",
#endif
    NULL,
};

const ltc_optimizer lt_optimizers[LT_OPTIMIZERS] = {
    { .size = sizeof(ltc_optimizer),
      .kind = LTC_SGD,
      .momentum = 0.9,
      .weight_decay = 0.01,
      .decay_roles = ~0u,
      .l1 = 1e-4,
      .l1_roles = LTC_ROLE_WEIGHT },
    { .size = sizeof(ltc_optimizer),
      .kind = LTC_SGD,
      .nesterov = 1,
      .momentum = 0.9,
      .weight_decay = 0.01,
      .decay_roles = ~0u },
    { .size = sizeof(ltc_optimizer),
      .kind = LTC_ADAM,
      .beta1 = 0.9,
      .beta2 = 0.999,
      .eps = 1e-8,
      .weight_decay = 0.01,
      .decay_roles = ~0u,
      .l1 = 1e-4,
      .l1_roles = LTC_ROLE_WEIGHT },
    { .size = sizeof(ltc_optimizer),
      .kind = LTC_ADAMW,
      .beta1 = 0.9,
      .beta2 = 0.999,
      .eps = 1e-8,
      .weight_decay = 0.1,
      .decay_roles = ~0u },
};

const ltc_optimizer lt_momentum = { .size = sizeof lt_momentum, .kind = LTC_SGD, .momentum = 0.9 };

/* Small enough for a thousand steps: 2 x 3 x 3, a convolution with a norm, a hidden layer. */
static ltc_val build_tiny(ltc_builder *b)
{
    ltc_val x = ltc_conv2d(b, b->input, "conv", (ltc_conv2d_args){ .out = 3, .pad = 1 });
    x = ltc_relu(b, ltc_batch_norm(b, x, "bn", (ltc_batch_norm_args){ 0 }));
    x = ltc_relu(b, ltc_linear(b, ltc_flatten(b, x), "fc1", (ltc_linear_args){ .out = 6 }));
    return ltc_linear(b, ltc_dropout(b, x, 0.2), "fc2", (ltc_linear_args){ .out = b->n_classes });
}

static void set(lt_stage *s, const int64_t dim[3], uint64_t rows, lt_build build)
{
    s->maker = lt_maker_new(dim[0], dim[1], dim[2], 4);
    s->graph = lt_maker_graph(s->maker, build(lt_maker_builder(s->maker)));
    s->split = lt_split_new(dim[0], dim[1], dim[2], rows, 4, 5);
    s->value = lt_values_new(s->graph, 2);
}

void lt_stage_open(lt_stage *s, const char *backend, const ltc_backend_ops *ops, lt_build build)
{
    set(s, (int64_t[]){ 4, 5, 7 }, LT_STAGE_ROWS, build);
    lt_rig_open(&s->rig, backend, ops, s->split);
}

void lt_tiny_open(lt_stage *s, const char *backend)
{
    set(s, (int64_t[]){ 2, 3, 3 }, LT_TINY_ROWS, build_tiny);
    lt_rig_open(&s->rig, backend, NULL, s->split);
}

void lt_stage_close(lt_stage *s)
{
    lt_rig_close(&s->rig);
    lt_values_free(s->graph, s->value);
    lt_split_free(s->split);
    lt_maker_free(s->maker);
}

float *lt_stage_values(lt_stage *s, size_t *n)
{
    *n = 0;
    for (uint32_t p = 0; p < s->graph->n_params; p++)
        *n += ltc_graph_param(s->graph, p)->n;
    float *x = calloc(*n, sizeof *x), *to = x;
    CU_ASSERT_PTR_NOT_NULL_FATAL(x);
    for (uint32_t p = 0; p < s->graph->n_params; p++) {
        lt_rig_get(&s->rig, LTC_STATE_VALUE, p, to);
        to += ltc_graph_param(s->graph, p)->n;
    }
    return x;
}

float *lt_stage_trained(const char *backend, const ltc_backend_ops *ops, lt_build build, size_t *n,
                        double *loss)
{
    lt_stage s;
    lt_stage_open(&s, backend, ops, build);
    lt_rig_compile(&s.rig, s.graph, &lt_momentum, 16, LTC_AUGMENT_FLIP);
    uint8_t mask[4096];
    for (size_t i = 0; i < sizeof mask; i++)
        mask[i] = (uint8_t)(i % 3);
    lt_rig_put(&s.rig, LTC_STATE_MASK, 0, mask);
    lt_rig_start(&s.rig, s.value);
    lt_rig_train(&s.rig, 0, 4, 0.01f, NULL, NULL);
    *loss = lt_rig_eval(&s.rig, 10, 80, NULL);
    float *x = lt_stage_values(&s, n);
    lt_stage_close(&s);
    return x;
}

double lt_distance(const float *x, const float *y, size_t n)
{
    double off = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        const double a = (double)x[i], b = (double)y[i];
        off += (a - b) * (a - b), size += b * b;
    }
    return sqrt(off / size);
}

uint8_t lt_tiny_mask(uint32_t p, size_t i)
{
    return (uint8_t)((i * 7 + p) % 5 % 3);
}

void lt_tiny_put_masks(lt_stage *s)
{
    for (uint32_t p = 0; p < s->graph->n_params; p++) {
        uint8_t mask[512];
        const ltc_param *q = ltc_graph_param(s->graph, p);
        for (size_t i = 0; i < q->n; i++)
            mask[i] = q->trained ? lt_tiny_mask(p, i) : LTC_ALIVE;
        lt_rig_put(&s->rig, LTC_STATE_MASK, p, mask);
    }
}

void *lt_tiny_state(const char *backend, const ltc_optimizer *o, uint32_t span, uint32_t move, size_t *bytes)
{
    lt_stage s;
    lt_tiny_open(&s, backend);
    lt_rig_compile(&s.rig, s.graph, o, 16, LTC_AUGMENT_CROP | LTC_AUGMENT_FLIP);
    lt_tiny_put_masks(&s);
    lt_rig_start(&s.rig, s.value);
    *bytes = lt_rig_state_bytes(&s.rig);
    void *state = malloc(*bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(state);
    for (uint32_t step = 0; step < 200;) {
        const uint32_t n = 200 - step < span ? 200 - step : span;
        lt_rig_train(&s.rig, step, n, 0.01f, NULL, NULL);
        step += n;
        if (step != move)
            continue;
        lt_rig_state(&s.rig, state);
        lt_rig_release(&s.rig);
        lt_rig_compile(&s.rig, s.graph, o, 16, LTC_AUGMENT_CROP | LTC_AUGMENT_FLIP);
        lt_rig_state_put(&s.rig, state);
    }
    lt_rig_state(&s.rig, state);
    lt_stage_close(&s);
    return state;
}
