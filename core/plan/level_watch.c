/* Watches the masks along the dense network's training for the moment at which they have come to rest (You et
 * al. 2020, section 4). Called by level_mask.c. How they differ is a record of its own: another window, or
 * another distance, is a matter of looking it up. */
#include <inttypes.h>
#include <stdlib.h>

#include "plan/early_bird.h"
#include "plan/level_mask.h"

static ltc_status no_memory(ltc_error *err)
{
    return ltc_fail(err, LTC_ENOMEM, "no memory for the masks along a training");
}

/* Takes what was told of the weights of the mask that was drawn last, and of those of all before it. */
static ltc_status compare(lt_watch *watch, const ltc_graph *g, const lt_masks *m, lt_mask_bits *bits,
                          uint32_t i, ltc_error *err)
{
    const ltc_status st = lt_mask_bits_of(g, m, &bits[i], err);
    watch->total = bits[i].n;
    for (uint32_t before = 0; before < i && !st; before++)
        watch->differ[lt_pair(i, before)] = lt_mask_bits_differ(&bits[i], &bits[before]);
    return st;
}

/* As if it were drawn at that check, from 0. */
static void look_at(lt_watch *watch, uint32_t check)
{
    watch->drawn_step = (check + 1) * watch->every;
}

static ltc_status draw_all(lt_worker *w, lt_job *j, lt_mask_inputs *in, lt_watch *watch, ltc_error *err)
{
    lt_mask_bits *bits = lt_array(watch->n, sizeof *bits);
    ltc_status st = bits ? LTC_OK : no_memory(err);
    for (uint32_t i = 0; i < watch->n && !st; i++) {
        lt_masks made = { 0 };
        lt_digest ignored;
        look_at(watch, i);
        st = lt_mask_inputs_key(w, j, in, &ignored, err);
        if (!st)
            st = lt_mask_inputs_draw(w, in, &made, err);
        if (!st)
            st = compare(watch, in->request.graph, &made, bits, i, err);
        lt_masks_free(&made);
        if (!st && w->watcher->stopping(w->watcher->arg))
            st = ltc_fail(err, LTC_ECANCELLED, "stopped while masks were compared");
    }
    for (uint32_t i = 0; bits && i < watch->n; i++)
        lt_mask_bits_free(&bits[i]);
    free(bits);
    return st;
}

/* "266200\n12\n..." */
static ltc_status put(lt_store *s, const lt_digest *key, const lt_watch *watch, ltc_error *err)
{
    lt_text text = { 0 };
    lt_text_add(&text, "%" PRIu64 "\n", watch->total);
    for (size_t i = 0; i < lt_pair(watch->n, 0); i++)
        lt_text_add(&text, "%" PRIu64 "\n", watch->differ[i]);
    const ltc_status st = text.failed ? ltc_fail(err, LTC_ENOMEM, "no memory for a record")
                                      : lt_record_put(s, key, text.s, text.n, err);
    lt_text_free(&text);
    return st;
}

static bool take_number(const char **at, uint64_t *v)
{
    char *end;
    *v = strtoull(*at, &end, 10);
    const bool taken = end != *at && *end == '\n';
    *at = end + taken;
    return taken;
}

static ltc_status get(lt_store *s, const lt_digest *key, lt_watch *watch, bool *found, ltc_error *err)
{
    lt_text text = { 0 };
    const ltc_status st = lt_record_get(s, key, &text, found, err);
    const char *at = text.s;
    *found = !st && *found && take_number(&at, &watch->total);
    for (size_t i = 0; *found && i < lt_pair(watch->n, 0); i++)
        *found = take_number(&at, &watch->differ[i]) && watch->differ[i] <= watch->total;
    lt_text_free(&text);
    return st;
}

/* Of the selections at every check. */
static ltc_status key_of(lt_worker *w, lt_job *j, lt_mask_inputs *in, lt_watch *watch, lt_digest *key,
                         ltc_error *err)
{
    lt_digest *selection = lt_array(watch->n, sizeof *selection);
    ltc_status st = selection ? LTC_OK : no_memory(err);
    for (uint32_t i = 0; i < watch->n && !st; i++) {
        look_at(watch, i);
        st = lt_mask_inputs_key(w, j, in, &selection[i], err);
    }
    if (!st)
        st = lt_identity_watch(selection, watch->n, key, err);
    free(selection);
    return st;
}

static ltc_status find_distances(lt_worker *w, lt_job *j, lt_mask_inputs *in, lt_watch *watch, ltc_error *err)
{
    lt_digest key;
    bool found = false;
    watch->differ = lt_array(lt_pair(watch->n, 0), sizeof *watch->differ);
    ltc_status st = watch->differ ? key_of(w, j, in, watch, &key, err) : no_memory(err);
    if (!st) {
        lt_outcome_rests_on(&j->outcome, &key);
        st = get(w->store, &key, watch, &found, err);
    }
    if (st || found)
        return st;
    st = lt_worker_may_compute(w, err);
    if (!st)
        st = draw_all(w, j, in, watch, err);
    return st ? st : put(w->store, &key, watch, err);
}

static void say_if_late(const lt_worker *w, const lt_job *j)
{
    const lt_watch *watch = &j->outcome.watch;
    char sentence[200];
    if (watch->early || w->look || !w->noticed)
        return;
    snprintf(sentence, sizeof sentence,
             "no early bird was found: no mask of %u is within %.3g of the %lld before "
             "it, so the last is drawn, at step %" PRIu64,
             watch->n, j->settings->prune.early_bird.distance,
             (long long)j->settings->prune.early_bird.window - 1, watch->drawn_step);
    w->noticed(w->arg, j, sentence);
}

static ltc_status watch_own(lt_worker *w, lt_job *j, lt_mask_inputs *in, ltc_error *err)
{
    lt_watch *watch = &j->outcome.watch;
    watch->every = j->regime->check_every;
    watch->n = (uint32_t)(lt_job_last(&w->plan->job[j->dense]) / watch->every);
    const ltc_status st = find_distances(w, j, in, watch, err);
    if (st) {
        free(watch->differ);
        *watch = (lt_watch){ .every = 0 };    /* nothing was drawn, and nothing is told of it */
        return st;
    }
    const uint32_t found = lt_early_bird(watch->differ, watch->n, watch->total,
                                         (uint64_t)j->settings->prune.early_bird.window,
                                         j->settings->prune.early_bird.distance);
    watch->early = found < watch->n;
    look_at(watch, watch->early ? found : watch->n - 1);
    say_if_late(w, j);
    return LTC_OK;
}

/* A control's mask is drawn when that of the line it follows was. */
static ltc_status follow(const lt_plan *p, lt_job *j, ltc_error *err)
{
    j->outcome.watch = p->job[j->main].outcome.watch;
    j->outcome.watch.differ = NULL, j->outcome.watch.n = 0;
    if (lt_plan_drawn(p, j))
        return LTC_OK;
    return ltc_fail(err, LTC_EINVAL,
                    "main's mask was drawn at step %" PRIu64 ", of which this line's own dense "
                    "network has no state; let it train as main does",
                    j->outcome.watch.drawn_step);
}

ltc_status lt_level_watch(lt_worker *w, lt_job *j, lt_mask_inputs *in, ltc_error *err)
{
    if (j->settings->prune.strategy != LT_STRATEGY_EARLY_BIRD)
        return LTC_OK;
    return j->main == LT_NO_JOB ? watch_own(w, j, in, err) : follow(w->plan, j, err);
}
