/* The frame of every test program: a table of claims, run by CUnit. */
#ifndef LT_TESTS_SUITE_H
#define LT_TESTS_SUITE_H

#include <CUnit/CUnit.h>
#include <stddef.h>

typedef struct lt_test {
    const char *says;                         /* what holds if the test passes */
    void (*shown_by)(void);
} lt_test;

/* Runs the claims as one suite, prints what failed, and gives main's exit code: 0 only when all held. */
int lt_suite_run(const char *name, const lt_test *claim, size_t n);

/* Runs fn(arg) in a child process, for code that may crash. Its exit status, or 128 + the signal that ended
 * it. What it wrote to standard error is in text (n bytes, NUL-terminated), if text is not NULL. */
int lt_in_child(int (*fn)(void *arg), void *arg, char *text, size_t n);

#endif
