/* Owns the text of a dry run. Called by run.c when it has looked at what is stored. */
#include "run/explain.h"

/* "prune.mask.alpha: ( 0.0, 2.0, 4.0 )", and at how many points each variant is. */
static void print_sweep(const lt_settings *s, FILE *to)
{
    if (s->swept.n)
        fputs("at so many points of what is swept: ", to);
    for (uint32_t order = 0; s->swept.n && order <= s->n_variants; order++) {
        uint32_t n = 0;
        for (uint32_t i = 0; i < s->n_lines; i++)
            n += s->line[i].order == order;
        fprintf(to, "%s%s %u", order ? ", " : "", order ? s->variant[order - 1].name : "main", n);
    }
    if (s->swept.n)
        fputc('\n', to);
    for (uint32_t i = 0; i < s->n_axes; i++)
        fprintf(to, "    %s = %s\n", s->axis[i].key, s->axis[i].values);
    for (uint32_t v = 0; v < s->n_variants; v++)
        for (uint32_t i = 0; i < s->variant[v].n_axes; i++)
            fprintf(to, "    %s: %s = %s\n", s->variant[v].name, s->variant[v].axis[i].key,
                    s->variant[v].axis[i].values);
}

/* How many dense networks are trained, and from how many in all the levels start. */
static void print_dense(const lt_plan *p, FILE *to)
{
    uint64_t trained = 0, start = 0;
    for (uint32_t i = 0; i < p->n_dense; i++)
        trained += p->job[p->dense[i]].trains;
    for (uint32_t i = 0; i < p->settings->n_lines; i++)
        for (int64_t t = 0; t < p->settings->run.trials; t++)
            start += p->job[p->start[(size_t)i * (size_t)p->settings->run.trials + (size_t)t].dense].trains;
    if (p->settings->swept.n && trained)
        fprintf(to, "%8llu of the dense network, from which %llu lines start, each in its trial\n",
                (unsigned long long)trained, (unsigned long long)start);
}

static void print_experiment(const lt_experiment *e, FILE *to)
{
    const lt_data *d = &e->data;
    fprintf(to, "%llu samples to train on, %llu to validate, %llu to test; %llu parameters\n",
            (unsigned long long)d->split[LT_TRAIN].n, (unsigned long long)d->split[LT_VALIDATION].n,
            (unsigned long long)d->split[LT_TEST].n, (unsigned long long)lt_graph_param_count(&e->graph));
}

void lt_explain(const lt_plan *p, const lt_experiments *x, const uint64_t count[LT_JOB_STATES], uint64_t lost,
                FILE *to)
{
    const lt_regime *main = &p->regime[0];
    const lt_experiment *e = main->experiment;
    const uint64_t stored = count[LT_JOB_DONE], due = count[LT_JOB_FAILED], waiting = count[LT_JOB_BLOCKED];
    const uint64_t all = stored + due + waiting + lost, steps = lt_plan_steps(p);
    fprintf(to, "%llu training%s of ", (unsigned long long)all, all == 1 ? "" : "s");
    if (steps == all * main->steps)
        fprintf(to, "%llu steps (%.4g epochs) on %s\n", (unsigned long long)main->steps,
                (double)main->steps / (double)main->steps_per_epoch, e->backend);
    else
        fprintf(to, "%llu steps in all on %s\n", (unsigned long long)steps, e->backend);
    print_sweep(p->settings, to);
    print_dense(p, to);
    fprintf(
        to,
        "%8llu stored\n%8llu to be done\n%8llu to be done when the masks they depend on are known, at most\n",
        (unsigned long long)stored, (unsigned long long)due, (unsigned long long)waiting);
    if (lost)
        fprintf(to, "%8llu not to be done: a loss was not finite, there or where they begin\n",
                (unsigned long long)lost);
    for (uint32_t i = 0; i < x->n; i++)
        print_experiment(&x->v[i], to);
}
