/* Owns the words of enumerations in results. Called by whoever writes the table of variants. */
#include "results/words.h"

#include <assert.h>

#include "config/settings.h"

enum { MANY = 8 };
static const char *const words[LT_WORDS][MANY] = {
    [LT_WORD_STRATEGY] = {
        [LT_STRATEGY_ITERATIVE] = "iterative", [LT_STRATEGY_ONE_SHOT] = "one-shot",
        [LT_STRATEGY_NONE] = "none",
    },
    [LT_WORD_SCOPE]  = { [LT_SCOPE_LAYER] = "layer", [LT_SCOPE_GLOBAL] = "global", [LT_SCOPE_TYPE] = "type" },
    [LT_WORD_KEPT]   = {
        [LT_KEPT_REWIND] = "rewind", [LT_KEPT_FINAL] = "final", [LT_KEPT_REINIT] = "reinit",
    },
    [LT_WORD_PRUNED] = { [LT_PRUNED_ZERO] = "zero", [LT_PRUNED_FREEZE_INIT] = "freeze-init" },
    [LT_WORD_MASKS]  = { [LT_MASKS_MAIN] = "main", [LT_MASKS_OWN] = "own" },
    [LT_WORD_MATCH]  = {
        [LT_MATCH_NONE] = "none", [LT_MATCH_DENSITY] = "density", [LT_MATCH_LAYER_DENSITY] = "layer-density",
    },
    [LT_WORD_REPORT] = { [LT_REPORT_BEST] = "best", [LT_REPORT_END] = "end" },
};

const char *lt_word(int enumeration, int64_t v)
{
    assert(enumeration >= 0 && enumeration < LT_WORDS);
    assert(v >= 0 && v < MANY && words[enumeration][v]);
    return words[enumeration][v];
}
