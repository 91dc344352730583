/* Owns the rules of retrain: which beginnings go with what prune leaves to begin with. Called by rules.c. */
#include "config/moment.h"
#include "config/rules.h"
#include "config/schema.h"

static bool chained(const lt_settings *s)
{
    return s->prune.strategy == LT_STRATEGY_ITERATIVE || s->prune.strategy == LT_STRATEGY_LAYERWISE;
}

static bool rewinds_later(const lt_settings *s)
{
    const lt_moment to = s->prune.rewind_to;
    return s->prune.kept == LT_KEPT_REWIND && lt_moment_is_span(to) && to.n > 0;
}

/* What is written and would be compared with something else, or count in two units. */
static void check_keys(lt_fill *f, const lt_node *root, const lt_settings *s)
{
    static const char report[] = "retrain.report_at", batch[] = "retrain.batch_size";
    if (s->retrain.train.report_at != s->train.report_at) {
        lt_fill_fault(f, lt_rules_place(f, root, report), report,
                      "all levels are compared at the same evaluation, that of train.report_at");
        lt_fill_hint(f, "remove it, or set train.report_at");
    }
    if (s->retrain.train.batch_size != s->train.batch_size &&
        (s->retrain.from == LT_FROM_DRAWN || rewinds_later(s))) {
        lt_fill_fault(f, lt_rules_place(f, root, batch), batch,
                      "another batch size can only begin at step 0: a step counter that goes on counts "
                      "batches");
        lt_fill_hint(f, "remove it, or choose from = \"start\" and rewind_to = \"init\"");
    }
}

/* Training goes on from where the mask was drawn. */
static void check_drawn(lt_fill *f, const lt_node *root, const lt_settings *s)
{
    static const char key[] = "retrain.from";
    const lt_place at = lt_rules_place(f, root, key);
    const int64_t drawn = s->prune.draw_at.kind;
    if (s->prune.kept != LT_KEPT_FINAL) {
        lt_fill_fault(f, at, key,
                      "\"drawn\" goes on with the weights that the mask was drawn from, and kept is \"%s\"",
                      lt_schema_word(&lt_group_find("prune")->schema, "kept", s->prune.kept));
        lt_fill_hint(f, "prune.kept = \"final\", or from = \"start\"");
    } else if (s->retrain.train.lr_schedule.type == LT_SCHEDULE_COSINE) {
        lt_fill_fault(f, at, key, "\"drawn\" goes on with the last learning rate, and a cosine ends at 0");
        lt_fill_hint(f, "retrain.lr_schedule = { type = \"constant\"; }; with an optimizer.lr");
    } else if (chained(s) && drawn != LT_MOMENT_END && drawn != LT_MOMENT_BEST) {
        lt_fill_fault(f, at, key,
                      "\"drawn\" goes on from level to level, and prune.draw_at is one step for all");
        lt_fill_hint(f, "draw_at = \"end\" or \"best\", or strategy = \"one-shot\"");
    }
}

static void check_optimizer_state(lt_fill *f, const lt_node *root, const lt_settings *s)
{
    static const char key[] = "retrain.optimizer_state";
    const lt_place at = lt_rules_place(f, root, key);
    const bool goes_on = s->retrain.from == LT_FROM_DRAWN,
               fresh = s->retrain.optimizer_state == LT_OPTIMIZER_STATE_FRESH,
               other = s->retrain.train.optimizer.type != s->train.optimizer.type,
               own = !f->overlay || lt_node_find(f->overlay, key);
    if (fresh && own && !goes_on && !rewinds_later(s)) {
        lt_fill_fault(f, at, key,
                      "\"fresh\" does nothing: training begins there without an optimizer's state");
        lt_fill_hint(f, "remove it; from = \"drawn\" and a later rewind_to have one");
    } else if (!fresh && goes_on && s->prune.draw_at.kind == LT_MOMENT_BEST) {
        lt_fill_fault(f, at, key,
                      "of the best step weights alone are stored, and no optimizer's state to go on with");
        lt_fill_hint(f, "optimizer_state = \"fresh\"");
    } else if (!fresh && other && (goes_on || rewinds_later(s))) {
        lt_fill_fault(f, at, key, "the state of one optimizer is nothing to another");
        lt_fill_hint(f, "optimizer_state = \"fresh\"");
    }
}

/* What is measured as it was pruned is compared with the network that it was pruned from. */
static void check_untrained(lt_fill *f, const lt_node *root, const lt_settings *s)
{
    static const char key[] = "train.report_at";
    const lt_train_settings *t = &s->retrain.train;
    const bool at_best = s->train.report_at == LT_REPORT_BEST;
    const int64_t drawn = s->prune.draw_at.kind;
    if (t->steps > 0 || t->epochs > 0 || s->prune.kept != LT_KEPT_FINAL ||
        s->prune.strategy == LT_STRATEGY_EARLY_BIRD ||
        !(at_best ? drawn == LT_MOMENT_END : drawn == LT_MOMENT_BEST))
        return;
    lt_fill_fault(f, lt_rules_place(f, root, key), key,
                  "\"%s\" compares networks that are pruned %s, and not trained again, with the dense one at "
                  "another step", at_best ? "best" : "end", at_best ? "at the end" : "at the best step");
    lt_fill_hint(f, "report_at = \"%s\", or prune.draw_at = \"%s\"", at_best ? "end" : "best",
                 at_best ? "best" : "end");
}

void lt_rules_check_retrain(lt_fill *f, const lt_node *root, const lt_settings *s)
{
    const size_t before = f->n_faults;
    if (s->retrain.given)
        check_untrained(f, root, s);
    if (!s->retrain.set.n)
        return;
    if (s->prune.strategy == LT_STRATEGY_NONE || s->prune.strategy == LT_STRATEGY_SENSITIVITY) {
        lt_fill_fault(f, lt_rules_place(f, root, "retrain"), "retrain",
                      "does nothing with strategy \"%s\", which trains the dense network alone",
                      lt_schema_word(&lt_group_find("prune")->schema, "strategy", s->prune.strategy));
        lt_fill_hint(f, "remove it, or choose another strategy");
        return;
    }
    if (before == 0)                          /* else it would say again what train is blamed for */
        lt_rules_check_training(f, root, "retrain", &s->retrain.train);
    check_keys(f, root, s);
    if (s->retrain.from == LT_FROM_DRAWN)
        check_drawn(f, root, s);
    if (f->n_faults == before)
        check_optimizer_state(f, root, s);
}
