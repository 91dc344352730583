/* Owns the spelling of moments. Called by values of that type, and by whoever prints one. */
#include "config/moment.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* counted: word, number, unit; else the word alone. */
static const struct { const char *word, *unit; bool counted; } spelling[] = {
    [LT_MOMENT_NONE]        = { "none", "", false },
    [LT_MOMENT_STEPS]       = { "", "it", true },
    [LT_MOMENT_EPOCHS]      = { "", "ep", true },
    [LT_MOMENT_INIT]        = { "init", "", false },
    [LT_MOMENT_END]         = { "end", "", false },
    [LT_MOMENT_BEST]        = { "best", "", false },
    [LT_MOMENT_BEST_STEPS]  = { "best@", "it", true },
    [LT_MOMENT_BEST_EPOCHS] = { "best@", "ep", true },
};
enum { N_KINDS = sizeof spelling / sizeof spelling[0] };

/* "500it" with unit "it": digits, then the unit, then nothing. */
static bool read_count(const char *text, const char *unit, int64_t *n)
{
    const size_t digits = strspn(text, "0123456789");
    if (!digits || strcmp(text + digits, unit))
        return false;
    errno = 0;
    *n = strtoll(text, NULL, 10);
    return errno != ERANGE;
}

bool lt_moment_read(const char *text, lt_moment *m)
{
    for (int kind = LT_MOMENT_NONE + 1; kind < N_KINDS; kind++) {
        const size_t n = strlen(spelling[kind].word);
        lt_moment read = { .kind = kind };
        if (spelling[kind].counted ? strncmp(text, spelling[kind].word, n) ||
                                         !read_count(text + n, spelling[kind].unit, &read.n)
                                   : strcmp(text, spelling[kind].word))
            continue;
        *m = read;
        return true;
    }
    return false;
}

const char *lt_moment_text(char text[LT_MOMENT_BYTES], lt_moment m)
{
    const int kind = m.kind > 0 && m.kind < N_KINDS ? (int)m.kind : LT_MOMENT_NONE;
    if (spelling[kind].counted)
        snprintf(text, LT_MOMENT_BYTES, "%s%" PRId64 "%s", spelling[kind].word, m.n, spelling[kind].unit);
    else
        snprintf(text, LT_MOMENT_BYTES, "%s", spelling[kind].word);
    return text;
}

bool lt_moment_is_span(lt_moment m)
{
    return m.kind == LT_MOMENT_STEPS || m.kind == LT_MOMENT_EPOCHS;
}
