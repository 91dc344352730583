/* Owns the sorted list of samples. Called by results.c for each level, read by comparison.c and table.c. */
#include "results/samples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool lt_measured(const lt_measure at[LT_M_SPLITS])
{
    return at[LT_M_TRAIN].n || at[LT_M_VALIDATION].n || at[LT_M_TEST].n;
}

const lt_measure *lt_row_reported(const lt_level_row *row)
{
    const bool best = row->line->settings->train.report_at == LT_REPORT_BEST && lt_measured(row->best);
    return best ? row->best : row->end;
}

/* Of the one tensor that the level prunes. */
static double density_of_layer(const lt_level_row *row)
{
    for (uint32_t i = 0; row->pruned_layer && i < row->n_layers; i++)
        if (!strcmp(row->layer[i].name, row->pruned_layer))
            return (double)row->layer[i].alive / (double)row->layer[i].total;
    return NAN;
}

static lt_sample sample_of(const lt_level_row *row, uint32_t line)
{
    const lt_measure *test = &lt_row_reported(row)[LT_M_TEST];
    return (lt_sample){
        .line = line, .level = row->level, .trial = row->trial, .draw = row->draw,
        .accuracy = test->n ? (double)test->correct / (double)test->n : NAN,
        .density = row->weights_total ? (double)row->weights_alive / (double)row->weights_total : NAN,
        .best_step = row->best_step == UINT64_MAX ? NAN : (double)row->best_step,
        .steps = row->steps, .trained_steps = row->trained_steps, .moved = row->moved,
        .layer = row->pruned_layer, .layer_density = density_of_layer(row),
        .failed = strcmp(row->status, "failed") == 0,
    };
}

static int compare(const lt_sample *a, const lt_sample *b)
{
    const uint32_t left[] = { a->line, a->level, a->trial, a->draw };
    const uint32_t right[] = { b->line, b->level, b->trial, b->draw };
    for (int i = 0; i < 4; i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return 0;
}

static bool make_room(lt_samples *s)
{
    if (s->n < s->room)
        return true;
    const size_t room = s->room ? 2 * s->room : 64;
    lt_sample *v = lt_array(room, sizeof *v);
    if (!v)
        return false;
    if (s->n)
        memcpy(v, s->v, s->n * sizeof *v);
    free(s->v);
    s->v = v, s->room = room;
    return true;
}

bool lt_samples_put(lt_samples *s, const lt_level_row *row, uint32_t line)
{
    const lt_sample sample = sample_of(row, line);
    size_t at = s->n;
    while (at && compare(&s->v[at - 1], &sample) > 0)
        at--;
    if (at && compare(&s->v[at - 1], &sample) == 0) {
        s->v[at - 1] = sample;
        return true;
    }
    if (!make_room(s))
        return false;
    memmove(&s->v[at + 1], &s->v[at], (s->n - at) * sizeof *s->v);
    s->v[at] = sample;
    s->n++;
    return true;
}

void lt_samples_free(lt_samples *s)
{
    free(s->v);
    *s = (lt_samples){ 0 };
}
