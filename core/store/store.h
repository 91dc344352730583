/* Store: results by identity. Objects are sets of tensors named by their digest; records say what an action
 * gave.
 *
 *   objects/ab/cdef....safetensors   records/ab/cdef....rec   claims/   roots/   quarantine/   format
 *
 * Everything appears whole or not at all, and is checked when it is read: what is damaged goes to quarantine,
 * is reported in a sentence, and counts as not there, so that it is made again. Several processes may work
 * on one store. Paths with a network file system behind them are not supported. All [any]: no state but the
 * path. */
#ifndef LT_STORE_STORE_H
#define LT_STORE_STORE_H

#include "store/tensors.h"
#include "util/text.h"

typedef struct lt_store lt_store;
typedef void lt_store_report(void *arg, const char *sentence);            /* [any] */

/* Makes the directories as far as they are missing; a store of a newer format is refused. */
ltc_status lt_store_open(const char *path, lt_store_report *report, void *arg, lt_store **store,
                         ltc_error *err);
void lt_store_close(lt_store *s);

/* Can everything be put that a run makes? What is only read needs no more than lt_store_open. */
ltc_status lt_store_check_writable(const lt_store *s, ltc_error *err);

/* Objects. put writes nothing if the object is there and sound, but gc takes it for new. get fills *t, which
 * it does not read before, and which is empty unless *found; not found: missing or damaged. A digest covers
 * the tensors, so the notes that come with them are checked as far as they are JSON. */
ltc_status lt_store_put(lt_store *s, lt_tensors *t, lt_digest *name, ltc_error *err);
ltc_status lt_store_get(lt_store *s, const lt_digest *name, lt_tensors *t, bool *found, ltc_error *err);
ltc_status lt_store_has(lt_store *s, const lt_digest *name, bool *found, ltc_error *err);     /* not read */

/* Fails for an object that a record named a moment ago, and that is not there: another process found it
 * damaged, or somebody removed it. The store's reporter hears of it as of damage. what: "a mask that was
 * there". */
ltc_status lt_store_lost(const lt_store *s, const lt_digest *name, const char *what, ltc_error *err);

/* An object that its maker will not need for long: as lt_store_put, and *stamp is what taking it back asks
 * for, 0 if it was there. take_back removes it, unless it was there or somebody has put it since. */
ltc_status lt_store_put_for_now(lt_store *s, lt_tensors *t, lt_digest *name, int64_t *stamp, ltc_error *err);
void lt_store_take_back(lt_store *s, const lt_digest *name, int64_t stamp);

/* Records: a text under a key (the SHA-256 of an action's canonical text). A put replaces it. The file
 * carries a checksum; a damaged record counts as missing. get adds to text, and nothing unless *found, and gc
 * takes the record for new. An object that a record names may be gone: who needs both asks for both. */
ltc_status lt_record_put(lt_store *s, const lt_digest *key, const char *text, size_t n, ltc_error *err);
ltc_status lt_record_get(lt_store *s, const lt_digest *key, lt_text *text, bool *found, ltc_error *err);

/* Claims: who works on a key at the moment, so that no two processes do the same. Losing a race costs time
 * and never correctness. A claim whose heartbeat is older than LT_CLAIM_STALE_S, or whose process is gone
 * from this host, is taken over, by one of those who ask; so is one that nobody has signed
 * within LT_CLAIM_SIGN_S. */
enum { LT_CLAIM_BEAT_S = 10, LT_CLAIM_STALE_S = 60, LT_CLAIM_SIGN_S = 5 };
typedef struct lt_claim lt_claim;

/* *claim NULL: somebody else has it, and holder says who in half a sentence. Else it is the caller's to beat
 * and to release. */
ltc_status lt_claim_take(lt_store *s, const lt_digest *key, lt_claim **claim, char holder[160],
                         ltc_error *err);
bool lt_claim_beat(lt_claim *c);              /* at least every LT_CLAIM_BEAT_S; false: it was taken over */
void lt_claim_release(lt_claim *c);           /* NULL: nothing */

/* Roots: a run says what it needs before it makes it. text: keys of records in hex, one a line; a put
 * replaces the run's root, a get leaves out and reports what is damaged. run: letters,
 * digits, '.', '-', '_'. Of a run without a root a get gives nothing. */
ltc_status lt_root_get(lt_store *s, const char *run, lt_text *text, ltc_error *err);
ltc_status lt_root_put(lt_store *s, const char *run, const char *text, ltc_error *err);

/* Care; stats is written whole. count and verify: what is there, verify of it only what is sound, and how
 * much it found damaged. gc: what it kept, what it removed, and the kept records that were damaged.
 *
 * gc keeps records whose key a root or a claim names or which are younger than a day, objects that a kept
 * record or a claim names (every run of 64 hex digits in its text counts) or which are younger than a day,
 * and what lies in quarantine for 30 days. now_s: since 1970. It removes nothing if a root cannot be read. */
typedef struct lt_store_stats {
    uint64_t objects, records, bytes, damaged, removed, removed_bytes;
} lt_store_stats;
ltc_status lt_store_count(lt_store *s, lt_store_stats *stats, ltc_error *err);
ltc_status lt_store_verify(lt_store *s, lt_store_stats *stats, ltc_error *err);        /* reads everything */
ltc_status lt_store_gc(lt_store *s, double now_s, lt_store_stats *stats, ltc_error *err);

#endif
