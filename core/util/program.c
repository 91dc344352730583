/* Owns the start and the end of another program's process. Called by the run for its hooks and by the report
 * for what draws. */
#include "util/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TICK_MS = 5 };
extern char **environ;

static int set_files(posix_spawn_file_actions_t *files, int input, int output)
{
    int failed = posix_spawn_file_actions_adddup2(files, input, STDIN_FILENO);
    if (!failed && output >= 0)
        failed = posix_spawn_file_actions_addopen(files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (output < 0)
        output = STDERR_FILENO;
    return failed ? failed : posix_spawn_file_actions_adddup2(files, output, STDOUT_FILENO);
}

int lt_program_start(const char *const *argv, int input, int output, pid_t *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t all;
    sigfillset(&all);
    if (posix_spawn_file_actions_init(&files))
        return ENOMEM;
    if (posix_spawnattr_init(&attributes)) {
        posix_spawn_file_actions_destroy(&files);
        return ENOMEM;
    }
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    int failed = set_files(&files, input, output);
    if (!failed)
        failed = posix_spawnp(pid, argv[0], &files, &attributes, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return failed;
}

int lt_program_wait(pid_t pid, int *left_ms)
{
    const struct timespec tick = { .tv_nsec = TICK_MS * 1000000L };
    int status = 0;
    pid_t ended;
    for (; (ended = waitpid(pid, &status, WNOHANG)) == 0 && *left_ms > 0; *left_ms -= TICK_MS)
        nanosleep(&tick, NULL);
    if (ended < 0)
        return 1;                             /* nobody knows: where SIGCHLD is ignored it is not kept */
    if (ended)
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    kill(-pid, SIGKILL);                      /* what it started, too */
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return -1;
}
