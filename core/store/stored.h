/* Source: a file of the store that is being read, and what it was found to be. */
#ifndef LT_STORE_STORED_H
#define LT_STORE_STORED_H

#include <ltcore/base.h>

/* Statuses cannot say it: a missing file and a bad one are both LTC_EIO. */
typedef enum lt_condition {
    LT_UNREAD,                                /* no memory, no permission: nothing is known of it */
    LT_MISSING,
    LT_DAMAGED,                               /* not what it ought to be, or a bad sector */
    LT_SOUND
} lt_condition;

typedef struct lt_stored {
    const char  *path;                        /* the caller's */
    int          fd;
    uint64_t     bytes;
    lt_condition condition;                   /* of a reading that ended where it stands now */
} lt_stored;

/* lt_stored_close is due whatever came of it. Sentences name the file. [any] */
ltc_status lt_stored_open(lt_stored *s, const char *path, ltc_error *err);
ltc_status lt_stored_read(lt_stored *s, void *to, size_t n, uint64_t at, ltc_error *err);

/* st: what came of the whole reading. LT_SOUND exactly for LTC_OK. */
lt_condition lt_stored_close(lt_stored *s, ltc_status st);

#endif
