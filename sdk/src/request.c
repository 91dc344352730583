/* Owns the refusals that all backends share. */
#include "request.h"

#include <string.h>

ltc_status lts_request_compile(const ltc_compile_req *r, const lts_limits *most, ltc_error *err)
{
    if (r->n_replicas != 1 && most->replicas == 1)
        return ltc_fail(err, LTC_EUNSUPPORTED, "this backend trains one replica per program, not %u",
                        r->n_replicas);
    if (r->n_replicas == 0 || r->n_replicas > most->replicas)
        return ltc_fail(err, LTC_EUNSUPPORTED, "a cohort of %u: this backend takes 1 to %u replicas",
                        r->n_replicas, most->replicas);
    if (r->require & ~most->caps & LTC_CAP_COHORT)
        return ltc_fail(err, LTC_EUNSUPPORTED, "this backend cannot train cohorts");
    if (r->require & ~most->caps)
        return ltc_fail(err, LTC_EUNSUPPORTED, "this backend cannot promise capabilities 0x%x",
                        r->require & ~most->caps);
    if (r->loss != LTC_LOSS_CROSS_ENTROPY)
        return ltc_fail(err, LTC_EUNSUPPORTED, "this backend knows no loss number %u", r->loss);
    if (r->augment & ~(uint32_t)(LTC_AUGMENT_CROP | LTC_AUGMENT_FLIP))
        return ltc_fail(err, LTC_EUNSUPPORTED, "this backend knows no augmentation 0x%x", r->augment);
    if (r->optimizer->kind < LTC_SGD || r->optimizer->kind > LTC_ADAMW)
        return ltc_fail(err, LTC_EUNSUPPORTED, "this backend knows no optimizer number %u",
                        r->optimizer->kind);
    if (r->batch == 0)
        return ltc_fail(err, LTC_EINVAL, "a batch must have at least one sample");
    if (r->batch > most->batch)
        return ltc_fail(err, LTC_EUNSUPPORTED, "a batch of %u: this backend takes at most %u samples",
                        r->batch, most->batch);
    return LTC_OK;
}

ltc_status lts_request_augment(const ltc_compile_req *r, ltc_error *err)
{
    const uint32_t rank = ltc_graph_value(r->graph, r->graph->input)->rank;
    if (r->augment && rank != 3)
        return ltc_fail(err, LTC_EUNSUPPORTED,
                        "augmentation needs images: the network's input has rank %u, not 3", rank);
    return LTC_OK;
}

ltc_status lts_request_data(const ltc_data_desc *from, ltc_data_desc *to, int64_t *dim, ltc_error *err)
{
    if (from->rank < 1 || from->rank > 4)
        return ltc_fail(err, LTC_EINVAL, "samples have rank %u, which is not in [1, 4]", from->rank);
    if (from->n > UINT32_MAX)
        return ltc_fail(err, LTC_EUNSUPPORTED, "a split of %llu rows: this backend numbers them with 32 bits",
                        (unsigned long long)from->n);
    memcpy(to, from, from->size < sizeof *to ? from->size : sizeof *to);
    memcpy(dim, from->dim, from->rank * sizeof *dim);
    to->dim = dim;
    return LTC_OK;
}

ltc_status lts_request_bind(uint32_t split, ltc_error *err)
{
    if (split >= LTS_MOST_SPLITS)
        return ltc_fail(err, LTC_EUNSUPPORTED, "split %u: this backend takes splits 0 to %d", split,
                        LTS_MOST_SPLITS - 1);
    return LTC_OK;
}

static const char *const what_name[] = { "", "value", "mask", "first slot", "second slot", "clock" };

static size_t bytes_of(const ltc_graph *g, const lts_state_name *x)
{
    if (x->what == LTC_STATE_CLOCK)
        return sizeof(uint64_t);
    return ltc_graph_param(g, x->param)->n * (x->what == LTC_STATE_MASK ? 1 : sizeof(float));
}

ltc_status lts_request_state(const ltc_graph *g, uint32_t replicas, const lts_state_name *x, size_t bytes,
                             ltc_error *err)
{
    if (x->what < LTC_STATE_VALUE || x->what > LTC_STATE_CLOCK)
        return ltc_fail(err, LTC_EINVAL, "there is no state number %u", x->what);
    if (x->replica >= replicas)
        return ltc_fail(err, LTC_EINVAL, "replica %u: this program has %u", x->replica, replicas);
    if (x->what == LTC_STATE_CLOCK && x->param > 0)
        return ltc_fail(err, LTC_EINVAL, "the clock belongs to parameter 0, not %u", x->param);
    if (x->what != LTC_STATE_CLOCK && x->param >= g->n_params)
        return ltc_fail(err, LTC_EINVAL, "parameter %u: the network has %u", x->param, g->n_params);
    if (bytes != bytes_of(g, x))
        return ltc_fail(err, LTC_EINVAL, "the %s of parameter %u has %zu bytes, not %zu", what_name[x->what],
                        x->param, bytes_of(g, x), bytes);
    return LTC_OK;
}

uint8_t lts_state_none(uint32_t what)
{
    return what == LTC_STATE_MASK ? LTC_ALIVE : 0;
}

ltc_status lts_request_content(const lts_state_name *x, const void *src, size_t bytes, bool kept,
                               ltc_error *err)
{
    const uint8_t *from = src;
    for (size_t i = 0; i < bytes && !kept; i++)
        if (from[i] != lts_state_none(x->what))
            return ltc_fail(err, LTC_EINVAL,
                            "parameter %u has no %s: it is not trained, or not by this optimizer", x->param,
                            what_name[x->what]);
    for (size_t i = 0; i < bytes && x->what == LTC_STATE_MASK; i++)
        if (from[i] > LTC_FROZEN)
            return ltc_fail(
                err, LTC_EINVAL,
                "the mask of parameter %u has a %u at place %zu: 0, 1 or 2 is dead, alive, frozen", x->param,
                from[i], i);
    return LTC_OK;
}

ltc_status lts_request_ready(const ltc_graph *g, uint32_t replicas, const bool *has_value, ltc_error *err)
{
    for (uint32_t r = 0; r < replicas; r++)
        for (uint32_t i = 0; i < g->n_params; i++)
            if (!has_value[(size_t)r * g->n_params + i])
                return ltc_fail(err, LTC_EINVAL, "parameter %u ('%s') of replica %u has been given no value",
                                i, ltc_graph_param(g, i)->name, r);
    return LTC_OK;
}

static ltc_status check_split(const lts_terms *t, uint32_t split, ltc_error *err)
{
    if (!t->ready)
        return ltc_fail(err, LTC_EINVAL,
                        "the program is not ready: its state was put, and ready() not called since");
    if (!t->bound)
        return ltc_fail(err, LTC_EINVAL, "split %u has no data bound to it", split);
    return LTC_OK;
}

static ltc_status check_rows(const lts_terms *t, const ltc_train_req *q, uint32_t replica, ltc_error *err)
{
    const uint32_t *row = q->sample + replica * q->sample_stride;
    for (size_t i = 0; i < (size_t)q->n_steps * t->batch; i++)
        if (row[i] >= t->rows)
            return ltc_fail(err, LTC_EINVAL, "step %llu asks for row %u of a split of %llu",
                            (unsigned long long)(q->first_step[replica] + i / t->batch), row[i],
                            (unsigned long long)t->rows);
    return LTC_OK;
}

ltc_status lts_request_train(const lts_terms *t, const ltc_train_req *q, ltc_error *err)
{
    ltc_status st = check_split(t, q->split, err);
    if (st)
        return st;
    if (q->x)
        return ltc_fail(err, LTC_EUNSUPPORTED, "this backend takes rows by their numbers only");
    if (t->augment && !q->key_augment)
        return ltc_fail(err, LTC_EINVAL, "augmentation needs a key");
    for (uint32_t r = 0; r < (q->sample_stride ? t->replicas : 1) && !st; r++)
        st = check_rows(t, q, r, err);
    return st;
}

ltc_status lts_request_eval(const lts_terms *t, const ltc_eval_req *q, ltc_error *err)
{
    const ltc_status st = check_split(t, q->split, err);
    if (st)
        return st;
    if (q->first > t->rows || q->count > t->rows - q->first)
        return ltc_fail(err, LTC_EINVAL, "rows %llu to %llu are not all in a split of %llu",
                        (unsigned long long)q->first, (unsigned long long)(q->first + q->count),
                        (unsigned long long)t->rows);
    return LTC_OK;
}
