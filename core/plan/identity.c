/* Writes canonical texts. Called before anything is computed, to see whether it was already. */
#include "plan/identity.h"

#include <string.h>

#include <ltsdk/net.h>

#include "plan/option_identity.h"
#include "util/canon.h"

/* Of each kind of action's text; raised by hand when its meaning changes. */
enum { REV_INIT = 1, REV_TRAJECTORY = 1, REV_SELECT = 1, REV_WATCH = 1, REV_TREAT = 1,
       REV_MEASURE = 1 };

static void put_digest(lt_text *t, const char *name, const lt_digest *d)
{
    char hex[65] = "none";
    if (d)
        lt_digest_text(d, hex);
    lt_canon_text(t, name, hex);
}

static void put_key(lt_text *t, const char *name, ltc_key k)
{
    char words[40];
    snprintf(words, sizeof words, "%016llx%016llx", (unsigned long long)k.seed, (unsigned long long)k.stream);
    lt_canon_text(t, name, words);
}

/* The digest of a finished text, which is freed. */
static ltc_status finish(lt_text *t, lt_digest *out, ltc_error *err)
{
    const bool ok = !t->failed && lt_digest_of(t->s, t->n, out);
    lt_text_free(t);
    return ok ? LTC_OK : ltc_fail(err, LTC_ENOMEM, "no memory for an identity");
}

static ltc_status data_digest(const lt_experiment *e, lt_digest *out, ltc_error *err)
{
    const lt_data *d = &e->data;
    lt_text t = { 0 };
    put_digest(&t, "samples", &d->digest);
    for (uint32_t s = 0; s < LT_SPLITS; s++)
        lt_canon_int(&t, lt_split_name(s), (int64_t)d->split[s].n);
    if (d->validation_index)
        lt_text_put(&t, (const char *)d->validation_index,
                    d->split[LT_VALIDATION].n * sizeof *d->validation_index);
    return finish(&t, out, err);
}

static ltc_status input_digest(const lt_experiment *e, lt_digest *out, ltc_error *err)
{
    const lt_normalisation *n = &e->normalisation;
    const size_t channels = (size_t)e->data.dim[0];
    lt_text t = { 0 };
    lt_canon_int(&t, "sample_type", e->data.sample_type);
    if (n->input.table)
        lt_text_put(&t, (const char *)n->table, channels * 256 * sizeof(float));
    else
        for (size_t c = 0; c < channels; c++) {
            lt_canon_real(&t, "mean", (double)n->mean[c]);
            lt_canon_real(&t, "std", (double)n->std[c]);
        }
    return finish(&t, out, err);
}

ltc_status lt_identity_open(const lt_experiment *e, const char *backend, lt_identity *id, ltc_error *err)
{
    lt_text graph = { 0 };
    id->backend = backend;
    lt_graph_text(&e->graph, &graph);
    ltc_status st = finish(&graph, &id->graph, err);
    if (!st)
        st = data_digest(e, &id->data, err);
    return st ? st : input_digest(e, &id->input, err);
}

ltc_status lt_identity_init(const lt_identity *id, const lt_regime *r, ltc_key key, lt_digest *out,
                            ltc_error *err)
{
    lt_text t = { 0 };
    lt_canon_int(&t, "init", REV_INIT);
    put_digest(&t, "graph", &id->graph);
    if (r->experiment->settings->arch.weights) {
        put_digest(&t, "weights", &r->experiment->weights_digest);
    } else {
        lt_canon_int(&t, "how", r->settings->arch.init);
        put_key(&t, "key", key);
    }
    return finish(&t, out, err);
}

static void put_optimizer(lt_text *t, const ltc_optimizer *o)
{
    lt_canon_int(t, "kind", o->kind);
    lt_canon_int(t, "nesterov", o->nesterov);
    lt_canon_int(t, "decay_roles", o->decay_roles);
    lt_canon_int(t, "l1_roles", o->l1_roles);
    lt_canon_real(t, "momentum", o->momentum);
    lt_canon_real(t, "beta1", o->beta1);
    lt_canon_real(t, "beta2", o->beta2);
    lt_canon_real(t, "eps", o->eps);
    lt_canon_real(t, "weight_decay", o->weight_decay);
    lt_canon_real(t, "l1", o->l1);
}

/* The total enters only where the rate depends on it. */
static void put_schedule(lt_text *t, const lt_schedule *s)
{
    lt_canon_int(t, "schedule", s->type);
    lt_canon_real(t, "lr", s->lr);
    lt_canon_int(t, "warmup", (int64_t)s->warmup);
    if (s->type == LT_SCHEDULE_COSINE)
        lt_canon_int(t, "total", (int64_t)s->total);
    if (s->type == LT_SCHEDULE_MULTISTEP)
        lt_canon_real(t, "gamma", s->gamma);
    for (uint64_t i = 0; i < s->n_milestones; i++)
        lt_canon_int(t, "milestone", (int64_t)s->milestone[i]);
}

ltc_status lt_identity_trajectory(const lt_identity *id, const lt_regime *r, const lt_training *training,
                                  const lt_digest *start, const lt_digest *mask, uint64_t first_step,
                                  lt_digest *out, ltc_error *err)
{
    lt_text t = { 0 };
    lt_canon_int(&t, "trajectory", REV_TRAJECTORY);
    put_digest(&t, "graph", &id->graph);
    put_digest(&t, "data", &id->data);
    put_digest(&t, "input", &id->input);
    put_digest(&t, "start", start);
    put_digest(&t, "mask", mask);
    lt_canon_int(&t, "first_step", (int64_t)first_step);
    lt_canon_int(&t, "augment", r->settings->dataset.augment);
    lt_canon_int(&t, "batch", (int64_t)r->batch);
    lt_canon_int(&t, "loss", LTC_LOSS_CROSS_ENTROPY);
    put_optimizer(&t, &r->optimizer);
    put_schedule(&t, &r->schedule);
    put_key(&t, "order", training->key_order);
    put_key(&t, "augment", training->key_augment);
    put_key(&t, "dropout", training->key_dropout);
    lt_canon_text(&t, "backend", id->backend);
    return finish(&t, out, err);
}

static void put_eligible(lt_text *t, const ltc_graph *g, const lt_masks *m)
{
    for (uint32_t p = 0; p < g->n_params; p++)
        if (m->mask[p])
            lt_canon_text(t, "eligible", ltc_graph_param(g, p)->name);
}

/* Each only where it was asked for: what was stored before these keys were there stays found. */
static void put_sharing(lt_text *t, const lt_selection_request *s)
{
    for (uint32_t p = 0; s->layer && !s->exact && p < s->graph->n_params; p++) {
        if (!s->layer[p].entry || !s->before->mask[p])
            continue;
        lt_canon_text(t, "layer", ltc_graph_param(s->graph, p)->name);
        lt_canon_int(t, "entry", s->layer[p].entry);
        lt_canon_int(t, "unfactored", s->layer[p].unfactored);
        lt_canon_real(t, "own", s->layer[p].value);
    }
    if (s->allocation != LT_ALLOCATION_UNIFORM && !s->exact)
        lt_canon_int(t, "allocation", s->allocation);
    if (s->min_alive)
        lt_canon_int(t, "min_alive", (int64_t)s->min_alive);
    if (s->keep_one)
        lt_canon_int(t, "keep_one", 1);
}

ltc_status lt_identity_select(const lt_identity *id, const lt_selection_request *s,
                              const lt_digest *criterion, const lt_digest *state[4], const lt_digest *before,
                              lt_digest *out, ltc_error *err)
{
    static const char *const name[4] = { "init", "rewind", "final", "dense" };
    lt_text t = { 0 };
    lt_canon_int(&t, "select", REV_SELECT);
    put_digest(&t, "graph", &id->graph);
    put_digest(&t, "criterion", criterion);
    lt_canon_text(&t, "module", s->criterion->info.name);
    const ltc_status st = lt_option_identity(&s->criterion->schema, s->options, &t, err);
    if (st) {
        lt_text_free(&t);
        return st;
    }
    lt_canon_int(&t, "scope", s->scope);
    put_eligible(&t, s->graph, s->before);
    lt_canon_int(&t, "budget", s->exact ? -1 : (int64_t)s->budget.kind);
    lt_canon_real(&t, "value", s->exact ? 0 : s->budget.value);
    lt_canon_real(&t, "output", s->exact ? 0 : s->budget.output);
    for (uint32_t p = 0; s->exact && p < s->graph->n_params; p++)
        lt_canon_int(&t, "exact", (int64_t)s->exact[p]);
    put_sharing(&t, s);
    lt_canon_int(&t, "round", s->round);
    put_key(&t, "key", s->key);
    put_digest(&t, "before", before);
    for (int i = 0; i < 4; i++)
        if (state[i])
            put_digest(&t, name[i], state[i]);
    if (s->train) {                           /* the criterion asks for passes over samples */
        char kernels[128];
        t.failed |= !lts_identity(kernels, sizeof kernels);
        lt_canon_text(&t, "probe", kernels);
        put_digest(&t, "data", &id->data);
        put_digest(&t, "input", &id->input);
    }
    return finish(&t, out, err);
}

ltc_status lt_identity_watch(const lt_digest *selection, uint32_t n, lt_digest *out, ltc_error *err)
{
    lt_text t = { 0 };
    lt_canon_int(&t, "watch", REV_WATCH);
    for (uint32_t i = 0; i < n; i++)
        put_digest(&t, "selection", &selection[i]);
    return finish(&t, out, err);
}

ltc_status lt_identity_treat(const lt_identity *id, const lt_treatment *treat, const lt_digest *selection,
                             const lt_digest *state[3], lt_digest *out, ltc_error *err)
{
    static const char *const name[3] = { "init", "rewind", "final" };
    lt_text t = { 0 };
    lt_canon_int(&t, "treat", REV_TREAT);
    put_digest(&t, "graph", &id->graph);
    put_digest(&t, "selection", selection);
    lt_canon_int(&t, "kept", treat->kept);
    lt_canon_int(&t, "pruned", treat->pruned);
    lt_canon_int(&t, "init", treat->init);
    if (treat->rescale)
        lt_canon_int(&t, "rescale", treat->rescale);
    if (treat->slots)
        lt_canon_int(&t, "slots", treat->slots);
    if (treat->noise > 0)
        lt_canon_real(&t, "noise", treat->noise);
    put_key(&t, "key", treat->key);
    for (int i = 0; i < 3; i++)
        if (state[i])
            put_digest(&t, name[i], state[i]);
    return finish(&t, out, err);
}

ltc_status lt_identity_measure(const lt_identity *id, const lt_digest *state, const lt_digest *mask,
                               uint32_t split, lt_digest *out, ltc_error *err)
{
    lt_text t = { 0 };
    lt_canon_int(&t, "measure", REV_MEASURE);
    put_digest(&t, "graph", &id->graph);
    put_digest(&t, "data", &id->data);
    put_digest(&t, "input", &id->input);
    put_digest(&t, "state", state);
    put_digest(&t, "mask", mask);
    lt_canon_int(&t, "split", split);
    lt_canon_text(&t, "backend", id->backend);
    return finish(&t, out, err);
}
