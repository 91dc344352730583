/* Makes chosen calls of a program fail; for tests/faults/run, which loads it by LD_PRELOAD. It is
 * told by its environment:
 *
 *   LT_FAULT=FUNCTION,K,ERRNO      the K-th call of a function fails; with "K+" all from the K-th on;
 *                                  "bytes,N,ERRNO": what is written beyond N bytes in all; K = 0: none, they
 *                                  are counted "clock,0,SECONDS": the clock that jumps is ahead by so many
 *                                  at every second look
 *   LT_FAULT_UNDER=DIRECTORY       of calls with a file, only those below it count
 *   LT_FAULT_FIRED=FILE made when the first call fails, and says which; with K = 0 at the end: how many
 *
 * "malloc" and "thread" count where ltcore or a plug-in makes the call, "malloc_lib" where a library does;
 * libc, the loader and libconfig, which aborts without memory, are left alone. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static struct {
    char        function[16], under[512], fired[512];
    long        k;
    int         error;
    bool        on, and_after;
    atomic_long count;                        /* calls so far; of "bytes", bytes */
} fault;

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);

/* Where OpenSSL 3.0 finds no memory to set itself up, at its first use, it goes on and crashes on a lock
 * that is not there: EVP_MD_fetch says nothing before. Nobody outside can check that, so it is over
 * before anything fails. */
static void set_up_openssl(void)
{
    int (*digest)(const void *, size_t, unsigned char *, unsigned *, const void *, void *);
    const void *(*sha256)(void);
    unsigned char sum[64];
    *(void **)&digest = dlsym(RTLD_DEFAULT, "EVP_Digest");
    *(void **)&sha256 = dlsym(RTLD_DEFAULT, "EVP_sha256");
    if (digest && sha256)
        digest("", 0, sum, NULL, sha256(), NULL);
}

__attribute__((constructor)) static void read_environment(void)
{
    set_up_openssl();
    const char *what = getenv("LT_FAULT"), *under = getenv("LT_FAULT_UNDER"),
               *fired = getenv("LT_FAULT_FIRED");
    char plus[2] = "";
    snprintf(fault.under, sizeof fault.under, "%s", under ? under : "/");
    snprintf(fault.fired, sizeof fault.fired, "%s", fired ? fired : "/dev/null");
    fault.on = what &&
               (sscanf(what, "%15[a-z_],%ld,%d", fault.function, &fault.k, &fault.error) == 3 ||
                sscanf(what, "%15[a-z_],%ld%1[+],%d", fault.function, &fault.k, plus, &fault.error) == 4);
    fault.and_after = *plus;
    if (what && !fault.on) {
        fputs("shim: LT_FAULT is FUNCTION,K,ERRNO\n", stderr);
        _exit(99);
    }
}

/* Without a call that could be one of those below. */
static void say_fired(const char *where)
{
    char line[1024];
    const int n = snprintf(line, sizeof line, "%s %ld: %s\n", fault.function, fault.k, where);
    const long fd = syscall(SYS_openat, AT_FDCWD, fault.fired, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (fd >= 0) {
        syscall(SYS_write, fd, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
        syscall(SYS_close, fd);
    }
}

/* Counts a call; true: it is to fail, and errno says how. */
static bool fails(const char *where)
{
    const long n = atomic_fetch_add(&fault.count, 1) + 1;
    if (!fault.k || n < fault.k || (n > fault.k && !fault.and_after))
        return false;
    if (n == fault.k)
        say_fired(where);
    errno = fault.error;
    return true;
}

__attribute__((destructor)) static void say_count(void)
{
    char text[32];
    snprintf(text, sizeof text, "%ld", atomic_load(&fault.count));
    if (fault.on && !fault.k && strcmp(fault.function, "bytes"))
        say_fired(text);
}

static bool chosen(const char *function)
{
    return fault.on && !strcmp(fault.function, function);
}

static bool is_under(const char *path)
{
    return !strncmp(path, fault.under, strlen(fault.under));
}

static bool path_fails(const char *function, const char *path)
{
    return chosen(function) && is_under(path) && fails(path);
}

/* The file behind a descriptor, if it lies where files count. */
static bool named(int fd, char path[1024])
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t n = syscall(SYS_readlinkat, AT_FDCWD, link, path, 1023);
    path[n > 0 ? n : 0] = '\0';
    return is_under(path);
}

static bool fd_fails(const char *function, int fd)
{
    char path[1024];
    return chosen(function) && named(fd, path) && fails(path);
}

/* How much of n bytes there is room for; 0 with errno set: none. */
static size_t room_for(int fd, size_t n)
{
    char path[1024];
    if (!chosen("bytes") || !named(fd, path))
        return n;
    const long before = atomic_fetch_add(&fault.count, (long)n);
    if (before + (long)n <= fault.k)
        return n;
    if (before <= fault.k)
        say_fired(path);
    errno = fault.error;
    return before < fault.k ? (size_t)(fault.k - before) : 0;
}

/* Whose call it is: the caller's file. */
static bool call_fails(const char *function, const void *caller)
{
    static const char *const spared[] = { "/libc.so", "/ld-linux", "/libconfig.so", "/fault-shim.so" };
    const bool of_library = chosen("malloc_lib") && !strcmp(function, "malloc");
    Dl_info info;
    if (!(chosen(function) || of_library) || !dladdr(caller, &info) || !info.dli_fname)
        return false;
    for (size_t i = 0; i < sizeof spared / sizeof spared[0]; i++)
        if (strstr(info.dli_fname, spared[i]))
            return false;
    if (of_library != (strstr(info.dli_fname, ".so.") != NULL))
        return false;
    char where[600];
    snprintf(where, sizeof where, "%.500s+0x%lx", info.dli_fname,
             (long)((const char *)caller - (char *)info.dli_fbase));
    return fails(where);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

void *malloc(size_t n)
{
    return call_fails("malloc", __builtin_return_address(0)) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return call_fails("malloc", __builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    return call_fails("malloc", __builtin_return_address(0)) ? NULL : __libc_realloc(p, n);
}

int pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*fn)(void *), void *arg)
{
    return call_fails("thread", __builtin_return_address(0)) ? fault.error
                                                             : NEXT(pthread_create)(t, a, fn, arg);
}

ssize_t write(int fd, const void *p, size_t n)
{
    const size_t room = fd_fails("write", fd) ? 0 : room_for(fd, n);
    return room || !n ? syscall(SYS_write, fd, p, room) : -1;
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
    const size_t room = fd_fails("write", fd) ? 0 : room_for(fd, n);
    return room || !n ? syscall(SYS_pwrite64, fd, p, room, at) : -1;
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
    return pwrite64(fd, p, n, at);
}

int fflush(FILE *f)
{
    const size_t n = f ? __fpending(f) : 0;
    if (n && (fd_fails("write", fileno(f)) || room_for(fileno(f), n) < n)) {
        __fpurge(f);
        return EOF;
    }
    return NEXT(fflush)(f);
}

ssize_t read(int fd, void *p, size_t n)
{
    return fd_fails("read", fd) ? -1 : syscall(SYS_read, fd, p, n);
}

ssize_t pread64(int fd, void *p, size_t n, off64_t at)
{
    return fd_fails("read", fd) ? -1 : syscall(SYS_pread64, fd, p, n, at);
}

ssize_t pread(int fd, void *p, size_t n, off_t at)
{
    return pread64(fd, p, n, at);
}

int fsync(int fd)
{
    return fd_fails("fsync", fd) ? -1 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    return fd_fails("fsync", fd) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int ftruncate64(int fd, off64_t n)
{
    return fd_fails("ftruncate", fd) ? -1 : (int)syscall(SYS_ftruncate, fd, n);
}

int ftruncate(int fd, off_t n)
{
    return ftruncate64(fd, n);
}

/* As after a delayed write that failed: it is closed all the same. */
int close(int fd)
{
    const bool bad = fd_fails("close", fd);
    const int done = (int)syscall(SYS_close, fd);
    if (bad)
        errno = fault.error;
    return bad ? -1 : done;
}

int fclose(FILE *f)
{
    const bool bad = fd_fails("close", fileno(f));
    const int done = NEXT(fclose)(f);
    if (bad)
        errno = fault.error;
    return bad ? EOF : done;
}

int rename(const char *from, const char *to)
{
    return path_fails("rename", to) ? -1 : (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
}

int unlink(const char *path)
{
    return path_fails("unlink", path) ? -1 : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int mkdir(const char *path, mode_t mode)
{
    return path_fails("mkdir", path) ? -1 : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

static int open_at(int at, const char *path, int flags, va_list more)
{
    const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
    return path_fails("open", path) ? -1 : (int)syscall(SYS_openat, at, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    const int fd = open_at(AT_FDCWD, path, flags, more);
    va_end(more);
    return fd;
}

int open64(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    const int fd = open_at(AT_FDCWD, path, flags, more);
    va_end(more);
    return fd;
}

int openat(int at, const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    const int fd = open_at(at, path, flags, more);
    va_end(more);
    return fd;
}

FILE *fopen(const char *path, const char *mode)
{
    return path_fails("open", path) ? NULL : NEXT(fopen)(path, mode);
}

FILE *fopen64(const char *path, const char *mode)
{
    return path_fails("open", path) ? NULL : NEXT(fopen64)(path, mode);
}

DIR *opendir(const char *path)
{
    return path_fails("open", path) ? NULL : NEXT(opendir)(path);
}

int stat(const char *path, struct stat *to)
{
    return path_fails("stat", path) ? -1 : NEXT(stat)(path, to);
}

int lstat(const char *path, struct stat *to)
{
    return path_fails("stat", path) ? -1 : NEXT(lstat)(path, to);
}

int fstat(int fd, struct stat *to)
{
    return fd_fails("stat", fd) ? -1 : NEXT(fstat)(fd, to);
}

int access(const char *path, int mode)
{
    return path_fails("stat", path) ? -1 : (int)syscall(SYS_faccessat, AT_FDCWD, path, mode);
}

/* Now and then, by the clock that can be set. */
static long ahead_s(void)
{
    return chosen("clock") && atomic_fetch_add(&fault.count, 1) % 2 ? fault.error : 0;
}

int clock_gettime(clockid_t which, struct timespec *now)
{
    const int done = (int)syscall(SYS_clock_gettime, which, now);
    if (!done && which == CLOCK_REALTIME)
        now->tv_sec += ahead_s();
    return done;
}

time_t time(time_t *to)
{
    struct timespec now = { 0 };
    clock_gettime(CLOCK_REALTIME, &now);
    if (to)
        *to = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval *restrict to, void *restrict zone)
{
    struct timespec now = { 0 };
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    to->tv_sec = now.tv_sec, to->tv_usec = now.tv_nsec / 1000;
    return 0;
}

int flock(int fd, int how)
{
    return fd_fails("flock", fd) ? -1 : (int)syscall(SYS_flock, fd, how);
}
