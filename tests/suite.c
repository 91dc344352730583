/* Owns CUnit's registry for one test program, and child processes for tests of code that may crash. */
#include "suite.h"

#ifdef NDEBUG
#error "asserts are part of what is tested: build without NDEBUG"
#endif

#include <CUnit/Basic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int lt_suite_run(const char *name, const lt_test *claim, size_t n)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    CU_pSuite suite = CU_add_suite(name, NULL, NULL);
    for (size_t i = 0; suite && i < n; i++)
        CU_add_test(suite, claim[i].says, claim[i].shown_by);
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    const int held = CU_get_error() == CUE_SUCCESS && CU_get_number_of_tests_run() == n &&
                     CU_get_number_of_tests_failed() == 0;
    CU_cleanup_registry();
    return held ? 0 : 1;
}

int lt_in_child(int (*fn)(void *arg), void *arg, char *text, size_t n)
{
    int pipe_of[2];
    if (pipe(pipe_of))
        return -1;
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0) {
        dup2(pipe_of[1], STDERR_FILENO);
        close(pipe_of[0]), close(pipe_of[1]);
        const int code = fn(arg);
        fflush(NULL);
        _exit(code);
    }
    close(pipe_of[1]);
    size_t used = 0;
    char dropped[512];
    for (;;) {
        const int keep = text && used + 1 < n;
        const ssize_t got = keep ? read(pipe_of[0], text + used, n - 1 - used)
                                 : read(pipe_of[0], dropped, sizeof dropped);
        if (got <= 0)
            break;
        used += keep ? (size_t)got : 0;
    }
    if (text && n)
        text[used] = '\0';
    close(pipe_of[0]);
    int status = 0;
    if (pid < 0 || waitpid(pid, &status, 0) < 0)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
