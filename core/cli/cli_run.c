/* `ltcore -c run.cfg`: the main job. */
#include <stdlib.h>

#include "cli/setup.h"
#include "run/run.h"
#include "util/memory.h"

static void print_plan(const lt_experiment *e, const ltc_plan *plan, FILE *to)
{
    const lt_settings *s = e->settings;
    fprintf(to, "%lld training%s of %llu steps (%.4g epochs) each, batches of %lld, on %s\n", (long long)s->run.trials,
            s->run.trials == 1 ? "" : "s", (unsigned long long)e->steps, (double)e->steps / (double)e->steps_per_epoch,
            (long long)s->train.batch_size, e->device.identity);
    fprintf(to, "%llu samples to train on, %llu to validate, %llu to test; %llu parameters; %.1f MiB for the program\n",
            (unsigned long long)e->data.split[LT_TRAIN].n, (unsigned long long)e->data.split[LT_VALIDATION].n,
            (unsigned long long)e->data.split[LT_TEST].n, (unsigned long long)lt_graph_param_count(&e->graph),
            (double)(plan->bytes_fixed + plan->bytes_per_replica) / (1024.0 * 1024.0));
}

static ltc_status dry_run(lt_experiment *e, FILE *to, ltc_error *err)
{
    const lt_session_request r = lt_experiment_session(e);
    ltc_plan plan = { 0 };
    const ltc_status st = lt_session_plan(&e->device, &r, &plan, err);
    if (!st)
        print_plan(e, &plan, to);
    return st;
}

static ltc_status train(const lt_world *w, const lt_arguments *a, lt_setup *s, lt_experiment *e, ltc_error *err)
{
    lt_text resolved = { 0 };
    lt_output output = { .lock = -1 };
    lt_progress_line line = { .to = w->err, .level = a->level, .terminal = w->terminal };
    lt_result *result = lt_array((size_t)s->settings.run.trials, sizeof *result);

    lt_config_write(&s->settings, &resolved);
    ltc_status st = !result || resolved.failed ? ltc_fail(err, LTC_ENOMEM, "no memory for the results")
                                               : lt_output_open(s->settings.run.output, resolved.s, &output, err);
    if (!st) {
        const lt_run run = { .experiment = e, .output = &output, .progress = &line, .services = &s->services,
                             .now_s = w->now_s };
        st = lt_run_trials(&run, result, err);
    }
    if (!st) {
        lt_run_table(e, result, w->out);
        fprintf(w->out, "results: %s\n", s->settings.run.output);
    }
    lt_output_close(&output);
    lt_text_free(&resolved);
    free(result);
    return st;
}

int lt_cli_run(const lt_world *w, const lt_arguments *a)
{
    lt_setup s;
    lt_experiment e = { 0 };
    ltc_error err = { .message = "" };
    int code = lt_setup_open(w, a, &s);
    if (code)
        return code;
    ltc_status st = lt_experiment_open(&s.settings, &s.services, &e, &err);
    if (!st)
        st = a->dry_run ? dry_run(&e, w->out, &err) : train(w, a, &s, &e, &err);
    if (st)
        code = lt_setup_failed(&s, st, &err);
    lt_experiment_close(&e);
    lt_setup_close(&s);
    return code;
}
