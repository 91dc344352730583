/* Owns the list behind a set of digests. */
#include "store/marks.h"

#include <stdlib.h>
#include <string.h>

#include "store/place.h"
#include "util/memory.h"

static bool grow(lt_marks *m)
{
    const size_t room = m->room ? 2 * m->room : 256;
    lt_digest *more = lt_array(room, sizeof *more);
    if (!more) {
        m->failed = true;
        return false;
    }
    if (m->n)
        memcpy(more, m->v, m->n * sizeof *more);
    free(m->v);
    m->v = more;
    m->room = room;
    return true;
}

void lt_marks_add(lt_marks *m, const lt_digest *d)
{
    if (m->failed || (m->n == m->room && !grow(m)))
        return;
    m->v[m->n++] = *d;
    m->sorted = false;
}

void lt_marks_add_text(lt_marks *m, const char *text, size_t n)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    lt_digest d;
    size_t run = 0;
    for (size_t i = 0; i < n; i++) {
        run = text[i] && strchr(digits, text[i]) ? run + 1 : 0;
        if (run >= 2 * sizeof d && lt_hex_parse(text + i + 1 - 2 * sizeof d, &d))
            lt_marks_add(m, &d);
    }
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(lt_digest));
}

bool lt_marks_has(lt_marks *m, const lt_digest *d)
{
    if (!m->n)
        return false;
    if (!m->sorted)
        qsort(m->v, m->n, sizeof *m->v, by_bytes);
    m->sorted = true;
    return bsearch(d, m->v, m->n, sizeof *m->v, by_bytes) != NULL;
}

void lt_marks_free(lt_marks *m)
{
    free(m->v);
    *m = (lt_marks){ 0 };
}
