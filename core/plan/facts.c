/* Reads and writes small records. Called by levels. */
#include "plan/facts.h"

#include <inttypes.h>
#include <string.h>

ltc_status lt_facts_get(lt_store *s, const lt_digest *key, lt_digest *d, size_t n, bool *found,
                        ltc_error *err)
{
    lt_text text = { 0 };
    ltc_status st = lt_record_get(s, key, &text, found, err);
    const char *at = text.s;
    for (size_t i = 0; i < n && *found && !st; i++) {
        *found = strlen(at) >= 65;
        for (size_t b = 0; b < sizeof d[i].byte && *found; b++, at += 2)
            *found = sscanf(at, "%2" SCNx8, &d[i].byte[b]) == 1;
        at += 1;
        if (*found)
            st = lt_store_has(s, &d[i], found, err);
    }
    lt_text_free(&text);
    return st;
}

ltc_status lt_facts_put(lt_store *s, const lt_digest *key, const lt_digest *d, size_t n, ltc_error *err)
{
    lt_text text = { 0 };
    char hex[65];
    for (size_t i = 0; i < n; i++) {
        lt_digest_text(&d[i], hex);
        lt_text_add(&text, "%s\n", hex);
    }
    const ltc_status st = text.failed ? ltc_fail(err, LTC_ENOMEM, "no memory for a record")
                                      : lt_record_put(s, key, text.s, text.n, err);
    lt_text_free(&text);
    return st;
}

ltc_status lt_count_get(lt_store *s, const lt_digest *key, lt_count *c, bool *found, ltc_error *err)
{
    lt_text text = { 0 };
    uint64_t bits = 0;
    const ltc_status st = lt_record_get(s, key, &text, found, err);
    *found = !st && *found &&
             sscanf(text.s, "%16" SCNx64 " %" SCNu64 " %" SCNu64, &bits, &c->correct, &c->n) == 3;
    memcpy(&c->loss, &bits, sizeof bits);
    lt_text_free(&text);
    return st;
}

ltc_status lt_count_put(lt_store *s, const lt_digest *key, const lt_count *c, ltc_error *err)
{
    char text[80];
    uint64_t bits;
    memcpy(&bits, &c->loss, sizeof bits);
    const int n = snprintf(text, sizeof text, "%016" PRIx64 " %" PRIu64 " %" PRIu64 "\n", bits, c->correct,
                           c->n);
    return lt_record_put(s, key, text, (size_t)n, err);
}
