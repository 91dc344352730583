/* States as blocks of bytes, to be kept, put back and compared bit by bit. */
#ifndef LT_CHECK_STATE_H
#define LT_CHECK_STATE_H

#include "check/stand.h"

/* All of one replica: values; of what is trained masks and both slots too; the clock. In the arena; NULL
 * after a failure, which sticks to the stand. */
void *lt_block_get(lt_stand *s, uint32_t replica, lt_arena *arena);
void lt_block_put(lt_stand *s, uint32_t replica, const void *block);      /* ready is left to the caller */

/* Fails the verdict with the first piece that differs, and where. Two NaN are equal. */
void lt_block_compare(const lt_scene *scene, const void *got, const void *want, const char *expected,
                      lt_verdict *v);

/* Trains a fresh program from character states: n steps from `first` on in spans of so many. The blocks of
 * its replicas, in the arena. */
typedef struct lt_course {
    uint64_t first;
    uint32_t n, span;
} lt_course;
void lt_block_train(lt_stand *s, const lt_play *play, const lt_course *course, lt_arena *arena, void **block);

#endif
