/* Programs that run beside this one. */
#include "util/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "suite.h"

enum { PATIENCE_MS = 60000, IMPATIENCE_MS = 20 };

/* sh with that script and an empty standard input. */
static int start(const char *script, int output, pid_t *pid)
{
    const char *const argv[] = { "sh", "-c", script, NULL };
    const int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    const int failed = lt_program_start(argv, input, output, pid);
    close(input);
    return failed;
}

static void how_it_ended_is_told(void)
{
    static const struct { const char *script; int status; } all[] = {
        { "exit 0", 0 }, { "exit 3", 3 }, { "read line", 1 }, { "kill -TERM $$", 128 + SIGTERM },
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        pid_t pid;
        int left_ms = PATIENCE_MS;
        CU_ASSERT_EQUAL_FATAL(start(all[i].script, -1, &pid), 0);
        CU_ASSERT_EQUAL(lt_program_wait(pid, &left_ms), all[i].status);
        CU_ASSERT(left_ms > 0 && left_ms <= PATIENCE_MS);
    }
}

static void one_that_is_not_there_is_not_started(void)
{
    static const char *const named[] = { "ltcore-has-no-such-program", NULL },
                             *const placed[] = { "/nowhere", NULL },
                             *const closed[] = { "/etc/passwd", NULL };
    pid_t pid;
    CU_ASSERT_EQUAL(lt_program_start(named, 0, -1, &pid), ENOENT);
    CU_ASSERT_EQUAL(lt_program_start(placed, 0, -1, &pid), ENOENT);
    CU_ASSERT_EQUAL(lt_program_start(closed, 0, -1, &pid), EACCES);
}

static void signals_are_as_nobody_had_touched_them(void)
{
    pid_t pid;
    int left_ms = PATIENCE_MS;
    signal(SIGPIPE, SIG_IGN);                 /* as main.c has it */
    CU_ASSERT_EQUAL_FATAL(start("kill -PIPE $$; exit 0", -1, &pid), 0);
    CU_ASSERT_EQUAL(lt_program_wait(pid, &left_ms), 128 + SIGPIPE);
    signal(SIGPIPE, SIG_DFL);
}

/* What arrives in a pipe that is standard error for the while, and its output too if that is asked for. */
static void listen_to(bool own_output, const char *expected)
{
    int ends[2], left_ms = PATIENCE_MS;
    char said[64] = "";
    pid_t pid;
    const int own = dup(STDERR_FILENO);
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    const int failed = start("echo said; echo cried >&2", own_output ? ends[1] : -1, &pid);
    dup2(own, STDERR_FILENO);
    close(own), close(ends[1]);
    CU_ASSERT_EQUAL_FATAL(failed, 0);
    CU_ASSERT_EQUAL(lt_program_wait(pid, &left_ms), 0);
    CU_ASSERT(read(ends[0], said, sizeof said - 1) >= 0);
    CU_ASSERT_STRING_EQUAL(said, expected);
    close(ends[0]);
}

static void what_it_says_goes_to_standard_error_or_where_it_is_asked_for(void)
{
    listen_to(false, "said\ncried\n");
    listen_to(true, "said\n");
}

/* The pipe is at its end once nobody can write to it any more. */
static void one_that_takes_too_long_is_ended(void)
{
    int ends[2], left_ms = IMPATIENCE_MS;
    char byte;
    pid_t pid;
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    const char *const argv[] = { "sh", "-c", "sleep 1000 & sleep 1000", NULL };
    CU_ASSERT_EQUAL_FATAL(fcntl(ends[0], F_SETFD, FD_CLOEXEC), 0);
    CU_ASSERT_EQUAL_FATAL(lt_program_start(argv, 0, ends[1], &pid), 0);
    close(ends[1]);
    CU_ASSERT_EQUAL(lt_program_wait(pid, &left_ms), -1);
    CU_ASSERT(left_ms <= 0);
    CU_ASSERT_EQUAL(read(ends[0], &byte, 1), 0);
    close(ends[0]);
}

int main(void)
{
    static const lt_test claims[] = {
        { "how it ended is told", how_it_ended_is_told },
        { "one that is not there is not started", one_that_is_not_there_is_not_started },
        { "signals are as if nobody had touched them", signals_are_as_nobody_had_touched_them },
        { "what it says goes to standard error, or where it is asked for",
          what_it_says_goes_to_standard_error_or_where_it_is_asked_for },
        { "one that takes too long is ended with what it started", one_that_takes_too_long_is_ended },
    };
    return lt_suite_run("program", claims, sizeof claims / sizeof claims[0]);
}
