/* formula: the language of the criterion `expression`, from text to code for a small stack machine.
 *
 *   wi wr wf wd          the weight at initialisation, at the rewind point, where the mask is drawn, and at
 *                        the end of the dense training
 *   + - * / ^  < <= > >= == !=  ! && ||  a ? b : c      as in C, but ^ is a power; true is 1, false 0
 *   abs sign sqrt exp log  min(a, b) max(a, b) pow(a, b)
 *   sum(x) mean(x) std(x) count(x) quantile(x, q) rank(x)
 *
 * The last line is about all alive weights of the layer, or, with `net` as last argument, of the network:
 * mean(abs(wf), net). std divides by n; count is of the weights where x is not 0; quantile interpolates
 * linearly, q being a number in [0, 1]; rank(x) is a weight's own: how many have an x that is no larger, from
 * 1 on. They may be nested. Linked to expression.c alone. */
#ifndef MASKS_FORMULA_H
#define MASKS_FORMULA_H

#include <ltcore/mask.h>

enum { FORMULA_STEPS = 256, FORMULA_REDUCTIONS = 32, FORMULA_DEPTH = 24 };

/* Each takes its operands from the stack and puts its result there. */
enum {
    FORMULA_NUMBER, FORMULA_WEIGHT, FORMULA_REDUCED, FORMULA_RANKED,  /* of: a weight; a reduction, twice */
    FORMULA_NEGATE, FORMULA_NOT, FORMULA_ABS, FORMULA_SIGN, FORMULA_SQRT, FORMULA_EXP, FORMULA_LOG,
    FORMULA_ADD, FORMULA_SUBTRACT, FORMULA_MULTIPLY, FORMULA_DIVIDE, FORMULA_POWER, FORMULA_MIN, FORMULA_MAX,
    FORMULA_LESS, FORMULA_AT_MOST, FORMULA_EQUAL, FORMULA_UNEQUAL, FORMULA_AND, FORMULA_OR, FORMULA_CHOOSE
};
enum { FORMULA_SUM, FORMULA_MEAN, FORMULA_STD, FORMULA_COUNT, FORMULA_QUANTILE, FORMULA_RANK };
enum { FORMULA_WI, FORMULA_WR, FORMULA_WF, FORMULA_WD };

typedef struct formula_step { uint32_t op, of; double number; } formula_step;
typedef struct formula_code { uint32_t n; formula_step step[FORMULA_STEPS]; } formula_code;

/* What is computed once for a layer or for the network; its argument is step[begin ... end) of
 * `arguments`. */
typedef struct formula_reduction { uint32_t kind, net, begin, end; double q; size_t at; } formula_reduction;

typedef struct formula {
    uint32_t needs, n_reductions;             /* needs: LTC_NEED_* of the weights that occur */
    formula_reduction reduction[FORMULA_REDUCTIONS];          /* those within others come before them */
    formula_code arguments, whole;
} formula;

/* option: the one whose text it is, to blame. LTC_EOPTION with the place and what was expected there.
 * [any] */
ltc_status formula_parse(const char *option, const char *text, formula *f, ltc_error *err);

#endif
