/* Words of run.cfg for values of settings.h, as results show them. */
#ifndef LT_RESULTS_WORDS_H
#define LT_RESULTS_WORDS_H

#include <stdint.h>

enum {
    LT_WORD_STRATEGY,
    LT_WORD_SCOPE,
    LT_WORD_KEPT,
    LT_WORD_PRUNED,
    LT_WORD_MASKS,
    LT_WORD_MATCH,
    LT_WORD_REPORT,
    LT_WORDS
};

/* The word for value v of the enumeration (LT_WORD_*). */
const char *lt_word(int enumeration, int64_t v);

#endif
