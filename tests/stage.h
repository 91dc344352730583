/* A backend on stage: loaded, with a network, its data and its start. Two networks are ready-made: a tiny one
 * that bears a thousand steps, and whatever a test builds on images of 4 x 5 x 7. */
#ifndef LT_TESTS_STAGE_H
#define LT_TESTS_STAGE_H

#include "backend_rig.h"
#include "make_graph.h"

enum { LT_OPTIMIZERS = 4, LT_TINY_ROWS = 150, LT_STAGE_ROWS = 100 };

/* ref, cpu, and cpu-blas where there is OpenBLAS; NULL at the end. */
extern const char *const lt_backends[];
extern const ltc_optimizer lt_optimizers[LT_OPTIMIZERS], lt_momentum;         /* the last: without decay */

typedef struct lt_stage {
    lt_maker *maker;
    const ltc_graph *graph;
    lt_split *split;
    float **value;                            /* the start */
    lt_rig rig;
} lt_stage;

/* backend NULL: the table linked into the test, whose operations are `ops`. */
typedef ltc_val (*lt_build)(ltc_builder *b);
void lt_stage_open(lt_stage *s, const char *backend, const ltc_backend_ops *ops, lt_build build);
void lt_tiny_open(lt_stage *s, const char *backend);
void lt_stage_close(lt_stage *s);

/* All parameters of a stage one after the other, *n floats, for free(). */
float *lt_stage_values(lt_stage *s, size_t *n);

/* The same after four steps with momentum, a third of the first parameter dead and a third
 * frozen; and a loss. */
float *lt_stage_trained(const char *backend, const ltc_backend_ops *ops, lt_build build, size_t *n,
                        double *loss);

/* || x - y || / || y || */
double lt_distance(const float *x, const float *y, size_t n);

/* Of the tiny network, element i of parameter p: dead, alive, frozen in turns that are no
 * multiple of a vector. */
uint8_t lt_tiny_mask(uint32_t p, size_t i);
void    lt_tiny_put_masks(lt_stage *s);

/* Its state after 200 masked and augmented steps, in spans of so many, moved to a fresh program after the
 * first `move` steps. For free(). */
void *lt_tiny_state(const char *backend, const ltc_optimizer *o, uint32_t span, uint32_t move, size_t *bytes);

#endif
