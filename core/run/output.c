/* Owns a run's directory while it is being written. */
#include "run/output.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/file.h"
#include "util/memory.h"

static ltc_status lock_directory(lt_output *o, ltc_error *err)
{
    lt_text path = { 0 };
    lt_text_add(&path, "%s/.lock", o->directory);
    o->lock = path.failed ? -1 : open(path.s, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    lt_text_free(&path);
    if (o->lock < 0)
        return ltc_fail(err, LTC_EIO, "%s: cannot be written to: %s", o->directory, strerror(errno));
    if (flock(o->lock, LOCK_EX | LOCK_NB))
        return ltc_fail(err, LTC_EIO, "%s: another ltcore is at work there", o->directory);
    return LTC_OK;
}

/* The first line in which two resolved configurations differ, as the first has it. */
static void first_difference(const char *a, const char *b, char line[120])
{
    const char *start = a;
    for (; *a && *a == *b; a++, b++)
        if (*a == '\n')
            start = a + 1;
    start += strspn(start, " ");
    snprintf(line, 120, "%.*s", (int)strcspn(start, "\n"), start);
}

static ltc_status write_configuration(lt_output *o, const char *resolved, ltc_error *err)
{
    lt_text path = { 0 }, there = { 0 };
    char line[120];
    lt_text_add(&path, "%s/run.cfg", o->directory);
    ltc_status st = path.failed ? ltc_fail(err, LTC_ENOMEM, "no memory") : LTC_OK;
    if (!st && access(path.s, F_OK) == 0) {
        st = lt_file_read(path.s, &there, err);
        if (!st && strcmp(there.s, resolved)) {
            first_difference(there.s, resolved, line);
            st = ltc_fail(err, LTC_EINVAL, "%s holds the results of another configuration (there: %s); "
                          "choose another run.output, or remove it", o->directory, line);
        }
    } else if (!st) {
        st = lt_file_write(path.s, resolved, strlen(resolved), err);
    }
    lt_text_free(&path);
    lt_text_free(&there);
    return st;
}

static ltc_status open_history(lt_output *o, ltc_error *err)
{
    lt_text path = { 0 };
    lt_text_add(&path, "%s/history.csv", o->directory);
    o->history = path.failed ? NULL : fopen(path.s, "we");
    lt_text_free(&path);
    if (!o->history || fputs("variant,trial,level,step,epoch,lr,val_loss,val_acc,test_loss,test_acc,train_loss,train_acc\n",
                             o->history) < 0)
        return ltc_fail(err, LTC_EIO, "%s/history.csv: %s", o->directory, strerror(errno));
    return LTC_OK;
}

ltc_status lt_output_open(const char *directory, const char *resolved, lt_output *o, ltc_error *err)
{
    *o = (lt_output){ .directory = lt_array(strlen(directory) + 1, 1), .lock = -1 };
    if (!o->directory)
        return ltc_fail(err, LTC_ENOMEM, "no memory");
    memcpy(o->directory, directory, strlen(directory));
    ltc_status st = lt_file_make_directory(directory, err);
    if (!st)
        st = lock_directory(o, err);
    if (!st)
        st = write_configuration(o, resolved, err);
    if (!st)
        st = open_history(o, err);
    if (st)
        lt_output_close(o);
    return st;
}

void lt_output_close(lt_output *o)
{
    if (!o->directory)
        return;
    if (o->history)
        fclose(o->history);
    if (o->lock >= 0)
        close(o->lock);
    free(o->directory);
    *o = (lt_output){ .lock = -1 };
}

/* Empty where nothing was measured. */
static void put_number(FILE *to, double v)
{
    if (isfinite(v))
        fprintf(to, ",%.9g", v);
    else
        fputs(isnan(v) ? "," : ",inf", to);
}

ltc_status lt_output_evaluation(lt_output *o, uint64_t trial, double epoch, const lt_evaluation *e, double lr,
                                ltc_error *err)
{
    fprintf(o->history, "main,%llu,0,%llu", (unsigned long long)trial, (unsigned long long)e->step);
    put_number(o->history, epoch);
    put_number(o->history, lr);
    for (uint32_t i = 0; i < LT_SPLITS; i++) {
        const uint32_t split = (i + 1) % LT_SPLITS;       /* validation, test, train */
        put_number(o->history, lt_evaluation_loss(e, split));
        put_number(o->history, lt_evaluation_accuracy(e, split));
    }
    if (fputc('\n', o->history) == EOF || fflush(o->history))
        return ltc_fail(err, LTC_EIO, "%s/history.csv: %s", o->directory, strerror(errno));
    return LTC_OK;
}
