/* Owns the looking after a store that removes nothing: how much there is, and whether it is sound. Called by
 * commands, never by a run. */
#include "store/store.h"

#include <stdlib.h>

#include "store/object.h"
#include "store/place.h"
#include "store/record.h"
#include "store/walk.h"

typedef struct tally {
    lt_store       *store;
    lt_store_stats *stats;
    bool            read;                     /* or only count */
} tally;

/* Not sound: it was damaged, or, which is rare, a gc has just removed it; both count as damaged. */
static ltc_status check_record(lt_store *s, const lt_digest *key, bool *sound, ltc_error *err)
{
    lt_text text = { 0 };
    const ltc_status st = lt_record_look(s, key, &text, sound, err);
    lt_text_free(&text);
    return st;
}

static ltc_status tally_item(tally *t, lt_folder folder, const lt_item *item, ltc_error *err)
{
    lt_digest d;
    bool sound = true;
    ltc_status st = LTC_OK;
    if (!lt_place_parse(folder, item->path, &d))
        return LTC_OK;
    if (t->read)
        st = folder == LT_OBJECTS ? lt_object_check(t->store, &d, &sound, err)
                                  : check_record(t->store, &d, &sound, err);
    if (st)
        return st;
    t->stats->damaged += !sound;
    t->stats->objects += sound && folder == LT_OBJECTS;
    t->stats->records += sound && folder == LT_RECORDS;
    t->stats->bytes += sound ? item->bytes : 0;
    return LTC_OK;
}

static ltc_status tally_object(void *arg, const lt_item *item, ltc_error *err)
{
    return tally_item(arg, LT_OBJECTS, item, err);
}

static ltc_status tally_record(void *arg, const lt_item *item, ltc_error *err)
{
    return tally_item(arg, LT_RECORDS, item, err);
}

static ltc_status tally_folder(tally *t, lt_folder folder, lt_walk_fn *fn, ltc_error *err)
{
    char *path = lt_place_named(t->store, folder, NULL, err);
    const ltc_status st = path ? lt_walk(path, 1, fn, t, err) : LTC_ENOMEM;
    free(path);
    return st;
}

static ltc_status tally_store(tally *t, ltc_error *err)
{
    *t->stats = (lt_store_stats){ 0 };
    const ltc_status st = tally_folder(t, LT_RECORDS, tally_record, err);
    return st ? st : tally_folder(t, LT_OBJECTS, tally_object, err);
}

ltc_status lt_store_count(lt_store *s, lt_store_stats *stats, ltc_error *err)
{
    return tally_store(&(tally){ .store = s, .stats = stats }, err);
}

ltc_status lt_store_verify(lt_store *s, lt_store_stats *stats, ltc_error *err)
{
    return tally_store(&(tally){ .store = s, .stats = stats, .read = true }, err);
}
