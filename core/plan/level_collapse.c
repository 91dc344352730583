/* Asks what a training mask leaves of the network, before it is trained. What is frozen still carries the
 * input on. Called by level.c. */
#include <stdio.h>

#include "plan/worker.h"
#include "prune/collapse.h"

enum { SENTENCE_BYTES = 320 };

/* Chance accuracy would look like a fault of something else: whoever drew the mask says it. */
static void say(lt_worker *w, const lt_job *j, const lt_collapse *c)
{
    char found[SENTENCE_BYTES], sentence[SENTENCE_BYTES + 96];
    const bool own = !j->line->variant || j->line->variant->masks == LT_MASKS_OWN;
    if (!own || w->look || !w->noticed)
        return;
    lt_collapse_text(&w->experiment->graph.view, c, found, sizeof found);
    snprintf(sentence, sizeof sentence, "%s%s", found,
             j->outcome.stopped ? "; it is not trained, nor is what follows from it (prune.collapse)" : "");
    w->noticed(w->arg, j, sentence);
}

ltc_status lt_level_collapse(lt_worker *w, lt_job *j, const lt_digest *training_mask, ltc_error *err)
{
    lt_masks m = { 0 };
    lt_collapse c = { 0 };
    ltc_status st = lt_worker_masks(w, training_mask, &m, err);
    if (!st)
        st = lt_collapse_find(&w->experiment->graph.view, &m, &c, err);
    lt_masks_free(&m);
    if (st || (!c.n_empty && !c.cut))
        return st;
    j->outcome.cut = c.cut;
    j->outcome.stopped = j->settings->prune.collapse == LT_COLLAPSE_STOP;
    say(w, j, &c);
    return LTC_OK;
}
