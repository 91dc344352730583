/* The one place that looks at environment, clock, signals and terminal; all else gets them as arguments. */
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"

/* Signals that asked to stop. A handler can reach nothing but a global. */
static volatile sig_atomic_t asked;

static void on_signal(int number)
{
    (void)number;
    if (asked++)
        _exit(LT_EXIT_STOPPED);
}

static bool cancelled(void *arg)
{
    (void)arg;
    return asked != 0;
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void catch_signals(void)
{
    struct sigaction stop = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL);        /* a closed pipe is a failed write, and reported as one */
}

int main(int argc, char **argv)
{
    char *program = realpath("/proc/self/exe", NULL), *directory = realpath(".", NULL);
    const lt_world world = {
        .program = program ? program : argv[0], .directory = directory ? directory : ".",
        .plugin_path = secure_getenv("LTCORE_PLUGIN_PATH"), .data_path = secure_getenv("LTCORE_DATA"),
        .terminal = isatty(STDERR_FILENO) == 1, .now_s = now_s, .cancelled = cancelled, .out = stdout, .err = stderr,
    };
    catch_signals();
    const int code = lt_cli_main(&world, argc, argv);
    free(directory);
    free(program);
    return code;
}
