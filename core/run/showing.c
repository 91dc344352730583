/* Owns the last thing that a run does. Called by run.c. */
#include "run/showing.h"

#include "report/report.h"

void lt_showing_write(const lt_settings *s, const char *directory, FILE *out, FILE *say)
{
    const ltc_strings *formats = &s->report.formats;
    lt_report_request r = { .directory = &directory, .n_directories = 1, .to = directory, .out = out };
    char note[256];
    ltc_error err = { .message = "" };
    for (uint64_t i = 0; i < formats->n; i++)
        r.formats |= lt_report_format(formats->v[i]);
    if (!r.formats)
        return;
    const ltc_status st = lt_report_write(&r, note, &err);
    if (st)
        fprintf(say, "ltcore: no report: %s\n", err.message);
    else if (note[0])
        fprintf(say, "ltcore: %s\n", note);
    if (!st && r.formats & LT_REPORT_HTML)
        fprintf(out, "Report: %s/report.html\n", directory);
}
