/* The text of one configuration file with what it includes spliced in, and the place each line came from. */
#ifndef LT_CONFIG_SOURCE_H
#define LT_CONFIG_SOURCE_H

#include <ltcore/base.h>

#include "util/diag.h"
#include "util/memory.h"
#include "util/text.h"

typedef struct lt_source {
    lt_text  text;                            /* one string, free of @include */
    unsigned line;                            /* of its end */
    struct lt_source_span *last;              /* which lines are whose; in the arena */
} lt_source;

/* Reads the file; a relative path starts at `directory`. Any failure adds diagnostics, at `from` if the file
 * itself cannot be read. The source is to be closed either way; the arena keeps file names beyond it. */
ltc_status lt_source_open(lt_source *s, lt_arena *a, const char *directory, const char *path, lt_place from,
                          lt_diags *d);

/* The same from a string that came from elsewhere, not from a file: all of it has the place `at`, of line 0.
 * */
ltc_status lt_source_open_text(lt_source *s, lt_arena *a, const char *text, lt_place at);

lt_place lt_source_place(const lt_source *s, unsigned line);
void lt_source_close(lt_source *s);

#endif
