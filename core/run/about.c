/* Owns what a run says of itself. Called by run.c. */
#include "run/about.h"

#include <math.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include "util/memory.h"

static ltc_status add_data(lt_about *a, const lt_experiment *e, ltc_error *err)
{
    lt_data_fact *d = &a->data[a->facts.n_data++];
    *d = (lt_data_fact){ .name = e->settings->dataset.plugin.name, .digest = e->data.digest,
                         .majority = lt_data_majority(&e->data, LT_TEST) };
    for (uint32_t s = 0; s < LT_SPLITS; s++)
        d->samples[s] = e->data.split[s].n;
    return isnan(d->majority) && e->data.split[LT_TEST].n
               ? ltc_fail(err, LTC_ENOMEM, "no memory to count classes")
               : LTC_OK;
}

/* Experiments that share their data share what is said of them. */
static uint32_t data_of(const lt_experiments *all, const lt_experiment *e)
{
    uint32_t number = 0;
    for (uint32_t i = 0; i < all->n; i++) {
        const lt_experiment *owner = &all->v[i];
        if (owner->borrows)
            continue;
        if (owner == e || owner->data.split[LT_TRAIN].x == e->data.split[LT_TRAIN].x)
            break;
        number++;
    }
    return number;
}

static lt_line_fact line_of(const lt_plan *p, const lt_experiments *experiments, uint32_t i)
{
    const lt_regime *r = &p->regime[i];
    const lt_job *dense = &p->job[p->start[(size_t)i * (size_t)p->settings->run.trials].dense];
    return (lt_line_fact){
        .data = data_of(experiments, r->experiment), .dense = (uint32_t)(dense->line - p->settings->line),
        .reads = r->criterion_flags, .backend = r->experiment->backend,
        .params = lt_graph_param_count(&r->experiment->graph), .macs = lt_graph_macs(&r->experiment->graph),
    };
}

static void name_machine(lt_about *a)
{
    struct utsname m;
    if (uname(&m) == 0)
        snprintf(a->machine, sizeof a->machine, "%.80s %.80s %.80s", m.nodename, m.sysname, m.machine);
    a->facts.machine = a->machine;
}

ltc_status lt_about_fill(lt_about *a, const lt_plan *plan, const lt_experiments *experiments, ltc_error *err)
{
    const lt_settings *s = plan->settings;
    a->facts.line = a->line = lt_array(s->n_lines, sizeof *a->line);
    a->facts.data = a->data = lt_array(experiments->n, sizeof *a->data);
    if (!a->line || !a->data)
        return ltc_fail(err, LTC_ENOMEM, "no memory for the facts of a run");
    for (uint32_t i = 0; i < plan->n_jobs; i++)
        a->facts.n_levels += plan->job[i].reported;
    name_machine(a);
    ltc_status st = LTC_OK;
    for (uint32_t i = 0; i < experiments->n && !st; i++)
        if (!experiments->v[i].borrows)
            st = add_data(a, &experiments->v[i], err);
    for (uint32_t i = 0; i < s->n_lines; i++)
        a->line[i] = line_of(plan, experiments, i);
    if (!st)
        st = lt_provenance_fill(&a->provenance, s, err);
    a->facts.plugin = a->provenance.plugin, a->facts.n_plugins = a->provenance.n;
    return st;
}

void lt_about_free(lt_about *a)
{
    lt_provenance_free(&a->provenance);
    free(a->line);
    free(a->data);
    *a = (lt_about){ .line = NULL };
}
