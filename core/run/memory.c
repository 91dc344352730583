/* Adds up what a run takes. Called by run.c once the data are there, and for a dry run. */
#include "run/memory.h"

#include "train/device.h"

/* Around a training: its start, where it is, the best so far; what is read from the store or on its way
 * there; and while it waits for the others of a cohort. */
enum { STATES = 6 };

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

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static ltc_status ask_regime(lt_device *d, const lt_regime *r, lt_experiment *e, lt_memory *m, ltc_error *err)
{
    const lt_program_request request = lt_regime_program(r);
    ltc_plan plan = { 0 };
    const ltc_status st = lt_program_plan(d, &request, &plan, err);
    const uint64_t span = (r->steps < LT_MOST_SPAN ? r->steps : LT_MOST_SPAN) * r->batch * sizeof(uint32_t);
    const uint32_t most = lt_program_most(&plan);
    if (st)
        return st;
    const bool own = plan.caps & LTC_CAP_OWN_MEMORY;
    if (most > 1) {
        m->own = m->own || own;
        m->fixed = larger(m->fixed, plan.bytes_fixed);
        m->replica = larger(m->replica, plan.bytes_per_replica);
    }
    m->program = larger(m->program, own ? 0 : plan.bytes_fixed);
    m->training = larger(m->training,
                         (own ? 0 : plan.bytes_per_replica) + 2 * span + bytes_of_states(e));
    e->replicas = e->replicas && e->replicas < most ? e->replicas : most;
    return LTC_OK;
}

/* Lines follow one another with the same batch and optimizer, mostly: those are asked for once. */
static bool is_like(const lt_regime *a, const lt_regime *b)
{
    return a && a->batch == b->batch && a->optimizer.kind == b->optimizer.kind && a->steps == b->steps;
}

static ltc_status ask_lines(const lt_plan *p, lt_device *d, lt_experiment *e, lt_memory *m, ltc_error *err)
{
    const lt_regime *last = NULL;
    ltc_status st = LTC_OK;
    for (uint32_t i = 0; i < 2 * p->settings->n_lines && !st; i++) {
        const lt_regime *r = i % 2 ? &p->retrain[i / 2] : &p->regime[i / 2];
        if (r->experiment != e || is_like(last, r))
            continue;
        st = ask_regime(d, r, e, m, err);
        last = r;
    }
    return st;
}

static ltc_status ask_experiment(const lt_plan *p, lt_experiment *e, lt_memory *m, ltc_error *err)
{
    const lt_plugin_setting *backend = &e->settings->backend.plugin;
    lt_device d = { 0 };
    ltc_status st = lt_device_open(backend->module, backend->options, e->services, &d, err);
    m->data += bytes_of_data(e);
    if (!st)
        st = ask_lines(p, &d, e, m, err);
    lt_device_close(&d);
    m->replicas = e->replicas > m->replicas ? e->replicas : m->replicas;
    return st;
}

ltc_status lt_memory_ask(const lt_plan *p, lt_experiments *x, lt_memory *m, ltc_error *err)
{
    ltc_status st = LTC_OK;
    *m = (lt_memory){ 0 };
    for (uint32_t i = 0; i < x->n && !st; i++)
        st = ask_experiment(p, &x->v[i], m, err);
    return st;
}

static bool in_cohorts(const lt_memory *m)
{
    return m->replicas > 1;
}

/* Of each training, and beside the data of all of them together. */
static uint64_t each_of(const lt_memory *m)
{
    return m->training + (in_cohorts(m) ? 0 : m->program);
}

static uint64_t shared_of(const lt_memory *m)
{
    return m->data + (in_cohorts(m) ? m->program : 0);
}

uint32_t lt_memory_trainings(const lt_memory *m, uint64_t available, uint32_t wanted)
{
    const uint64_t each = each_of(m), shared = shared_of(m);
    if (!available || !each)
        return wanted;
    const uint64_t most = available > shared ? (available - shared) / each : 0;
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

ltc_status lt_memory_settle(const lt_memory *m, uint64_t available, uint32_t wanted, lt_layout *l, FILE *to,
                            ltc_error *err)
{
    char data[32], training[32], there[32];
    const uint32_t most = in_cohorts(m) && m->replicas < wanted ? m->replicas : wanted;
    const uint32_t fit = lt_memory_trainings(m, available, most);
    text_of(shared_of(m), data), text_of(each_of(m), training), text_of(available, there);
    if (!fit)
        return ltc_fail(err, LTC_ENOMEM,
                        "no memory: the data take %s and a training %s, and %s are available; a smaller "
                        "train.batch_size or network takes less",
                        data, training, there);
    if (fit < most)
        fprintf(to,
                "ltcore: %u training%s at once and not %u, for want of memory: the data take %s, each "
                "training %s, and %s are available\n", fit, fit == 1 ? "" : "s", most, data, training, there);
    *l = in_cohorts(m) ? (lt_layout){ 1, fit } : (lt_layout){ fit, 1 };
    return LTC_OK;
}

static void print_cohorts(const lt_memory *m, const lt_layout *l, FILE *to)
{
    char fixed[32], replica[32];
    fprintf(to,
            "cohorts: at most %u training%s in one program, which takes %s and %s for each%s; it may have "
            "%u\n",
            l->seats, l->seats == 1 ? "" : "s", text_of(m->fixed, fixed), text_of(m->replica, replica),
            m->own ? " of the device's memory" : "", m->replicas);
}

void lt_memory_print(const lt_memory *m, const lt_layout *l, uint64_t available, FILE *to)
{
    char data[32], training[32], all[32], there[32];
    const uint32_t n = l->crews * l->seats;
    fprintf(to, "memory: %s for the data and %s for each of %u %s%s, %s in all", text_of(shared_of(m), data),
            text_of(each_of(m), training), n, in_cohorts(m) ? "training" : "worker", n == 1 ? "" : "s",
            text_of(shared_of(m) + n * each_of(m), all));
    if (available)
        fprintf(to, "; %s are available", text_of(available, there));
    fputc('\n', to);
    if (in_cohorts(m))
        print_cohorts(m, l, to);
}
