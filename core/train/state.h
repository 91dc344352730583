/* State: all that a network in training is: values, training masks, optimizer slots, clock.
 * Whole or not at all. */
#ifndef LT_TRAIN_STATE_H
#define LT_TRAIN_STATE_H

#include <ltcore/backend.h>

/* Arrays by parameter index. Statistics have values but no slots; a mask of NULL means that
 * all of it is alive. */
typedef struct lt_state {
    const ltc_graph *graph;                   /* outlives the state */
    float   **value, **slot1, **slot2;
    uint8_t **mask;
    uint64_t  clock;                          /* updates since the slots were zero */
    void     *block;                          /* owns the arrays */
} lt_state;

/* Zero everywhere, and no masks. */
ltc_status lt_state_create(const ltc_graph *g, lt_state *s, ltc_error *err);
void lt_state_free(lt_state *s);

/* Gives parameter p a mask, all alive, to be changed in place; or none. */
ltc_status lt_state_add_mask(lt_state *s, uint32_t p, ltc_error *err);
void lt_state_drop_mask(lt_state *s, uint32_t p);

/* Values, slots and clock of `from` into `to`, of the same graph; masks stay. */
void lt_state_copy(const lt_state *from, lt_state *to);

#endif
