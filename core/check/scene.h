/* A scene: a small network, data for it, and everything else that a training needs, as pure functions of a
 * seed: values, masks, rows, rates, keys. The backend under test (stand.h) and the interpreter (oracle.h)
 * play it.
 *
 * A replica is a character: who = 0, 1, ... has values, masks, rows and keys of its own, in whatever place of
 * a cohort it stands. Inputs, weights and biases are short binary fractions such that the first layer
 * computes without rounding in any order, and none of its outputs is 0: relu and max decide alike
 * everywhere. */
#ifndef LT_CHECK_SCENE_H
#define LT_CHECK_SCENE_H

#include "check/trial.h"
#include "graph/graph.h"

/* n_rows samples of that shape, bytes or (LTC_F32) floats. */
typedef struct lt_recipe {
    const char *name;
    ltc_val   (*build)(ltc_builder *b);
    int64_t     dim[3];
    uint32_t    n_classes, n_rows, sample_type, batch;    /* batch: for whoever wants it with the network */
} lt_recipe;

typedef struct lt_scene {
    lt_graph      graph;
    ltc_data_desc data;
    ltc_input     input;
    lt_recipe     recipe;
    uint64_t      seed;
    lt_arena      arena;
} lt_scene;

ltc_status lt_scene_open(const lt_recipe *recipe, uint64_t seed, lt_scene *s, ltc_error *err);
void lt_scene_close(lt_scene *s);             /* safe on a zeroed one */

/* Training masks: none; dead, alive and frozen in turns that are no multiple of a vector; the same, shifted;
 * one in sixteen alive; every other output dead; of each weight one element alive; all but a few frozen. What
 * is not trained is alive, and so are all but weights in the last four. Beyond the table: SPARSE for
 * characters of an odd number, MIXED for the others. */
enum { LT_MASKS_NONE, LT_MASKS_MIXED, LT_MASKS_SHIFTED, LT_MASKS_SPARSE, LT_MASKS_ROWS, LT_MASKS_SINGLE,
       LT_MASKS_FROZEN, LT_N_MASKS, LT_MASKS_UNEQUAL };

/* Of one parameter, [n]: start values; a training mask. */
void lt_scene_value(const lt_scene *s, uint32_t who, uint32_t param, float *value);
void lt_scene_mask(const lt_scene *s, uint32_t who, uint32_t masks, uint32_t param, uint8_t *mask);

/* Which row of the data stands at place i of a step's batch; the step's rate; a purpose's key. */
enum { LT_KEY_AUGMENT = 1, LT_KEY_DROPOUT };
uint32_t lt_scene_row(const lt_scene *s, uint32_t who, uint64_t step, uint32_t batch, uint32_t i);
float lt_scene_rate(float base, uint64_t step);
ltc_key lt_scene_key(const lt_scene *s, uint32_t who, uint32_t purpose);

/* One row as the network sees it, [elements]. augment: LTC_AUGMENT_*, drawn from word 4 * index on. Written
 * from the words of ltcore/backend.h, for comparison. */
void lt_scene_sample(const lt_scene *s, uint32_t row, uint32_t augment, ltc_key key, uint64_t index,
                     double *x);

#endif
