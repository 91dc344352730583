/* Owns nothing: how tests come to a verdict. */
#include <stdarg.h>
#include <stdio.h>

#include "check/trial.h"

void lt_verdict_fail(lt_verdict *v, const char *expected, const char *fmt, ...)
{
    if (v->outcome == LT_FAILED)
        return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(v->found, sizeof v->found, fmt, ap);
    va_end(ap);
    snprintf(v->expected, sizeof v->expected, "%s", expected);
    v->outcome = LT_FAILED;
}

void lt_verdict_skip(lt_verdict *v, const char *fmt, ...)
{
    if (v->outcome != LT_HELD)
        return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(v->found, sizeof v->found, fmt, ap);
    va_end(ap);
    v->outcome = LT_SKIPPED;
}

void lt_verdict_remark(lt_verdict *v, const char *fmt, ...)
{
    if (v->outcome != LT_HELD)
        return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(v->found, sizeof v->found, fmt, ap);
    va_end(ap);
}

/* NaN compares as false: an error that is no number is never within its bound. */
void lt_verdict_measure(lt_verdict *v, double error, double bound, const char *what, ...)
{
    char text[256], expected[64];
    if (v->outcome == LT_FAILED)
        return;
    if (!v->measured || !(error / bound <= v->error / v->bound))
        v->error = error, v->bound = bound;
    v->measured = 1;
    if (error <= bound)
        return;
    va_list ap;
    va_start(ap, what);
    vsnprintf(text, sizeof text, what, ap);
    va_end(ap);
    snprintf(expected, sizeof expected, "at most %.3g", bound);
    lt_verdict_fail(v, expected, "%s: relative error %.3g", text, error);
}
