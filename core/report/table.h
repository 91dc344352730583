/* Tables of a report: cells of text, written as HTML, which sorts and copies, or as Markdown. */
#ifndef LT_REPORT_TABLE_H
#define LT_REPORT_TABLE_H

#include "report/overlay.h"

typedef struct lt_sheet {
    lt_arena     arena;
    const char  *id, *title;                  /* of HTML: "levels" */
    const char **cell;                        /* row 0: headings */
    size_t       rows, columns;
    bool         failed;                      /* no memory */
} lt_sheet;

lt_sheet lt_sheet_of(const char *id, const char *title, size_t columns);
void lt_sheet_row(lt_sheet *s);
/* Of the last row. An empty cell is one that nothing is known of. */
void lt_sheet_set(lt_sheet *s, size_t column, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void lt_sheet_free(lt_sheet *s);

/* run: from 0: the same table of several has an id for each. */
void lt_sheet_html(const lt_sheet *s, size_t run, lt_text *to);
void lt_sheet_markdown(const lt_sheet *s, lt_text *to);

/* What stands in the report, of one run unless it says otherwise. */
lt_sheet lt_sheet_levels(const lt_seen_run *r);
lt_sheet lt_sheet_cost(const lt_seen_run *r);
lt_sheet lt_sheet_layers(const lt_seen_run *r);
lt_sheet lt_sheet_changes(const lt_seen_run *r);        /* of the configuration, to the preset it stands on */
lt_sheet lt_sheet_settings(const lt_seen_run *r);
lt_sheet lt_sheet_plugins(const lt_seen_run *r);
lt_sheet lt_sheet_facts(const lt_seen_run *r);
lt_sheet lt_sheet_overlay(const lt_overlay *o, const lt_seen_run *r);
lt_sheet lt_sheet_runs(const lt_seen_run *run, size_t n);

/* & < > " as HTML has them, and what is no character of it left out. */
void lt_html_text(const char *s, lt_text *to);
#endif
