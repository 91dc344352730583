/* Owns the distance between words. Called wherever a name that the user wrote is not known. */
#include "util/suggest.h"

#include <string.h>

enum { WORD_MAX = 63 };                       /* longer words get no suggestion */

/* Letters of either case are alike here, and so are '-' and '_': such a slip costs nothing. */
static char folded(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c == '-' ? '_' : c;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Optimal string alignment (Damerau 1964): insertions, deletions, replacements and exchanges of neighbours,
 * each one. Three rows of the table are kept: i, i - 1 and i - 2. */
static unsigned distance(const char *a, size_t n, const char *b, size_t m)
{
    unsigned row[3][WORD_MAX + 1];
    for (size_t j = 0; j <= m; j++)
        row[0][j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned *now = row[i % 3];
        const unsigned *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            const char x = folded(a[i - 1]), y = folded(b[j - 1]);
            now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == folded(b[j - 2]) && folded(a[i - 2]) == y)
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return row[n % 3][m];
}

const char *lt_suggest(const char *word, const char *const *name, size_t n)
{
    const size_t length = strlen(word);
    const char *best = NULL;
    unsigned nearest = 0;
    for (size_t i = 0; i < n && length <= WORD_MAX; i++) {
        const size_t m = strlen(name[i]);
        if (m > WORD_MAX)
            continue;
        const unsigned apart = distance(word, length, name[i], m);
        const size_t longer = length > m ? length : m;
        if (apart <= (longer + 1) / 3 && apart < longer && (!best || apart < nearest)) {
            best = name[i];
            nearest = apart;
        }
    }
    return best;
}
