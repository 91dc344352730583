/* Words: what may be said of a run, in sentences that follow from its numbers. Lists of lines, each a
 * sentence or a paragraph, as plain text. Called by html.c and report.c. */
#ifndef LT_REPORT_WORDS_H
#define LT_REPORT_WORDS_H

#include "report/model.h"
#include "util/text.h"

typedef struct lt_lines {
    lt_arena     arena;
    const char **v;
    size_t       n;
    bool         failed;                      /* no memory */
} lt_lines;

void lt_lines_add(lt_lines *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void lt_lines_free(lt_lines *l);

/* What was found; the rule by which. */
void lt_words_summary(const lt_seen_run *r, lt_lines *to);

/* What a reviewer would ask. */
void lt_words_warnings(const lt_seen_run *r, lt_lines *to);

/* A paragraph for a paper's section on methods; entries for its bibliography. */
void lt_words_methods(const lt_seen_run *r, lt_lines *to);
void lt_words_references(const lt_seen_run *r, lt_text *to);

#endif
