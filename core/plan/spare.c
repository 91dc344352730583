/* Owns the list of partial states that will be in the way: a long training would fill a disk with them.
 * Called by a trajectory's passes. */
#include "plan/spare.h"

#include <string.h>

void lt_spare_note(lt_spare *s, const lt_digest *state, int64_t stamp)
{
    if (!stamp || s->n == LT_SPARE_MOST)
        return;                               /* not ours to remove, or left to gc */
    s->state[s->n] = *state;
    s->stamp[s->n++] = stamp;
}

static bool is_named(const lt_trajectory *t, const lt_digest *state)
{
    for (size_t i = 0; i < t->n_points; i++)
        if (!memcmp(&t->point[i].state, state, sizeof *state))
            return true;
    return false;
}

void lt_spare_remove(lt_spare *s, lt_store *store, const lt_trajectory *t)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (!is_named(t, &s->state[i])) {
            lt_store_take_back(store, &s->state[i], s->stamp[i]);
            continue;
        }
        s->state[kept] = s->state[i];
        s->stamp[kept++] = s->stamp[i];
    }
    s->n = kept;
}
