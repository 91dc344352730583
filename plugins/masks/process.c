/* Owns a child process and the three channels to it, from its start until it has ended and been waited
 * for. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;                        /* handed on whole: interpreters need their PATH */

enum { CHUNK = 1 << 16, TAIL = 1024, PATIENCE_MS = 50 };     /* how soon a cancelled run is noticed */
enum { INPUT, OUTPUT, ERRORS, CHANNELS };

/* Ends of the channels; -1: closed. Input is a socket, since only on sockets a write to a program that has
 * gone can be kept from raising SIGPIPE without touching the process's signals. */
typedef struct child {
    int    ours[CHANNELS], theirs[CHANNELS];
    pid_t  pid;
    size_t sent, room;                        /* of the input; of the output's memory */
    char   tail[TAIL];                        /* the end of standard error */
    size_t n_tail;
} child;

static void shut(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static bool open_channels(child *c)
{
    int pair[2];
    for (int i = 0; i < CHANNELS; i++)
        c->ours[i] = c->theirs[i] = -1;
    for (int i = 0; i < CHANNELS; i++) {
        if (i == INPUT ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) : pipe2(pair, O_CLOEXEC))
            return false;
        c->ours[i] = pair[0], c->theirs[i] = pair[1];
        if (fcntl(c->ours[i], F_SETFL, O_NONBLOCK))
            return false;
    }
    return true;
}

/* In a group of its own, with no signal blocked or ignored: threads of the core may block some. */
static int spawn(child *c, const char *const *argv)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none, all;
    sigemptyset(&none), sigfillset(&all);
    int failed = posix_spawn_file_actions_init(&files);
    if (failed)
        return failed;
    if ((failed = posix_spawnattr_init(&how))) {
        posix_spawn_file_actions_destroy(&files);
        return failed;
    }
    for (int i = 0; i < CHANNELS && !failed; i++)
        failed = posix_spawn_file_actions_adddup2(&files, c->theirs[i], i);
    if (!failed)
        failed = posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                    POSIX_SPAWN_SETSIGDEF);
    if (!failed && !(failed = posix_spawnattr_setsigmask(&how, &none)))
        failed = posix_spawnattr_setsigdefault(&how, &all);
    if (!failed)
        failed = posix_spawn(&c->pid, argv[0], &files, &how, (char *const *)(uintptr_t)argv, environ);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    return failed;
}

/* A part of the input. A program that reads no further is its own affair: its status says what came of it. */
static void send_some(child *c, const process_io *io)
{
    const ssize_t n = send(c->ours[INPUT], io->input + c->sent, io->n_input - c->sent, MSG_NOSIGNAL);
    if (n > 0)
        c->sent += (size_t)n;
    if (c->sent == io->n_input || (n < 0 && errno != EAGAIN && errno != EINTR))
        shut(&c->ours[INPUT]);
}

static ltc_status make_room(child *c, process_io *io, ltc_error *err)
{
    const size_t room = c->room ? 2 * c->room : 2 * CHUNK;
    if (c->room - io->n_output >= CHUNK)
        return LTC_OK;
    uint8_t *larger = realloc(io->output, room);
    if (!larger)
        return ltc_fail(err, LTC_ENOMEM, "no memory for the output of a program");
    io->output = larger, c->room = room;
    return LTC_OK;
}

static ltc_status receive(child *c, process_io *io, ltc_error *err)
{
    ltc_status st = make_room(c, io, err);
    if (st)
        return st;
    const ssize_t n = read(c->ours[OUTPUT], io->output + io->n_output, CHUNK);
    if (n > 0)
        io->n_output += (size_t)n;
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        shut(&c->ours[OUTPUT]);
    return io->n_output <= io->most ? LTC_OK
                                    : ltc_fail(err, LTC_EIO,
                                               "it wrote more than %zu bytes to standard output, where a "
                                               "safetensors file of scores was expected", io->most);
}

/* Of standard error the end is kept. */
static void listen_to(child *c)
{
    char more[TAIL];
    const ssize_t n = read(c->ours[ERRORS], more, sizeof more);
    if (n <= 0) {
        if (n == 0 || (errno != EAGAIN && errno != EINTR))
            shut(&c->ours[ERRORS]);
        return;
    }
    const size_t kept = c->n_tail < TAIL - (size_t)n ? c->n_tail : TAIL - (size_t)n;
    memmove(c->tail, c->tail + c->n_tail - kept, kept);
    memcpy(c->tail + kept, more, (size_t)n);
    c->n_tail = kept + (size_t)n;
}

static ltc_status cancelled(const ltc_host *h, ltc_error *err)
{
    return h->cancelled(h) ? ltc_fail(err, LTC_ECANCELLED, "stopped while a program was scoring") : LTC_OK;
}

/* Whether it is over, whoever else holds the channels; how it ended, reap() finds out. */
static bool has_ended(const child *c)
{
    siginfo_t is;
    is.si_pid = 0;
    return !waitid(P_PID, (id_t)c->pid, &is, WEXITED | WNOHANG | WNOWAIT) && is.si_pid == c->pid;
}

/* Until the program has closed what it writes to, or has ended and all is read that it wrote. */
static ltc_status exchange(const ltc_host *h, child *c, process_io *io, ltc_error *err)
{
    ltc_status st = LTC_OK;
    bool ended = false;
    while (!st && (c->ours[OUTPUT] >= 0 || c->ours[ERRORS] >= 0)) {
        struct pollfd fd[CHANNELS];
        for (int i = 0; i < CHANNELS; i++)
            fd[i] = (struct pollfd){ .fd = c->ours[i], .events = i == INPUT ? POLLOUT : POLLIN };
        const int n_ready = poll(fd, CHANNELS, ended ? 0 : PATIENCE_MS);
        if (n_ready < 0 && errno != EINTR)
            return ltc_fail(err, LTC_EIO, "it cannot be talked to: %s", strerror(errno));
        if (!n_ready && ended)
            break;
        if (!n_ready)
            ended = has_ended(c);
        if (fd[INPUT].revents)
            send_some(c, io);
        if (fd[OUTPUT].revents)
            st = receive(c, io, err);
        if (fd[ERRORS].revents)
            listen_to(c);
        if (!st)
            st = cancelled(h, err);
    }
    return st;
}

/* How it ended; killed first unless all is well so far. */
static ltc_status reap(const ltc_host *h, child *c, ltc_status st, int *status, ltc_error *err)
{
    if (st)
        kill(-c->pid, SIGKILL);
    for (;;) {
        const pid_t ended = waitpid(c->pid, status, st ? 0 : WNOHANG);
        if (ended == c->pid)
            return st;
        if (ended < 0 && errno != EINTR)
            return ltc_fail(err, LTC_EIO, "how it ended cannot be found out: %s", strerror(errno));
        if (!ended && (st = cancelled(h, err)))
            kill(-c->pid, SIGKILL);
        if (!ended && !st)
            poll(NULL, 0, 1);                 /* it has closed its output, so it is about to end */
    }
}

/* The last line that is not empty, in printable characters. */
static void keep_last_line(child *c, process_io *io)
{
    while (c->n_tail && (unsigned char)c->tail[c->n_tail - 1] <= ' ')
        c->n_tail--;
    size_t from = c->n_tail;
    while (from && c->tail[from - 1] != '\n')
        from--;
    if (c->n_tail - from >= PROCESS_LINE)
        from = c->n_tail - PROCESS_LINE + 1;
    for (size_t i = from; i < c->n_tail; i++)
        io->line[i - from] = (unsigned char)c->tail[i] < ' ' ? ' ' : c->tail[i];
    io->line[c->n_tail - from] = '\0';
}

static ltc_status judge(int status, const process_io *io, ltc_error *err)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return LTC_OK;
    return ltc_fail(err, LTC_EIO, "it ended %s %d%s%s", WIFEXITED(status) ? "with status" : "by signal",
                    WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), io->line[0] ? ": " : "",
                    io->line);
}

static ltc_status talk(const ltc_host *h, const char *const *argv, child *c, process_io *io, ltc_error *err)
{
    const int failed = spawn(c, argv);
    int status = 0;
    for (int i = 0; i < CHANNELS; i++)
        shut(&c->theirs[i]);
    if (failed)
        return ltc_fail(err, LTC_EIO,
                        "it cannot be started: %s; it must be executable, and a script's first line name "
                        "its interpreter", strerror(failed));
    ltc_status st = exchange(h, c, io, err);
    shut(&c->ours[INPUT]);                    /* one that only reads on must not wait for more */
    st = reap(h, c, st, &status, err);
    keep_last_line(c, io);
    return st ? st : judge(status, io, err);
}

ltc_status process_run(const ltc_host *h, const char *const *argv, process_io *io, ltc_error *err)
{
    child c = { 0 };
    const ltc_status st = open_channels(&c) ? talk(h, argv, &c, io, err)
                                            : ltc_fail(err, LTC_EIO, "no channel to it: %s", strerror(errno));
    for (int i = 0; i < CHANNELS; i++)
        shut(&c.ours[i]), shut(&c.theirs[i]);
    return st;
}
