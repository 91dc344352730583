/* The networks that try one operation each: kinds of desc, shapes, batches. Read by check_adjoint.c, and by a
 * test that holds the oracle itself against finite differences. */
#ifndef LT_CHECK_ADJOINT_CASES_H
#define LT_CHECK_ADJOINT_CASES_H

#include "check/scene.h"

typedef struct lt_adjoint_case {
    uint32_t  op, pad;                        /* LTC_OP_* that it tries */
    lt_recipe recipe;
} lt_adjoint_case;

/* op 0: the end. Every operation of ops.def has at least one. */
extern const lt_adjoint_case lt_adjoint_cases[];

#endif
