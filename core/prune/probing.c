/* Owns a probe and what of it is lent to a criterion: a network in the sizes of the plug-in's build, and a
 * run() that takes requests of that build. */
#include "prune/probing.h"

#include <stdlib.h>

#include <ltsdk/probe.h>

#include "plugin/border.h"

/* Requests come from another build: what this core does not know of them it refuses, and what it
 * knows it completes. */
static ltc_status run(const ltc_probe *lent, const ltc_probe_req *r, ltc_probe_out *o, ltc_error *err)
{
    const lt_probing *p = lent->impl;
    ltc_probe_req req;
    ltc_probe_out out;
    if (!lt_adopt_request(&req, sizeof req, r, r->size) || !lt_adopt_request(&out, sizeof out, o, o->size))
        return ltc_fail(err, LTC_EUNSUPPORTED,
                        "asks a probe for what this ltcore does not know: it is older than the plug-in");
    req.size = sizeof req, out.size = sizeof out;
    const lt_fpmode mode = lt_fpmode_get();
    const ltc_status st = p->sdk->run(p->sdk, &req, &out, err);
    lt_fpmode_set(mode);
    if (!st)
        o->objective = out.objective;
    return st;
}

static ltc_status lend(const lt_selection_request *r, lt_probing *p, ltc_error *err)
{
    const ltc_mask_ops *ops = &r->criterion->ops.mask;
    const ltc_graph sizes = { .size = ops->graph_size,
                              .node_size = ops->node_size,
                              .param_size = ops->param_size,
                              .value_size = ops->value_size };
    const lt_graph whole = { .view = *r->graph };
    const ltc_status st = lt_graph_lend(&whole, &sizes, &p->graph, err);
    if (st)
        return st;
    const ltc_probe probe = {
        .size = sizeof probe, .impl = p, .graph = p->graph, .n_samples = p->sdk->n_samples, .run = run
    };
    p->lent = lt_lend(&probe, 1, ops->probe_size, sizeof probe);
    return p->lent ? LTC_OK : ltc_fail(err, LTC_ENOMEM, "no memory to lend a probe");
}

ltc_status lt_probing_open(const lt_selection_request *r, lt_probing *p, ltc_error *err)
{
    const lts_probe_source source = {
        .graph = r->graph, .data = r->train, .input = r->input, .value = (const float *const *)r->final,
        .mask = (const uint8_t *const *)r->before->mask,
    };
    const ltc_status st = lts_probe_create(&source, &p->sdk, err);
    return st ? st : lend(r, p, err);
}

void lt_probing_close(lt_probing *p)
{
    lts_probe_destroy(p->sdk);
    free(p->graph);
    free(p->lent);
    *p = (lt_probing){ 0 };
}
