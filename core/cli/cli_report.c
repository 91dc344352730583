/* `ltcore report`: figures, tables and report.html of runs, made again or compared. */
#include "cli/cli.h"
#include "report/report.h"

/* Of --format; without it, all that are files. */
static int read_formats(const lt_world *w, const lt_arguments *a, uint32_t *formats)
{
    *formats = a->n_formats ? 0 : LT_REPORT_HTML | LT_REPORT_SVG | LT_REPORT_PNG | LT_REPORT_CSV;
    for (size_t i = 0; i < a->n_formats; i++) {
        const uint32_t bit = lt_report_format(a->format[i]);
        if (!bit) {
            lt_cli_say(w, "--format %s: is none of html, svg, png, csv, md", a->format[i]);
            return LT_EXIT_USAGE;
        }
        *formats |= bit;
    }
    return LT_EXIT_DONE;
}

int lt_cli_report(const lt_world *w, const lt_arguments *a)
{
    char note[256];
    ltc_error err = { .message = "" };
    lt_report_request r = {
        .directory = (const char *const *)a->rest, .n_directories = a->n_rest,
        .to = a->output ? a->output : a->rest[0], .out = w->out,
    };
    const int code = read_formats(w, a, &r.formats);
    if (code)
        return code;
    if (a->n_rest > 1 && !a->output && r.formats != LT_REPORT_MD) {
        lt_cli_say(
            w,
            "where does the comparison go? Name a directory with -o DIR, or print tables with --format md");
        return LT_EXIT_USAGE;
    }
    if (lt_report_write(&r, note, &err)) {
        lt_cli_say(w, "%s", err.message);
        return LT_EXIT_FAILED;
    }
    if (note[0])
        lt_cli_say(w, "%s", note);
    if (r.formats & LT_REPORT_HTML)
        fprintf(w->out, "%s/report.html\n", r.to);
    else if (r.formats != LT_REPORT_MD)
        fprintf(w->out, "%s/plots\n", r.to);
    return LT_EXIT_DONE;
}
