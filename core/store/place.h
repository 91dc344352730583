/* Places: where a store keeps what, and which names are its own. Shared by the files of this folder alone. */
#ifndef LT_STORE_PLACE_H
#define LT_STORE_PLACE_H

#include "store/stored.h"
#include "store/store.h"

/* Nothing changes after lt_store_open, so that any thread may use it. */
struct lt_store {
    char            *path;
    lt_store_report *report;
    void            *arg;
};

typedef enum lt_folder { LT_OBJECTS, LT_RECORDS, LT_CLAIMS, LT_ROOTS, LT_QUARANTINE, LT_FOLDERS } lt_folder;

/* For free(); NULL: no memory, which err then says. name NULL: the folder itself. [any] */
char *lt_place_named(const lt_store *s, lt_folder folder, const char *name, ltc_error *err);
char *lt_place_of(const lt_store *s, lt_folder folder, const lt_digest *d, ltc_error *err);

/* The digest that a path of that folder is made of; false: no name that lt_place_of gives. */
bool lt_place_parse(lt_folder folder, const char *path, lt_digest *d);
bool lt_hex_parse(const char *hex, lt_digest *d);             /* 64 hex digits, of either case, at hex */

void lt_store_say(const lt_store *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* From what was found at a path to what a caller is told: *found for LT_SOUND and LT_MISSING; what is
 * LT_DAMAGED goes to quarantine and counts as missing; LT_UNREAD stays the failure st. err says what is wrong
 * with it. [any] */
ltc_status lt_place_settle(const lt_store *s, const char *path, lt_condition c, ltc_status st, bool *found,
                           ltc_error *err);

#endif
