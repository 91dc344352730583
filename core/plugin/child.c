/* Owns one child process and its pipe at a time. The child is forked without exec, so this is for a process
 * that has one thread and no device open. */
#include "plugin/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_MS = 100 };                       /* between two looks at whether the child lives */

typedef struct child {
    pid_t pid;
    int   from;                               /* the reply: its length, uint64_t, and its bytes */
    bool  ended;
    int   status;                             /* once it ended */
} child;

/* The parent's handlers would do the parent's work: a child dies of its own signals, without leaving a core
 * file. */
static void behave(void)
{
    const struct rlimit none = { 0, 0 };
    for (int s = 1; s < 32; s++)
        signal(s, SIG_DFL);
    setrlimit(RLIMIT_CORE, &none);
    dup2(STDERR_FILENO, STDOUT_FILENO);
}

static void send_all(int to, const void *p, size_t n)
{
    for (const char *s = p; n;) {
        const ssize_t sent = write(to, s, n);
        if (sent < 0 && errno != EINTR)
            return;
        s += sent > 0 ? sent : 0;
        n -= sent > 0 ? (size_t)sent : 0;
    }
}

static void be_child(int to, void (*fn)(void *arg, lt_text *reply), void *arg)
{
    lt_text reply = { 0 };
    behave();
    fn(arg, &reply);
    const uint64_t n = reply.n;
    if (!reply.failed) {
        send_all(to, &n, sizeof n);
        send_all(to, reply.s, reply.n);
    }
    _exit(reply.failed ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* Both ends close on exec: what the child starts cannot hold the pipe open. */
static ltc_status start(void (*fn)(void *arg, lt_text *reply), void *arg, child *c, ltc_error *err)
{
    int ends[2];
    if (pipe(ends))
        return ltc_fail(err, LTC_EIO, "no pipe to a child process: %s", strerror(errno));
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    fflush(NULL);
    c->pid = fork();
    if (c->pid == 0)
        be_child(ends[1], fn, arg);
    close(ends[1]);
    c->from = ends[0];
    if (c->pid > 0)
        return LTC_OK;
    close(ends[0]);
    return ltc_fail(err, LTC_EIO, "no child process: %s", strerror(errno));
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool is_whole(const lt_text *t)
{
    uint64_t n;
    if (t->failed || t->n < sizeof n)
        return false;
    memcpy(&n, t->s, sizeof n);
    return t->n - sizeof n >= n;
}

static bool is_cancelled(const lt_patience *p)
{
    return p->cancelled && p->cancelled(p->arg);
}

/* Until the reply is whole, the pipe or the child ends, somebody cancels, or the time is up. False: the time
 * is up. What a child started may hold its end of the pipe open for long. */
static bool receive(child *c, const lt_patience *patience, lt_text *t)
{
    const int64_t end = now_ms() + (int64_t)patience->limit_s * 1000;
    char bytes[4096];
    while (!is_whole(t) && !is_cancelled(patience)) {
        struct pollfd p = { .fd = c->from, .events = POLLIN };
        const int64_t left = end - now_ms();
        const int ready = left > 0 ? poll(&p, 1, left < LOOK_MS ? (int)left : LOOK_MS) : 0;
        if (left <= 0)
            return false;
        if (ready == 0 && c->ended)
            return true;
        if (ready == 0) {
            c->ended = waitpid(c->pid, &c->status, WNOHANG) == c->pid;
            continue;
        }
        const ssize_t got = ready > 0 ? read(c->from, bytes, sizeof bytes) : -1;
        if (got == 0 || (got < 0 && errno != EINTR))
            return true;
        if (got > 0)
            lt_text_put(t, bytes, (size_t)got);
    }
    return true;
}

/* Ends the child, whatever it is at; one that died already keeps the status it died with. */
static int stop(child *c)
{
    if (!c->ended)
        kill(c->pid, SIGKILL);
    while (!c->ended && waitpid(c->pid, &c->status, 0) < 0 && errno == EINTR)
        continue;
    close(c->from);
    return c->status;
}

ltc_status lt_child_run(void (*fn)(void *arg, lt_text *reply), void *arg, const lt_patience *p,
                        lt_text *reply, ltc_error *err)
{
    child c = { 0 };
    lt_text t = { 0 };
    ltc_status st = start(fn, arg, &c, err);
    if (st)
        return st;
    const bool in_time = receive(&c, p, &t);
    const int status = stop(&c);
    if (is_whole(&t))
        lt_text_put(reply, t.s + sizeof(uint64_t), t.n - sizeof(uint64_t));
    else if (is_cancelled(p))
        st = ltc_fail(err, LTC_ECANCELLED, "was stopped");
    else if (!in_time)
        st = ltc_fail(err, LTC_EINTERNAL, "took longer than %u s", p->limit_s);
    else if (WIFSIGNALED(status))
        st = ltc_fail(err, LTC_EINTERNAL, "crashed with signal %d (%s)", WTERMSIG(status),
                      strsignal(WTERMSIG(status)));
    else
        st = ltc_fail(err, LTC_EINTERNAL, "ended the process with status %d", WEXITSTATUS(status));
    lt_text_free(&t);
    return st;
}
