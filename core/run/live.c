/* Owns the file of what is being trained. Called by run.c, one call at a time. */
#include "run/live.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "run/progress.h"
#include "util/figures.h"
#include "util/memory.h"

static const double WRITE_S = 1;

ltc_status lt_live_begin(lt_live *l, const char *directory, const lt_plan *plan, double (*clock_s)(void),
                         ltc_error *err)
{
    *l = (lt_live){ .directory = directory, .plan = plan, .clock_s = clock_s };
    l->job = lt_array(plan->n_jobs, sizeof *l->job);
    return l->job ? LTC_OK : ltc_fail(err, LTC_ENOMEM, "no memory for what is being trained");
}

static void put_job(const lt_live *l, uint32_t i, lt_text *to)
{
    const lt_live_job *at = &l->job[i];
    const double took = at->now_s - at->since_s;
    char text[160];
    lt_figure step, steps;
    lt_text_add(to, "%s: ", lt_job_text(&l->plan->job[i], text));
    if (!at->steps) {
        lt_text_add(to, "its weights are evaluated before the first step\n");
        return;
    }
    lt_text_add(to, "step %s of %s", lt_figure_count(at->step, &step), lt_figure_count(at->steps, &steps));
    if (isfinite(at->loss))
        lt_text_add(to, "; training loss %.4f", at->loss);
    if (at->step > at->first && took > 0) {
        const double each_s = took / (double)(at->step - at->first);
        lt_text_add(to, "; %.3g steps/s, %s to go", 1 / each_s,
                    lt_clock_text(each_s * (double)(at->steps - at->step), text));
    }
    lt_text_add(to, "\n");
}

static void write_text(const lt_live *l, const lt_text *text)
{
    lt_text path = { 0 }, part = { 0 };
    lt_text_add(&path, "%s/" LT_LIVE_FILE, l->directory);
    lt_text_add(&part, "%s.%ld.part", path.s ? path.s : "", (long)getpid());
    FILE *to = path.failed || part.failed || text->failed ? NULL : fopen(part.s, "we");
    const bool written = to && fwrite(text->s, 1, text->n, to) == text->n;
    if (to && (fclose(to) || !written || rename(part.s, path.s)))
        unlink(part.s);
    lt_text_free(&path);
    lt_text_free(&part);
}

static void write_jobs(lt_live *l, double left_s)
{
    lt_text text = { 0 };
    char left[160];
    l->written_s = l->clock_s();
    lt_text_put(&text, "", 0);
    for (uint32_t i = 0; i < l->plan->n_jobs; i++)
        if (l->job[i].on)
            put_job(l, i, &text);
    if (isfinite(left_s))
        lt_text_add(&text, "about %s to go in all\n", lt_clock_text(left_s, left));
    write_text(l, &text);
    lt_text_free(&text);
}

/* NULL: nothing is trained, a plan is looked at. */
static lt_live_job *job_of(lt_live *l, const lt_job *j)
{
    return l->job ? &l->job[j - l->plan->job] : NULL;
}

void lt_live_open(lt_live *l, const lt_job *j)
{
    if (!l->job)
        return;
    *job_of(l, j) = (lt_live_job){ .on = true };
    write_jobs(l, NAN);
}

void lt_live_step(lt_live *l, const lt_job *j, const lt_progress *p, double left_s)
{
    lt_live_job *at = job_of(l, j);
    const double now = at ? l->clock_s() : 0;
    if (!at)
        return;
    if (!at->steps)
        at->first = p->step, at->since_s = now;
    at->step = p->step, at->steps = p->steps, at->loss = p->batch_loss, at->now_s = now;
    if (now - l->written_s >= WRITE_S)
        write_jobs(l, left_s);
}

void lt_live_close(lt_live *l, const lt_job *j)
{
    if (l->job)
        job_of(l, j)->on = false;
}

void lt_live_end(lt_live *l)
{
    lt_text path = { 0 };
    if (!l->directory)
        return;
    lt_text_add(&path, "%s/" LT_LIVE_FILE, l->directory);
    if (!path.failed)
        unlink(path.s);
    lt_text_free(&path);
    free(l->job);
    *l = (lt_live){ 0 };
}
