/* Owns the removal of what no run needs any more. Called by a command, while runs may be at work on the same
 * store.
 *
 * No lock holds them up: what they have just put is young, and what they ask for and do not find they make
 * again. So records go before the objects that they name, and a failure ends the walk with nothing worse than
 * too much kept. */
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/marks.h"
#include "store/place.h"
#include "store/record.h"
#include "store/root.h"
#include "store/walk.h"

enum { DAY_S = 86400, QUARANTINE_DAYS = 30 };

typedef struct sweep {
    lt_store       *store;
    lt_store_stats *stats;
    double          now_s;
    lt_marks        keys, objects;            /* what roots, claims and kept records name */
} sweep;

/* What lies in the future, by another host's clock, is young. */
static bool is_younger(const sweep *w, const lt_item *item, int days)
{
    return w->now_s - item->modified_s < (double)days * DAY_S;
}

static ltc_status remove_item(sweep *w, const lt_item *item, ltc_error *err)
{
    if (unlink(item->path)) {
        if (errno == ENOENT)
            return LTC_OK;                    /* another gc was faster, or it went to quarantine */
        return ltc_fail(err, LTC_EIO, "%s: cannot be removed: %s", item->path, strerror(errno));
    }
    w->stats->removed++;
    w->stats->removed_bytes += item->bytes;
    return LTC_OK;
}

/* A living claim is minutes old at most; its key is kept as a record's and as an object's. */
static ltc_status sweep_claim(void *arg, const lt_item *item, ltc_error *err)
{
    sweep *w = arg;
    lt_digest d;
    const bool claim = lt_place_parse(LT_CLAIMS, item->path, &d);
    if (!is_younger(w, item, 1))
        return claim || item->part ? remove_item(w, item, err) : LTC_OK;
    if (claim) {
        lt_marks_add(&w->keys, &d);
        lt_marks_add(&w->objects, &d);
    }
    return LTC_OK;
}

/* What a kept record names is kept too, whether a root or its age keeps it. */
static ltc_status keep_record(sweep *w, const lt_digest *key, const lt_item *item, ltc_error *err)
{
    bool found;
    lt_text text = { 0 };
    const ltc_status st = lt_record_look(w->store, key, &text, &found, err);
    if (!st && found) {
        lt_marks_add_text(&w->objects, text.s, text.n);
        w->stats->records++;
        w->stats->bytes += item->bytes;
    }
    w->stats->damaged += !st && !found;
    lt_text_free(&text);
    return st;
}

static ltc_status sweep_record(void *arg, const lt_item *item, ltc_error *err)
{
    sweep *w = arg;
    lt_digest key;
    const bool young = is_younger(w, item, 1);
    if (!lt_place_parse(LT_RECORDS, item->path, &key))
        return item->part && !young ? remove_item(w, item, err) : LTC_OK;
    if (young || lt_marks_has(&w->keys, &key))
        return keep_record(w, &key, item, err);
    return remove_item(w, item, err);
}

static ltc_status sweep_object(void *arg, const lt_item *item, ltc_error *err)
{
    sweep *w = arg;
    lt_digest name;
    const bool young = is_younger(w, item, 1);
    if (!lt_place_parse(LT_OBJECTS, item->path, &name))
        return item->part && !young ? remove_item(w, item, err) : LTC_OK;
    if (!young && !lt_marks_has(&w->objects, &name))
        return remove_item(w, item, err);
    w->stats->objects++;
    w->stats->bytes += item->bytes;
    return LTC_OK;
}

static ltc_status sweep_part(void *arg, const lt_item *item, ltc_error *err)
{
    return item->part && !is_younger(arg, item, 1) ? remove_item(arg, item, err) : LTC_OK;
}

static ltc_status sweep_quarantine(void *arg, const lt_item *item, ltc_error *err)
{
    return is_younger(arg, item, QUARANTINE_DAYS) ? LTC_OK : remove_item(arg, item, err);
}

static ltc_status sweep_folder(sweep *w, lt_folder folder, int depth, lt_walk_fn *fn, ltc_error *err)
{
    char *path = lt_place_named(w->store, folder, NULL, err);
    ltc_status st = path ? lt_walk(path, depth, fn, w, err) : LTC_ENOMEM;
    free(path);
    if (!st && (w->keys.failed || w->objects.failed))
        st = ltc_fail(err, LTC_ENOMEM, "%s: no memory for what is to be kept", w->store->path);
    return st;
}

static ltc_status sweep_store(sweep *w, ltc_error *err)
{
    static const struct { lt_folder folder; int depth; lt_walk_fn *fn; } pass[] = {
        { LT_CLAIMS, 0, sweep_claim }, { LT_RECORDS, 1, sweep_record }, { LT_OBJECTS, 1, sweep_object },
        { LT_ROOTS, 0, sweep_part }, { LT_QUARANTINE, 0, sweep_quarantine },
    };
    ltc_status st = lt_roots_read(w->store, &w->keys, err);
    for (size_t i = 0; i < sizeof pass / sizeof pass[0] && !st; i++)
        st = sweep_folder(w, pass[i].folder, pass[i].depth, pass[i].fn, err);
    return st ? st : lt_walk(w->store->path, 0, sweep_part, w, err);      /* of the format */
}

ltc_status lt_store_gc(lt_store *s, double now_s, lt_store_stats *stats, ltc_error *err)
{
    sweep w = { .store = s, .stats = stats, .now_s = now_s };
    *stats = (lt_store_stats){ 0 };
    const ltc_status st = sweep_store(&w, err);
    lt_marks_free(&w.keys);
    lt_marks_free(&w.objects);
    return st;
}
