/* Draws the progress line. Called by run.c alone. */
#include "run/progress.h"

#include <math.h>

static const double REDRAW_S = 0.1;

/* 75 as "1:15", 7505 as "2:05:05". */
static const char *clock_text(double seconds, char text[32])
{
    const unsigned long long s = seconds > 0 ? (unsigned long long)(seconds + 0.5) : 0;
    if (s >= 3600)
        snprintf(text, 32, "%llu:%02llu:%02llu", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(text, 32, "%llu:%02llu", s / 60, s % 60);
    return text;
}

void lt_progress_begin(lt_progress_line *l, uint64_t trial, uint64_t trials)
{
    l->trial = trial;
    l->trials = trials;
    l->validation = NAN;
    l->rate = 0;
    l->last_step = 0;
    l->last_s = l->drawn_s = 0;
}

static void measure_rate(lt_progress_line *l, const lt_progress *p)
{
    const double dt = p->elapsed_s - l->last_s;
    if (dt < REDRAW_S)
        return;
    const double now = (double)(p->step - l->last_step) / dt;
    l->rate = l->rate > 0 ? 0.7 * l->rate + 0.3 * now : now;
    l->last_step = p->step;
    l->last_s = p->elapsed_s;
}

void lt_progress_step(lt_progress_line *l, const lt_progress *p)
{
    char left[32], validation[32] = "";
    measure_rate(l, p);
    if (!l->terminal || l->level == LT_QUIET || p->elapsed_s - l->drawn_s < REDRAW_S)
        return;
    l->drawn_s = p->elapsed_s;
    if (!isnan(l->validation))
        snprintf(validation, sizeof validation, "   validation %.2f %%", 100 * l->validation);
    const double all = l->rate > 0 ? (double)(p->steps - p->step + (l->trials - l->trial) * p->steps) / l->rate : 0;
    const int n = fprintf(l->to, "\rtrial %llu/%llu   step %llu/%llu   loss %.4f   train %.2f %%%s   %.0f steps/s   %s left ",
                          (unsigned long long)l->trial, (unsigned long long)l->trials, (unsigned long long)p->step,
                          (unsigned long long)p->steps, p->batch_loss, 100 * p->batch_accuracy, validation, l->rate,
                          l->rate > 0 ? clock_text(all, left) : "?");
    if (n > 0 && n < l->width)
        fprintf(l->to, "%*s", l->width - n, "");
    l->width = n > 0 ? n : 0;
    fflush(l->to);
}

void lt_progress_clear(lt_progress_line *l)
{
    if (l->width)
        fprintf(l->to, "\r%*s\r", l->width, "");
    l->width = 0;
}

void lt_progress_evaluation(lt_progress_line *l, const lt_evaluation *e, const lt_progress *p)
{
    l->validation = lt_evaluation_accuracy(e, LT_VALIDATION);
    if (l->level < LT_VERBOSE)
        return;
    lt_progress_clear(l);
    fprintf(l->to, "trial %llu  step %llu  batch loss %.4f", (unsigned long long)l->trial, (unsigned long long)e->step,
            p->batch_loss);
    if (e->n[LT_VALIDATION])
        fprintf(l->to, "  validation %.4f, %.2f %%", lt_evaluation_loss(e, LT_VALIDATION), 100 * l->validation);
    fprintf(l->to, "  test %.4f, %.2f %%  %.1f s\n", lt_evaluation_loss(e, LT_TEST),
            100 * lt_evaluation_accuracy(e, LT_TEST), p->elapsed_s);
}

void lt_progress_end(lt_progress_line *l, const lt_result *r)
{
    lt_progress_clear(l);
    if (l->level == LT_QUIET)
        return;
    fprintf(l->to, "trial %llu/%llu: %llu steps in %.1f s", (unsigned long long)l->trial, (unsigned long long)l->trials,
            (unsigned long long)r->stopped_at, r->train_s);
    if (r->best.step != UINT64_MAX)
        fprintf(l->to, ", best validation loss at step %llu with test %.2f %%", (unsigned long long)r->best.step,
                100 * lt_evaluation_accuracy(&r->best, LT_TEST));
    fprintf(l->to, ", at the end test %.2f %%\n", 100 * lt_evaluation_accuracy(&r->end, LT_TEST));
}
