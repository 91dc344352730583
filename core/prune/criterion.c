/* Owns the instance of a mask plug-in and what is lent to it. What it answers is checked here once, element
 * by element, so that nobody behind selection.c doubts a score or a mask. */
#include "prune/criterion.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/border.h"
#include "plugin/fpmode.h"
#include "util/memory.h"

enum { KNOWN_FLAGS = LTC_NEED_INIT | LTC_NEED_REWIND | LTC_NEED_FINAL | LTC_NEED_DENSE | LTC_NEED_PROBE |
                     LTC_MASK_OWN_COUNT };

static const ltc_mask_ops *ops_of(const lt_criterion *c)
{
    return &c->module->ops.mask;
}

static const ltc_mask_tensor *tensor_of(const lt_criterion *c, uint32_t p)
{
    return LTC_AT(ltc_mask_tensor, c->tensor, c->stride, p);
}

static ltc_status check_flags(const lt_module *m, uint32_t flags, ltc_error *err)
{
    const ltc_mask_ops *ops = &m->ops.mask;
    const char *name = m->info.name;
    if (flags & ~(uint32_t)KNOWN_FLAGS)
        return ltc_fail(err, LTC_EUNSUPPORTED, "mask '%s' asks for what this ltcore does not know (flags "
                        "%#" PRIx32 ")", name, flags & ~(uint32_t)KNOWN_FLAGS);
    if (!ops->score && !ops->select)
        return ltc_fail(err, LTC_EUNSUPPORTED, "mask '%s' scores channels only, and this ltcore cuts single "
                        "weights only", name);
    if ((flags & LTC_MASK_OWN_COUNT) && !ops->select)
        return ltc_fail(err, LTC_EINTERNAL, "mask '%s' counts for itself but has no select; report this "
                        "to the plug-in's author", name);
    return LTC_OK;
}

static ltc_status check_slots(const lt_module *m, ltc_error *err)
{
    const ltc_mask_ops *ops = &m->ops.mask;
    if (!ops->prepare || ops->create)
        return LTC_OK;
    return ltc_fail(err, LTC_EINTERNAL,
                    "mask '%s' prepares but has no create, so no place for what it prepares; "
                    "report this to the plug-in's author",
                    m->info.name);
}

static ltc_status make_instance(lt_criterion *c, const void *options, ltc_error *err)
{
    if (!ops_of(c)->create) {
        c->self = (void *)(uintptr_t)options; /* read only: its functions take a const self */
        return LTC_OK;
    }
    const lt_fpmode mode = lt_fpmode_get();
    const ltc_status st = ops_of(c)->create(c->host, options, &c->self, err);
    lt_fpmode_set(mode);
    return st ? lt_blame(c->module, "making it", st, err) : LTC_OK;
}

static void unmake_instance(lt_criterion *c)
{
    const lt_fpmode mode = lt_fpmode_get();
    if (ops_of(c)->create && ops_of(c)->destroy)
        ops_of(c)->destroy(c->self);
    lt_fpmode_set(mode);
}

static uint32_t ask_flags(const lt_criterion *c)
{
    const lt_fpmode mode = lt_fpmode_get();
    const uint32_t flags = ops_of(c)->flags_of ? ops_of(c)->flags_of(c->self) : ops_of(c)->flags;
    lt_fpmode_set(mode);
    return flags;
}

ltc_status lt_criterion_open(const lt_module *m, const void *options, const lt_services *services,
                             lt_criterion *c, ltc_error *err)
{
    const ltc_mask_ops *ops = &m->ops.mask;
    lt_criterion opened = { .module = m };
    err->option[0] = err->message[0] = '\0';  /* what the plug-in leaves alone must say nothing */
    ltc_status st = check_flags(m, ops->flags_of ? 0 : ops->flags, err);
    if (!st)
        st = check_slots(m, err);
    if (!st)
        st = lt_host_create(services, m->info.name, LTC_MASK_ABI, ops->host_size, NULL, &opened.host, err);
    if (st)
        return st;
    st = make_instance(&opened, options, err);
    if (st) {
        lt_host_destroy(opened.host);         /* what was not made is not destroyed */
        return st;
    }
    opened.flags = ask_flags(&opened);
    st = check_flags(m, opened.flags, err);
    if (st)
        lt_criterion_close(&opened);
    else
        *c = opened;
    return st;
}

void lt_criterion_close(lt_criterion *c)
{
    unmake_instance(c);
    lt_host_destroy(c->host);
    lt_probing_close(&c->probing);
    free(c->env), free(c->tensor), free(c->list), free(c->mask);
    *c = (lt_criterion){ 0 };
}

ltc_status lt_criterion_flags(const lt_module *criterion, const void *options, const lt_services *services,
                              uint32_t *flags, ltc_error *err)
{
    lt_criterion c;
    const ltc_status st = lt_criterion_open(criterion, options, services, &c, err);
    if (st)
        return st;
    *flags = c.flags;
    lt_criterion_close(&c);
    return LTC_OK;
}

static ltc_status check_known(const lt_criterion *c, const lt_selection_request *r, ltc_error *err)
{
    const struct { uint32_t need; float *const *known; const char *words; } kind[] = {
        { LTC_NEED_INIT,   r->init,   "at initialisation" },
        { LTC_NEED_REWIND, r->rewind, "at the rewind point" },
        { LTC_NEED_FINAL,  r->final,  "where the mask is drawn" },
        { LTC_NEED_DENSE,  r->dense,  "at the end of the dense training" },
    };
    for (size_t i = 0; i < sizeof kind / sizeof kind[0]; i++)
        if ((c->flags & kind[i].need) && !kind[i].known)
            return ltc_fail(err, LTC_EINVAL, "mask '%s' reads the weights %s, and they are not known here",
                            c->module->info.name, kind[i].words);
    if ((c->flags & LTC_NEED_PROBE) && (!r->final || !r->train))
        return ltc_fail(err, LTC_EINVAL,
                        "mask '%s' asks for passes over training samples, and there are none here",
                        c->module->info.name);
    return LTC_OK;
}

static const float *weights(const lt_criterion *c, uint32_t need, float *const *known, uint32_t p)
{
    return c->flags & need ? known[p] : NULL;
}

static ltc_mask_tensor describe(const lt_criterion *c, const lt_selection_request *r, uint32_t p)
{
    const ltc_param *param = ltc_graph_param(r->graph, p);
    const ltc_value *value = ltc_graph_value(r->graph, param->value);
    return (ltc_mask_tensor){
        .size = sizeof(ltc_mask_tensor), .index = p, .role = param->role, .rank = value->rank,
        .name = param->name, .dim = value->dim, .n = param->n,
        .w_init = weights(c, LTC_NEED_INIT, r->init, p),
        .w_rewind = weights(c, LTC_NEED_REWIND, r->rewind, p),
        .w_final = weights(c, LTC_NEED_FINAL, r->final, p),
        .w_dense = weights(c, LTC_NEED_DENSE, r->dense, p),
        .mask = r->before->mask[p],
    };
}

static ltc_status show_probe(lt_criterion *c, const lt_selection_request *r, ltc_error *err)
{
    const ltc_status st = lt_probing_open(r, &c->probing, err);
    c->host->probe = c->probing.lent;
    return st;
}

ltc_status lt_criterion_show(lt_criterion *c, const lt_selection_request *r, ltc_error *err)
{
    const ltc_mask_env env = { .size = sizeof env, .round = r->round, .key = r->key, .host = c->host };
    const ltc_status st = check_known(c, r, err);
    if (st)
        return st;
    c->n_params = r->graph->n_params;
    c->stride = lt_lent_size(ops_of(c)->mask_tensor_size, sizeof(ltc_mask_tensor));
    c->env = lt_lend(&env, 1, ops_of(c)->mask_env_size, sizeof env);
    c->tensor = lt_array(c->n_params, c->stride);
    c->list = lt_array(c->n_params, sizeof *c->list);
    c->mask = lt_array(c->n_params, sizeof *c->mask);
    if (!c->env || !c->tensor || !c->list || !c->mask)
        return ltc_fail(err, LTC_ENOMEM, "no memory to show a network to mask '%s'", c->module->info.name);
    for (uint32_t p = 0; p < c->n_params; p++)
        if (r->before->mask[p]) {
            const ltc_mask_tensor tensor = describe(c, r, p);
            memcpy(c->tensor + p * c->stride, &tensor, sizeof tensor);
        }
    return c->flags & LTC_NEED_PROBE ? show_probe(c, r, err) : LTC_OK;
}

void lt_criterion_aim(lt_criterion *c, double now, double goal)
{
    c->env->density_now = now;
    c->env->density_goal = goal;
}

ltc_status lt_criterion_prepare(const lt_criterion *c, ltc_error *err)
{
    size_t n = 0;
    if (!ops_of(c)->prepare)
        return LTC_OK;
    for (uint32_t p = 0; p < c->n_params; p++)
        if (tensor_of(c, p)->size)
            c->list[n++] = tensor_of(c, p);
    const lt_fpmode mode = lt_fpmode_get();
    const ltc_status st = ops_of(c)->prepare(c->self, c->env, c->list, n, err);
    lt_fpmode_set(mode);
    return st ? lt_blame(c->module, "preparing", st, err) : LTC_OK;
}

static ltc_status check_scores(const lt_criterion *c, uint32_t p, const float *score, ltc_error *err)
{
    const ltc_mask_tensor *t = tensor_of(c, p);
    for (size_t i = 0; i < t->n; i++)
        if (t->mask[i] && !isfinite(score[i]))
            return ltc_fail(err, LTC_ENUMERIC,
                            "mask '%s' scores element %zu of %s as %s, which cannot be "
                            "ranked: look at that weight, then at the criterion",
                            c->module->info.name, i, t->name, isnan(score[i]) ? "NaN" : "infinite");
    return LTC_OK;
}

ltc_status lt_criterion_score(const lt_criterion *c, uint32_t p, float *score, ltc_error *err)
{
    const ltc_mask_tensor *t = tensor_of(c, p);
    for (size_t i = 0; i < t->n; i++)
        score[i] = NAN;                       /* an element that the plug-in forgets is found */
    const lt_fpmode mode = lt_fpmode_get();
    const ltc_status st = ops_of(c)->score(c->self, c->env, t, score, err);
    lt_fpmode_set(mode);
    return st ? lt_blame(c->module, "scoring", st, err) : check_scores(c, p, score, err);
}

static ltc_status check_mask(const lt_criterion *c, uint32_t p, const uint8_t *mask, ltc_error *err)
{
    const ltc_mask_tensor *t = tensor_of(c, p);
    for (size_t i = 0; i < t->n; i++)
        if (mask[i] > t->mask[i])
            return ltc_fail(err, LTC_EINTERNAL, "mask '%s' made element %zu of %s %d, %s; report this to "
                            "the plug-in's author", c->module->info.name, i, t->name, mask[i],
                            mask[i] > 1 ? "neither 0 nor 1" : "though it was pruned before");
    return LTC_OK;
}

ltc_status lt_criterion_select(const lt_criterion *c, const uint8_t *chosen, uint8_t *const *mask,
                               ltc_error *err)
{
    size_t n = 0;
    for (uint32_t p = 0; p < c->n_params; p++)
        if (chosen[p]) {
            memset(mask[p], UINT8_MAX, tensor_of(c, p)->n);       /* a forgotten element is found */
            c->list[n] = tensor_of(c, p);
            c->mask[n++] = mask[p];
        }
    const lt_fpmode mode = lt_fpmode_get();
    ltc_status st = ops_of(c)->select(c->self, c->env, c->list, n, c->mask, err);
    lt_fpmode_set(mode);
    if (st)
        return lt_blame(c->module, "selecting", st, err);
    for (uint32_t p = 0; p < c->n_params && !st; p++)
        if (chosen[p])
            st = check_mask(c, p, mask[p], err);
    return st;
}
