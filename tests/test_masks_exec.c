/* Claims about the criterion that is another program: what it is shown, what it may answer, and that nothing
 * it does hangs or ends the run. The programs are shell scripts in the build directory. */
#include "suite.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "masks_rig.h"

typedef struct exec_options { const char *program; ltc_strings arguments, weights; } exec_options;

static const char *const both[] = { "init", "final" };

/* Gives back what it got, with NAME.final become NAME: each weight is its own score. Lengths stay. */
#define ECHO "LC_ALL=C exec sed '1s/[.]final\":/\":      /g'\n"

static const char *path_of(const char *what)
{
    static char path[2][512];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], TEST_BINARY_DIR "/exec-%d-%s", (int)getpid(), what);
    return path[turn];
}

static void write_script(const char *path, const char *body)
{
    FILE *f = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fprintf(f, "#!/bin/sh\n%s", body);
    fclose(f);
    CU_ASSERT_EQUAL(chmod(path, 0755), 0);
}

static exec_options run_with(const char *program)
{
    return (exec_options){ .program = program, .weights = { both, 2 } };
}

static void fill(rig_net *n)
{
    for (size_t i = 0; i < RIG_WEIGHTS; i++)
        n->init[i] = 1, n->final[i] = ltc_rand_normal((ltc_key){ 31, 32 }, i);
    rig_net_alive(n, "110111011111" "111101");
}

static void a_programs_scores_are_ranked(void)
{
    const char *path = path_of("echo");
    char a[RIG_WEIGHTS + 1], b[RIG_WEIGHTS + 1];
    rig_net n;
    rig_net_make(&n);
    fill(&n);
    write_script(path, ECHO);
    const exec_options o = run_with(path);
    const struct { const char *score, *keep; } same = { "wf", NULL };
    const lt_selection_request r = rig_net_request(&n, "exec", &o),
        q = rig_net_request(&n, "expression", &same);
    lt_masks m = rig_select(&r), k = rig_select(&q);
    rig_net_bits(&m, a), rig_net_bits(&k, b);
    CU_ASSERT_STRING_EQUAL(a, b);
    lt_masks_free(&m), lt_masks_free(&k);
    n.final[7] = NAN;
    rig_refused(&r, LTC_ENUMERIC, "mask 'exec' scores element 7 of fc1.weight as NaN");
    remove(path);
    rig_net_drop(&n);
}

static bool contains(const char *path, const char *const *words, size_t n)
{
    char text[4096];
    FILE *f = fopen(path, "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    const size_t bytes = fread(text, 1, sizeof text - 1, f);
    bool all = true;
    fclose(f);
    for (size_t i = 8; i < bytes; i++)        /* what follows the header is numbers */
        text[i] = text[i] ? text[i] : ' ';
    text[bytes] = '\0';
    for (size_t i = 0; i < n; i++) {
        if (!strstr(text + 8, words[i]))
            fprintf(stderr, "\n%s is not in %.900s\n", words[i], text + 8);
        all &= strstr(text + 8, words[i]) != NULL;
    }
    return all;
}

static void it_is_shown_weights_masks_and_where_it_is(void)
{
    static const char *const words[] = {
        "\"round\":\"3\"", "\"density_now\":\"0.83333333333333337\"", "\"density_goal\":\"0.5", "\"seed\":\"",
        "\"fc1.weight.init\":{\"dtype\":\"F32\",\"shape\":[3,4],\"data_offsets\":[0,48]}",
        "\"fc2.weight.final\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[120,144]}",
        "\"fc1.weight.mask\":{\"dtype\":\"U8\",\"shape\":[3,4],\"data_offsets\":[144,156]}",
    };
    static const char *const arguments[] = { "a b", "$HOME", "" };
    const char *path = path_of("arguments"), *copy = path_of("copy");
    char script[1024];
    rig_net n;
    rig_net_make(&n);
    fill(&n);
    snprintf(script, sizeof script,
             "[ \"$#\" = 3 ] && [ \"$1\" = 'a b' ] && [ \"$2\" = '$HOME' ] || exit 9\ntee '%s' | "
             ECHO, copy);
    char *exec_word = strstr(script, "LC_ALL=C exec ");
    memcpy(exec_word, "LC_ALL=C      ", 14);
    write_script(path, script);
    exec_options o = run_with(path);
    o.arguments = (ltc_strings){ arguments, 3 };
    const lt_selection_request r = rig_net_request(&n, "exec", &o);
    lt_masks m = rig_select(&r);
    CU_ASSERT(contains(copy, words, sizeof words / sizeof words[0]));
    lt_masks_free(&m);
    remove(path), remove(copy);
    rig_net_drop(&n);
}

static void what_goes_wrong_is_said(void)
{
    static const struct { const char *script, *says; } bad[] = {
        { "echo first >&2; echo 'no such tensor' >&2; echo >&2; exit 3\n",
          ": it ended with status 3: no such tensor" },
        { "exit 4\n", "it ended with status 4" }, { "kill -9 $$\n", "it ended by signal 9" },
        { "exec cat\n", "it wrote no scores for fc1.weight" },
        { "exit 0\n", "0 bytes, is no safetensors file" },
        { "echo hello there\n", "12 bytes, is no safetensors file" },
        { "exec yes\n", "it wrote more than 10" },
        { "yes | head -c 300000 >&2; printf '\\033last\\n' >&2; exit 1\n", "status 1:  last" },
        { "printf '%01000d\\nEND%0100d\\n' 0 0 >&2; exit 1\n", "status 1: END000" },       /* in two reads */
        { "LC_ALL=C exec sed '1s/fc1.weight.mask\":/fc1.weight\":     /'\n",
          "are of type U8; they must be F32" },
        { "LC_ALL=C exec sed '1s/[.]final\":/\":      /g; 1s/\\[3,4\\]/[4,3]/g'\n",
          "fc1.weight have another shape" },
        { "LC_ALL=C exec sed '1s/[.]final\":/\":      /g; 1s/\\[48,96\\]/[48,95]/g'\n",
          "lie outside the file" },
    };
    const char *path = path_of("bad");
    rig_net n;
    rig_net_make(&n);
    fill(&n);
    exec_options o = run_with(path);
    lt_selection_request r = rig_net_request(&n, "exec", &o);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        write_script(path, bad[i].script);
        rig_refused(&r, LTC_EIO, bad[i].says);
        rig_refused(&r, LTC_EIO, "mask 'exec': program exec-");
    }
    CU_ASSERT_EQUAL(chmod(path, 0644), 0);
    rig_refused(&r, LTC_EOPTION, "Permission denied: name a program that may be run");
    remove(path);
    rig_refused(&r, LTC_EOPTION, "No such file or directory: name a program that may be run");
    rig_net_drop(&n);
}

/* The first calls go unheard, so that the program has started. */
static bool is_cancelled(void *arg)
{
    int *calls = arg;
    return (*calls)++ > 2;
}

/* It and what it started are killed; else this would take 1000 seconds. */
static void a_cancelled_run_kills_it(void)
{
    const char *path = path_of("sleeper"), *pid_path = path_of("pid");
    int calls = 0, pid = 0;
    const lt_services services = { .cancelled = is_cancelled, .arg = &calls };
    char script[600];
    rig_net n;
    rig_net_make(&n);
    fill(&n);
    snprintf(script, sizeof script, "echo $$ >'%s'\nsleep 1000 & wait\n", pid_path);
    write_script(path, script);
    const exec_options o = run_with(path);
    lt_selection_request r = rig_net_request(&n, "exec", &o);
    r.services = &services;
    rig_refused(&r, LTC_ECANCELLED, "stopped while a program was scoring");
    FILE *f = fopen(pid_path, "r");
    if (f && fscanf(f, "%d", &pid) == 1)      /* unless it was killed before it came to that */
        CU_ASSERT(kill(pid, 0) && errno == ESRCH);
    if (f)
        fclose(f);
    remove(path), remove(pid_path);
    rig_net_drop(&n);
}

/* It holds the channels open; one that were waited for would take 1000 seconds. */
static void what_it_leaves_in_the_background_is_not_waited_for(void)
{
    const char *path = path_of("leaver"), *pid_path = path_of("left");
    char script[600];
    int pid = 0;
    rig_net n;
    rig_net_make(&n);
    fill(&n);
    snprintf(script, sizeof script, "sleep 1000 &\necho $! >'%s'\n" ECHO, pid_path);
    write_script(path, script);
    const exec_options o = run_with(path);
    const lt_selection_request r = rig_net_request(&n, "exec", &o);
    lt_masks m = rig_select(&r);
    FILE *f = fopen(pid_path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT_EQUAL_FATAL(fscanf(f, "%d", &pid), 1);
    CU_ASSERT_EQUAL(kill(pid, SIGKILL), 0);   /* it was there until now */
    fclose(f);
    lt_masks_free(&m);
    write_script(path, "sleep 1 & exit 7\n");
    rig_refused(&r, LTC_EIO, "it ended with status 7");
    remove(path), remove(pid_path);
    rig_net_drop(&n);
}

/* Two megabytes in: a program that reads none of it, one that writes much before it reads, and one that
 * closes its output at once. */
static void large_weights_neither_hang_nor_raise_signals(void)
{
    static const char *const script[] = {
        "exit 0\n", "head -c 500000 /dev/zero; exec cat >/dev/null\n", "exec >&- 2>&-; exec cat >/dev/null\n",
    };
    const char *path = path_of("large");
    lt_graph g = rig_graph(rig_lenet);
    lt_masks all = rig_all_weights(&g);
    float *w = calloc(235200, sizeof *w), *by_param[6] = { w, w, w, w, w, w };
    exec_options o = run_with(path);
    lt_selection_request r = rig_request(&g, rig_module("exec"), NULL, &all);
    r.options = &o, r.init = r.final = by_param;
    for (size_t i = 0; i < sizeof script / sizeof script[0]; i++) {
        write_script(path, script[i]);
        rig_refused(&r, LTC_EIO, "is no safetensors file");
    }
    write_script(path, ECHO);
    lt_masks m = rig_select(&r);
    CU_ASSERT_EQUAL(rig_alive(&g, &m, 0), 117600);
    lt_masks_free(&m), lt_masks_free(&all);
    lt_graph_free(&g);
    free(w);
    remove(path);
}

static void it_asks_for_the_weights_that_it_shows(void)
{
    static const char *const words[] = { "rewind", "dense", "last" };
    exec_options o = { .program = "/bin/cat", .weights = { words, 2 } };
    uint32_t flags = 0;
    ltc_error err = { .message = "" };
    CU_ASSERT_EQUAL(lt_criterion_flags(rig_module("exec"), &o, &rig_services, &flags, &err), LTC_OK);
    CU_ASSERT_EQUAL(flags, LTC_NEED_REWIND | LTC_NEED_DENSE);
    o.weights.n = 3;
    CU_ASSERT_EQUAL(lt_criterion_flags(rig_module("exec"), &o, &rig_services, &flags, &err), LTC_EOPTION);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "\"last\" are no weights"));
}

static void the_example_is_magnitude(void)
{
    static const int64_t any;
    char a[RIG_WEIGHTS + 1], b[RIG_WEIGHTS + 1];
    const exec_options o = run_with(TEST_SOURCE_DIR "/../sdk/examples/exec/magnitude.py");
    rig_net n;
    if (system("python3 -c 'import numpy' 2>/dev/null") != 0) {
        fprintf(stderr, "skipped: there is no python3 with numpy; ");
        return;
    }
    rig_net_make(&n);
    fill(&n);
    const lt_selection_request r = rig_net_request(&n, "exec", &o),
        q = rig_net_request(&n, "magnitude", &any);
    lt_masks m = rig_select(&r), k = rig_select(&q);
    rig_net_bits(&m, a), rig_net_bits(&k, b);
    CU_ASSERT_STRING_EQUAL(a, b);
    lt_masks_free(&m), lt_masks_free(&k);
    rig_net_drop(&n);
}

int main(void)
{
    static const lt_test claims[] = {
        { "a program's scores are ranked", a_programs_scores_are_ranked },
        { "it is shown weights, masks and where it is", it_is_shown_weights_masks_and_where_it_is },
        { "what goes wrong is said", what_goes_wrong_is_said },
        { "a cancelled run kills it", a_cancelled_run_kills_it },
        { "what it leaves in the background is not waited for",
          what_it_leaves_in_the_background_is_not_waited_for },
        { "large weights neither hang nor raise signals", large_weights_neither_hang_nor_raise_signals },
        { "it asks for the weights that it shows", it_asks_for_the_weights_that_it_shows },
        { "the example is magnitude", the_example_is_magnitude },
    };
    const int code = lt_suite_run("masks exec", claims, sizeof claims / sizeof claims[0]);
    rig_modules_close();
    return code;
}
