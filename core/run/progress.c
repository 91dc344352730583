/* Draws the progress line. Called by run.c alone. */
#include "run/progress.h"

#include <math.h>
#include <string.h>

static const double REDRAW_S = 0.1;

const char *lt_job_text(const lt_job *j, char text[160])
{
    char draw[24] = "", point[64] = "";
    if (j->line->point)
        snprintf(point, sizeof point, ", point %u (%.40s)", j->line->point, j->line->at);
    if (j->draw > 1 || (j->line->variant && j->line->variant->draws > 1))
        snprintf(draw, sizeof draw, ", draw %u", j->draw);
    snprintf(text, 160, "%.50s%s, trial %u%s, level %u", j->line->name, point, j->trial + 1, draw,
             j->step.level);
    return text;
}

const char *lt_clock_text(double seconds, char text[160])
{
    const unsigned long long s = seconds > 0 ? (unsigned long long)(seconds + 0.5) : 0;
    if (s >= 172800)
        snprintf(text, 160, "%llu days %llu hours", s / 86400, s / 3600 % 24);
    else if (s >= 3600)
        snprintf(text, 160, "%llu:%02llu:%02llu", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(text, 160, "%llu:%02llu", s / 60, s % 60);
    return text;
}

void lt_progress_begin(lt_progress_line *l, const lt_plan *plan)
{
    l->begun_s = l->drawn_s = l->now_s();
    for (uint32_t i = 0; i < plan->n_jobs; i++)
        l->jobs += plan->job[i].trains;
    l->steps_each = l->jobs ? lt_plan_steps(plan) / l->jobs : 0;
}

void lt_progress_clear(lt_progress_line *l)
{
    if (l->width)
        fprintf(l->to, "\r%*s\r", l->width, "");
    l->width = 0;
}

/* Too little was seen at first: there was an evaluation, and hardly a step. */
double lt_progress_left(const lt_progress_line *l, const lt_progress *p)
{
    enum { SHARE = 50 };                      /* of a training, that says how fast it is */
    if (!l->steps_seen || l->steps_seen < l->steps_each / SHARE)
        return NAN;
    const double others = (double)(l->jobs - l->done - (l->done < l->jobs)) * (double)l->steps_each,
                 rest = (double)(p->steps - p->step) + others;
    return rest * (l->now_s() - l->begun_s) / (double)l->steps_seen;
}

void lt_progress_begun(lt_progress_line *l, const lt_job *j)
{
    char text[160];
    if (!l->terminal || l->level == LT_QUIET)
        return;
    lt_progress_clear(l);
    l->width = fprintf(l->to, "\r%s: its weights are evaluated", lt_job_text(j, text)) - 1;
    fflush(l->to);
}

void lt_progress_step(lt_progress_line *l, const lt_job *j, const lt_progress *p, uint64_t steps)
{
    char text[160], left[160];
    const double now = l->now_s();
    l->steps_seen += steps;
    if (!l->terminal || l->level == LT_QUIET || now - l->drawn_s < REDRAW_S)
        return;
    l->drawn_s = now;
    const double rate = (double)l->steps_seen / (now - l->begun_s), left_s = lt_progress_left(l, p);
    if (rate <= 0)
        return;
    char line[256];
    const int columns = l->columns > 20 && l->columns < 256 ? l->columns - 1 : 255;
    snprintf(line, (size_t)columns + 1,
             "%llu/%llu  %s  left %s  step %llu/%llu  loss %.4f  train %.2f %%  %.0f steps/s",
             (unsigned long long)l->done + 1, (unsigned long long)l->jobs, lt_job_text(j, text),
             isnan(left_s) ? "?" : lt_clock_text(left_s, left), (unsigned long long)p->step,
             (unsigned long long)p->steps, p->batch_loss, 100 * p->batch_accuracy, rate);
    const int n = (int)strlen(line);
    fprintf(l->to, "\r%s%*s", line, l->width > n ? l->width - n : 0, "");
    l->width = l->width > n ? l->width : n;
    fflush(l->to);
}

void lt_progress_evaluation(lt_progress_line *l, const lt_job *j, const lt_evaluation *e)
{
    char text[160];
    if (l->level < LT_VERBOSE)
        return;
    lt_progress_clear(l);
    fprintf(l->to, "%s: step %llu", lt_job_text(j, text), (unsigned long long)e->step);
    if (e->n[LT_VALIDATION])
        fprintf(l->to, "  validation %.4f, %.2f %%", lt_evaluation_loss(e, LT_VALIDATION),
                100 * lt_evaluation_accuracy(e, LT_VALIDATION));
    fprintf(l->to, "  test %.4f, %.2f %%\n", lt_evaluation_loss(e, LT_TEST),
            100 * lt_evaluation_accuracy(e, LT_TEST));
}

static double accuracy(const lt_measure *m)
{
    return m->n ? 100 * (double)m->correct / (double)m->n : NAN;
}

void lt_progress_finished(lt_progress_line *l, const lt_job *j, const lt_level_row *row)
{
    char text[160];
    l->done++;
    if (l->level == LT_QUIET || !row)
        return;
    lt_progress_clear(l);
    fprintf(l->to, "%llu/%llu  %s", (unsigned long long)l->done, (unsigned long long)l->jobs,
            lt_job_text(j, text));
    if (row->weights_total)
        fprintf(l->to, " (%.1f %%)", 100 * (double)row->weights_alive / (double)row->weights_total);
    if (row->best_step != UINT64_MAX)
        fprintf(l->to, ": test %.2f %% at step %llu, the best", accuracy(&row->best[LT_M_TEST]),
                (unsigned long long)row->best_step);
    fprintf(l->to, "%s %.2f %% at the end", row->best_step != UINT64_MAX ? "," : ": test",
            accuracy(&row->end[LT_M_TEST]));
    if (row->trained_steps)
        fprintf(l->to, "; %llu steps in %.1f s\n", (unsigned long long)row->trained_steps, row->train_s);
    else
        fputs("; from the store\n", l->to);
}
