/* Subjects for the tests of the backend cpu: a network, its data and its masks, trained by any backend. */
#ifndef LT_TESTS_CPU_RIG_H
#define LT_TESTS_CPU_RIG_H

#include "stage.h"

enum { LT_BEST, LT_AVX512, LT_AVX2, LT_PORTABLE, LT_ISAS };       /* the option isa */

typedef struct lt_subject {
    uint32_t batch;
    double   density, filled;                 /* of the weights; of the input's bytes that are not 0 */
    int64_t  height, width, hidden;           /* hidden: for `build`, as lt_subject_now()->hidden */
    lt_build build;
    int64_t  channels;
} lt_subject;

/* The one whose network is being built. */
const lt_subject *lt_subject_now(void);

/* Work that may be divided is done in one piece, in parts, the last one first, or in parts all at once. */
typedef enum lt_division { LT_WHOLE, LT_BACKWARDS, LT_AT_ONCE } lt_division;

/* false: the processor has no such instruction set. */
bool lt_subject_open(lt_stage *s, const lt_subject *q, const char *backend, int64_t isa, lt_division divided);

/* Some dead, a few frozen; of each weight's first outputs one is full and one empty. */
void lt_subject_mask(lt_stage *s, const lt_subject *q);

/* How a subject is trained: so many steps by which backend, isa and optimizer. */
typedef struct lt_training_way {
    const char *backend; int64_t isa; lt_division divided;
    const ltc_optimizer *optimizer;
    uint32_t steps;
} lt_training_way;

/* All parameters after it, *n floats, for free(), and an evaluation's loss; NULL: no such instruction set.
 * loss: of each step, or NULL. */
float *lt_subject_train(const lt_subject *q, const lt_training_way *way, float *loss, double *eval,
                        size_t *n);

/* By these nothing but gradients moves a weight. */
enum { LT_PLAIN_ADAM, LT_PLAIN_SGD, LT_PLAIN_OPTIMIZERS };
extern const ltc_optimizer lt_plain_optimizers[LT_PLAIN_OPTIMIZERS];

/* A stage that is compiled for the best instruction set and waits for masks; then so many steps from its own
 * values: all parameters after them, *n floats, for free(). */
void   lt_subject_compile(lt_stage *s, const lt_subject *q, const char *backend, const ltc_optimizer *o);
float *lt_subject_steps(lt_stage *s, uint32_t steps, size_t *n);

/* FNV-1a, 64 bits. */
uint64_t lt_digest(const void *bytes, size_t n);

/* Claims that the losses of a thousand steps, under a sanitizer of a hundred, are ref's: to 1e-4 over the
 * first hundred, to 2e-2 over all. Rounding grows with steps, the more so the more weights there are; a wrong
 * kernel is off at once and by more. */
void lt_subject_follows_ref(const lt_subject *q, const ltc_optimizer *o);

/* What the tests of every family of networks claim, of n subjects: that five steps are ref's to
 * most[optimizer] in norm, 0: not looked at; that AVX-512 and AVX2 have the same bits; that how work is
 * divided changes none; and that fifty steps by an instruction set, where the processor has it, end in known
 * ones, as long as `identity` is the backend's. */
void lt_subjects_equal_ref(const lt_subject *q, size_t n, const double most[LT_OPTIMIZERS]);
void lt_subjects_agree(const lt_subject *q, size_t n);
void lt_subjects_divide(const lt_subject *q, size_t n);
void lt_subjects_known(const lt_subject *q, size_t n, const char *identity, int64_t isa,
                       const uint64_t *known);

#endif
