/* Writes the fields of canonical texts. */
#include "util/canon.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void field(lt_text *t, const char *name, char type, const char *value)
{
    lt_text_add(t, "%zu:%s %c %zu:%s\n", strlen(name), name, type, strlen(value), value);
}

void lt_canon_int(lt_text *t, const char *name, int64_t v)
{
    char value[24];
    snprintf(value, sizeof value, "%" PRId64, v);
    field(t, name, 'i', value);
}

void lt_canon_real(lt_text *t, const char *name, double v)
{
    char value[24];
    uint64_t bits;
    assert(isfinite(v));
    v += 0.0;                                 /* -0 + 0 = +0 */
    memcpy(&bits, &v, sizeof bits);
    snprintf(value, sizeof value, "%016" PRIx64, bits);
    field(t, name, 'r', value);
}

void lt_canon_text(lt_text *t, const char *name, const char *v)
{
    field(t, name, 's', v);
}
