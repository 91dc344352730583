/* A graph laid out in one block of memory: where each value, gradient, slot and mask lies, and one lts_io per
 * node.
 *
 * Owned by a net (net.c), whose block is the host's, or by a program of the backend adapter (program.c),
 * whose block is wherever its table allocates. Plan first, which says how large the block must be; then
 * attach the block. */
#ifndef LTS_TAPE_H
#define LTS_TAPE_H

#include "kernel.h"

#define LTS_NOWHERE SIZE_MAX

enum {
    LTS_TAPE_GRAD = 1, LTS_TAPE_TRAIN = 2,                /* TRAIN: with GRAD, slots and masks */
    LTS_TAPE_ONE_SLOT = 4
};

/* Offsets in the block, in bytes, or LTS_NOWHERE. */
typedef struct lts_place { size_t value, grad; } lts_place;
typedef struct lts_param_place { size_t slot[2], mask; } lts_param_place;

typedef struct lts_tape {
    const ltc_graph   *graph;
    const lts_kernels *kernels;
    uint32_t rows;                            /* the most */
    size_t   bytes;                           /* of the block */
    char    *base;                            /* the block; not owned */
    lts_place       *place;                   /* [n_values] */
    lts_param_place *param;                   /* [n_params] */
    size_t  *saved;                           /* [n_nodes]: offset */
    lts_io  *io;                              /* [n_nodes] */
    const void **in;                          /* these three: what the lts_io's point to */
    void       **in_grad;
    const ltc_value **in_shape;
} lts_tape;

/* type: LTC_F32, LTC_F64 or LTS_COMPLEX. Leaves *tape empty on failure. */
ltc_status lts_tape_plan(lts_tape *tape, const ltc_graph *graph, uint32_t type, uint32_t rows, uint32_t flags,
                         ltc_error *err);
ltc_status lts_tape_attach(lts_tape *tape, void *base, ltc_error *err);
void       lts_tape_free(lts_tape *tape);

/* An address in the block, NULL for LTS_NOWHERE. */
static inline void *lts_tape_at(const lts_tape *tape, size_t place)
{
    return place == LTS_NOWHERE ? NULL : tape->base + place;
}

static inline void *lts_tape_value(const lts_tape *tape, uint32_t value)
{
    return lts_tape_at(tape, tape->place[value].value);
}

static inline void *lts_tape_grad(const lts_tape *tape, uint32_t value)
{
    return lts_tape_at(tape, tape->place[value].grad);
}

/* Bytes of a value or its gradient for so many samples. */
size_t lts_tape_bytes(const lts_tape *tape, uint32_t value, uint32_t rows);

/* Sets the rows of every node for the passes that follow. */
void lts_tape_set_rows(lts_tape *tape, uint32_t rows);

/* a * b, false when it does not fit. */
static inline bool lts_times(size_t a, size_t b, size_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

/* A zeroed block, aligned for any vector; NULL when there is no memory. For free(). */
void *lts_block(size_t bytes);

#endif
