/* Owns the experiments of a run: which lines share one, and which of them share their data. Two settings are
 * the same if the resolved configuration writes them alike. */
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "plan/experiment.h"

/* What the groups say, but for what a regime reads of them: how weights are drawn, samples augmented. */
static const char *text_of(lt_arena *a, const lt_settings *s, bool data_alone)
{
    static const char *const group[] = { "dataset", "arch", "backend" };
    lt_settings shared = *s;
    lt_text text = { 0 };
    shared.arch.init = LT_INIT_PYTORCH;
    shared.dataset.augment = LT_AUGMENT_NONE;
    if (data_alone)
        shared.dataset.normalise = LT_NORMALISE_NONE;         /* is the experiment's own */
    for (size_t i = 0; i < (data_alone ? 1 : sizeof group / sizeof group[0]); i++)
        lt_config_write_group(&shared, group[i], &text);
    const char *kept = text.failed ? NULL : lt_arena_text(a, text.s);
    lt_text_free(&text);
    return kept;
}

/* The experiment of a line: one that there is, or a new one. */
static bool take_line(const lt_line *l, const lt_services *services, lt_experiments *x, uint32_t *of_line)
{
    const char *key = text_of(&x->arena, l->settings, false);
    uint32_t i = 0;
    while (key && i < x->n && strcmp(x->v[i].key, key))
        i++;
    *of_line = i;
    if (!key || i < x->n)
        return key;
    const char *data_key = text_of(&x->arena, l->settings, true);
    x->v[x->n++] =
        (lt_experiment){ .settings = l->settings, .services = services, .key = key, .data_key = data_key };
    return data_key;
}

ltc_status lt_experiments_list(const lt_settings *s, const lt_services *services, lt_experiments *x,
                               ltc_error *err)
{
    *x = (lt_experiments){ .v = lt_array(s->n_lines, sizeof *x->v),
                           .of_line = lt_array(s->n_lines, sizeof *x->of_line) };
    bool ok = x->v && x->of_line;
    for (uint32_t l = 0; l < s->n_lines && ok; l++)
        ok = take_line(&s->line[l], services, x, &x->of_line[l]);
    if (!ok)
        lt_experiments_close(x);
    return ok ? LTC_OK : ltc_fail(err, LTC_ENOMEM, "no memory for the lines of a run");
}

static const lt_experiment *with_same_data(const lt_experiments *x, uint32_t i)
{
    for (uint32_t k = 0; k < i; k++)
        if (!x->v[k].borrows && !strcmp(x->v[k].data_key, x->v[i].data_key))
            return &x->v[k];
    return NULL;
}

/* The first line that has it, for what is wrong with it. */
static const lt_line *line_of(const lt_experiments *x, const lt_settings *s, uint32_t i)
{
    uint32_t l = 0;
    while (x->of_line[l] != i)
        l++;
    return &s->line[l];
}

ltc_status lt_experiments_open(const lt_settings *s, const lt_services *services, lt_experiments *x,
                               ltc_error *err)
{
    ltc_status st = lt_experiments_list(s, services, x, err);
    for (uint32_t i = 0; i < x->n && !st; i++) {
        st = lt_experiment_open(&x->v[i], with_same_data(x, i), err);
        if (st)
            lt_line_blame(line_of(x, s, i), err);
    }
    if (st)
        lt_experiments_close(x);
    return st;
}

void lt_experiments_close(lt_experiments *x)
{
    for (uint32_t i = x->n; i-- > 0;)         /* the owner of borrowed data stands before the borrower */
        lt_experiment_close(&x->v[i]);
    free(x->v);
    free(x->of_line);
    lt_arena_free(&x->arena);
    *x = (lt_experiments){ 0 };
}
