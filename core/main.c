/* The one place that looks at environment, clock, signals and terminal; all else gets them as arguments. */
#include <jansson.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "util/available.h"

/* Signals that asked to stop. A handler can reach nothing but a global; workers read it. */
static atomic_int asked;
_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a signal's handler must not wait for a lock");

static void on_signal(int number)
{
    (void)number;
    if (atomic_fetch_add(&asked, 1))
        _exit(LT_EXIT_STOPPED);
}

static bool cancelled(void *arg)
{
    (void)arg;
    return atomic_load(&asked) != 0;
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int columns(void)
{
    struct winsize size = { 0 };
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) ? 0 : size.ws_col;
}

/* Those that this process may run on, which taskset and cpusets make fewer than there are. */
static unsigned processors(void)
{
    cpu_set_t set;
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    if (!sched_getaffinity(0, sizeof set, &set))
        return (unsigned)CPU_COUNT(&set);
    return online > 0 ? (unsigned)online : 1;
}

static uint64_t memory(void)
{
    struct rlimit limit;
    const bool limited = !getrlimit(RLIMIT_AS, &limit) && limit.rlim_cur != RLIM_INFINITY;
    const uint64_t left = lt_available_memory("", limited ? limit.rlim_cur : UINT64_MAX);
    return left == UINT64_MAX ? 0 : left ? left : 1;
}

static void catch_signals(void)
{
    struct sigaction stop = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL);        /* a closed pipe is a failed write, and reported as one; */
    sigaction(SIGXFSZ, &ignore, NULL);        /* so is a file that may not grow (ulimit -f) */
}

/* For jansson, which goes on where it has no memory: 2.14 leaves a key out of what it writes, and reads
 * beyond its buffer. Others may free some in a fifth of a second; else the process ends at once, and what
 * is stored is whole. */
static void *memory_or_end(size_t n)
{
    static const struct timespec a_while = { .tv_nsec = 20000000 };
    for (int i = 0; i <= 10; i++) {
        void *p = malloc(n ? n : 1);
        if (p)
            return p;
        if (i < 10)
            nanosleep(&a_while, NULL);
    }
    static const char said[] = "ltcore: error: no memory: lower -j or make room; the same command goes on "
                               "from what is stored\n";
    (void)!write(STDERR_FILENO, said, sizeof said - 1);
    _exit(LT_EXIT_FAILED);
}

int main(int argc, char **argv)
{
    char *program = realpath("/proc/self/exe", NULL), *directory = realpath(".", NULL);
    if (!directory) {
        perror("ltcore: the current directory cannot be told, and paths start there: change to another one");
        free(program);
        return LT_EXIT_FAILED;
    }
    const lt_world world = {
        .program = program ? program : argv[0], .directory = directory,
        .plugin_path = secure_getenv("LTCORE_PLUGIN_PATH"), .data_path = secure_getenv("LTCORE_DATA"),
        .data_home = secure_getenv("XDG_DATA_HOME"), .home = secure_getenv("HOME"),
        .cache_home = secure_getenv("XDG_CACHE_HOME"),
        .processors = processors(), .memory = memory(),
        .terminal = isatty(STDERR_FILENO) == 1, .columns = columns(),
        .output_terminal = isatty(STDOUT_FILENO) == 1, .epoch_s = (double)time(NULL), .now_s = now_s,
        .cancelled = cancelled, .out = stdout, .err = stderr,
    };
    catch_signals();
    json_set_alloc_funcs(memory_or_end, free);
    const int code = lt_cli_main(&world, argc, argv);
    free(directory);
    free(program);
    return code;
}
