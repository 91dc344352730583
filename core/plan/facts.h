/* Facts: small records: the digests that an action gave, or the numbers it measured. */
#ifndef LT_PLAN_FACTS_H
#define LT_PLAN_FACTS_H

#include "store/store.h"

/* n digests under a key, and whether the objects they name are there; *found false: made again. */
ltc_status lt_facts_get(lt_store *s, const lt_digest *key, lt_digest *d, size_t n, bool *found,
                        ltc_error *err);
ltc_status lt_facts_put(lt_store *s, const lt_digest *key, const lt_digest *d, size_t n, ltc_error *err);

/* A sum of losses and counts. */
typedef struct lt_count { double loss; uint64_t correct, n; } lt_count;
ltc_status lt_count_get(lt_store *s, const lt_digest *key, lt_count *c, bool *found, ltc_error *err);
ltc_status lt_count_put(lt_store *s, const lt_digest *key, const lt_count *c, ltc_error *err);

#endif
