/* `ltcore -c run.cfg`: the main job. */
#include "cli/setup.h"
#include "run/run.h"

static ltc_status run(const lt_world *w, const lt_arguments *a, const lt_setup *s, ltc_error *err)
{
    lt_text resolved = { 0 };
    lt_progress_line line = { .to = w->err, .level = a->level, .terminal = w->terminal, .columns = w->columns,
                              .now_s = w->now_s };
    lt_config_write(&s->settings, &resolved);
    const lt_run_request r = {
        .settings = &s->settings, .config = s->config, .services = &s->services, .resolved = resolved.s,
        .version = LTCORE_VERSION, .progress = &line, .jobs = a->jobs, .processors = w->processors,
        .out = w->out, .now_s = w->now_s,
    };
    ltc_status st = resolved.failed ? ltc_fail(err, LTC_ENOMEM, "no memory for the configuration") : LTC_OK;
    if (!st)
        st = a->dry_run ? lt_run_explain(&r, err) : lt_run(&r, err);
    lt_text_free(&resolved);
    return st;
}

int lt_cli_run(const lt_world *w, const lt_arguments *a)
{
    lt_setup s;
    ltc_error err = { .message = "" };
    int code = lt_setup_open(w, a, &s);
    if (code)
        return code;
    const ltc_status st = run(w, a, &s, &err);
    if (st)
        code = lt_setup_failed(&s, st, &err);
    lt_setup_close(&s);
    return code;
}
