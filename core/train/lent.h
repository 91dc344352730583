/* Lent: what a backend is shown of a program to compile, in the sizes that it was built for. For program.c. */
#ifndef LT_TRAIN_LENT_H
#define LT_TRAIN_LENT_H

#include "train/program.h"

/* Outlives the program. Zero-initialise. */
typedef struct lt_lent_program {
    ltc_graph       *graph;
    ltc_optimizer   *optimizer;
    ltc_input       *input;
    ltc_compile_req *compile;
} lt_lent_program;

/* A request that the backend cannot read whole is refused. l is to be freed in any case. */
ltc_status lt_lend_program(const lt_module *m, const lt_program_request *r, uint32_t replicas, lt_lent_program *l,
                           ltc_error *err);
void lt_lent_program_free(lt_lent_program *l);

#endif
