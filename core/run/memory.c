/* Adds up what a run takes. Called by run.c once the data are there, and for a dry run. */
#include "run/memory.h"

#include "train/device.h"

/* Around a training: its start, where it is, the best so far; and what is read from the store or on its way there. */
enum { STATES = 5, SPAN = 4096 };

static uint64_t bytes_of_data(const lt_experiment *e)
{
    uint64_t bytes = 0;
    for (uint32_t s = 0; s < LT_SPLITS && !e->borrows; s++)
        bytes += e->data.split[s].n * (lt_data_sample_bytes(&e->data) + sizeof *e->data.split[s].label);
    return bytes;
}

/* Values, two slots, and a mask. */
static uint64_t bytes_of_states(const lt_experiment *e)
{
    return STATES * lt_graph_param_count(&e->graph) * (3 * sizeof(float) + 1);
}

static ltc_status ask_regime(lt_device *d, const lt_regime *r, lt_memory *m, ltc_error *err)
{
    const lt_session_request request = lt_regime_session(r);
    ltc_plan plan = { 0 };
    const ltc_status st = lt_session_plan(d, &request, &plan, err);
    const uint64_t span = (r->steps < SPAN ? r->steps : SPAN) * r->batch * sizeof(uint32_t);
    const uint64_t program = plan.bytes_fixed + plan.bytes_per_replica;
    const uint64_t all = program + span + bytes_of_states(r->experiment);
    if (!st && all > m->worker)
        m->worker = all;
    return st;
}

/* Lines follow one another with the same batch and optimizer, mostly: those are asked for once. */
static bool is_like(const lt_regime *a, const lt_regime *b)
{
    return a && a->batch == b->batch && a->optimizer.kind == b->optimizer.kind && a->steps == b->steps;
}

static ltc_status ask_lines(const lt_plan *p, lt_device *d, const lt_experiment *e, lt_memory *m, ltc_error *err)
{
    const lt_regime *last = NULL;
    ltc_status st = LTC_OK;
    for (uint32_t i = 0; i < 2 * p->settings->n_lines && !st; i++) {
        const lt_regime *r = i % 2 ? &p->retrain[i / 2] : &p->regime[i / 2];
        if (r->experiment != e || is_like(last, r))
            continue;
        st = ask_regime(d, r, m, err);
        last = r;
    }
    return st;
}

static const lt_experiment *experiment_of(const lt_plan *p, uint32_t line)
{
    for (uint32_t i = 0; i < line; i++)
        if (p->regime[i].experiment == p->regime[line].experiment)
            return NULL;                      /* asked before */
    return p->regime[line].experiment;
}

ltc_status lt_memory_ask(const lt_plan *p, lt_memory *m, ltc_error *err)
{
    ltc_status st = LTC_OK;
    *m = (lt_memory){ 0 };
    for (uint32_t i = 0; i < p->settings->n_lines && !st; i++) {
        const lt_experiment *e = experiment_of(p, i);
        lt_device d = { 0 };
        if (!e)
            continue;
        const lt_plugin_setting *backend = &e->settings->backend.plugin;
        m->data += bytes_of_data(e);
        st = lt_device_open(backend->module, backend->options, e->services, &d, err);
        if (!st)
            st = ask_lines(p, &d, e, m, err);
        lt_device_close(&d);
    }
    return st;
}

uint32_t lt_memory_workers(const lt_memory *m, uint64_t available, uint32_t wanted)
{
    if (!available || !m->worker)
        return wanted;
    const uint64_t most = available > m->data ? (available - m->data) / m->worker : 0;
    return most < wanted ? (uint32_t)most : wanted;
}

/* "12.0 MiB", "1.50 GiB" */
static const char *text_of(uint64_t bytes, char text[32])
{
    const double mib = (double)bytes / (1024.0 * 1024.0);
    if (mib >= 1024)
        snprintf(text, 32, "%.2f GiB", mib / 1024);
    else
        snprintf(text, 32, "%.1f MiB", mib);
    return text;
}

ltc_status lt_memory_settle(const lt_memory *m, uint64_t available, uint32_t *workers, FILE *to, ltc_error *err)
{
    char data[32], worker[32], there[32];
    const uint32_t fit = lt_memory_workers(m, available, *workers);
    text_of(m->data, data), text_of(m->worker, worker), text_of(available, there);
    if (!fit)
        return ltc_fail(err, LTC_ENOMEM, "no memory: the data take %s and a training %s, and %s are available; a smaller "
                        "train.batch_size or network takes less", data, worker, there);
    if (fit < *workers)
        fprintf(to, "ltcore: %u training%s at once and not %u, for want of memory: the data take %s, each training %s, and "
                "%s are available\n", fit, fit == 1 ? "" : "s", *workers, data, worker, there);
    *workers = fit;
    return LTC_OK;
}

void lt_memory_print(const lt_memory *m, uint32_t workers, uint64_t available, FILE *to)
{
    char data[32], worker[32], all[32], there[32];
    fprintf(to, "memory: %s for the data and %s for each of %u worker%s, %s in all", text_of(m->data, data),
            text_of(m->worker, worker), workers, workers == 1 ? "" : "s", text_of(m->data + workers * m->worker, all));
    if (available)
        fprintf(to, "; %s are available", text_of(available, there));
    fputc('\n', to);
}
