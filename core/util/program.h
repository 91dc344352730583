/* A program that runs beside this one: a hook, the one that draws. */
#ifndef LT_UTIL_PROGRAM_H
#define LT_UTIL_PROGRAM_H

#include <sys/types.h>

/* Looked for along PATH unless argv[0] has a slash in it; argv ends with NULL. input: a descriptor that
 * becomes its standard input; output: one that becomes its standard output, and its standard error goes
 * nowhere; -1: both go to this process's standard error. Signals are as if nobody had caught or ignored any,
 * and a terminal's go past it: it is in a group of its own. Returns an errno: ENOENT, if there is no such
 * program. */
int lt_program_start(const char *const *argv, int input, int output, pid_t *pid);

/* Waits until it ends, for *left_ms at most, of which it takes what it waited. Its exit status, or 128 and
 * the signal by which it ended; -1: the time was up, and it was ended with all that it started. */
int lt_program_wait(pid_t pid, int *left_ms);

#endif
