/* The command line: what main() knows of the world, and one function a command. */
#ifndef LT_CLI_CLI_H
#define LT_CLI_CLI_H

#include <stdbool.h>
#include <stdio.h>

#include "plugin/host.h"

/* As everywhere: done; the run failed; wrong usage or configuration; stopped by a signal. */
enum { LT_EXIT_DONE = 0, LT_EXIT_FAILED = 1, LT_EXIT_USAGE = 2, LT_EXIT_STOPPED = 3 };

/* Read once, in main.c: nothing else looks at the environment, the clock or the terminal. */
typedef struct lt_world {
    const char *program;                      /* the file of this program, links resolved */
    const char *directory;                    /* the current one, absolute */
    const char *plugin_path, *data_path;      /* LTCORE_PLUGIN_PATH, LTCORE_DATA: colon-separated, or NULL */
    const char *data_home, *home;             /* XDG_DATA_HOME and HOME, or NULL: the store's place */
    const char *cache_home;                   /* XDG_CACHE_HOME, or NULL: what can be made again */
    unsigned    processors;                   /* that it may run on */
    bool        terminal;                     /* standard error is one */
    bool        output_terminal;              /* standard output is one */
    uint64_t    memory;                       /* bytes that it may take; 0: not known */
    int         columns;                      /* that standard error has; 0: not known */
    double    (*now_s)(void);                 /* a clock that never goes back */
    double      epoch_s;                      /* seconds since 1970 when the program began */
    bool      (*cancelled)(void *arg);        /* a signal asked to stop */
    FILE       *out, *err;
} lt_world;

/* What the words of the command line say. The lists point into argv. */
typedef struct lt_arguments {
    const char  *config, *output;             /* -c, -o; NULL: not given */
    const char **set;                         /* --set, in order */
    size_t       n_set;
    const char **format;                      /* --format, in order */
    size_t       n_formats;
    char       **rest;                        /* words that are no options */
    size_t       n_rest;
    int          level;                       /* LT_QUIET .. LT_VERBOSE */
    unsigned     jobs;                        /* -j; 0: not given */
    bool         dry_run, help, version;
} lt_arguments;

/* Prints what is wrong and gives LT_EXIT_USAGE, or LT_EXIT_DONE. a->set is for free(). */
int lt_arguments_parse(const lt_world *w, int argc, char **argv, lt_arguments *a);

/* The whole program: picks the command and gives the exit code. */
int lt_cli_main(const lt_world *w, int argc, char **argv);

/* The commands; each gives an exit code. */
int lt_cli_run(const lt_world *w, const lt_arguments *a);
int lt_cli_list(const lt_world *w, const lt_arguments *a);
int lt_cli_info(const lt_world *w, const lt_arguments *a);
int lt_cli_summary(const lt_world *w, const lt_arguments *a);
int lt_cli_show(const lt_world *w, const lt_arguments *a);
int lt_cli_eval(const lt_world *w, const lt_arguments *a);
int lt_cli_status(const lt_world *w, const lt_arguments *a);
int lt_cli_watch(const lt_world *w, const lt_arguments *a);
int lt_cli_report(const lt_world *w, const lt_arguments *a);
int lt_cli_verify(const lt_world *w, const lt_arguments *a);
int lt_cli_store(const lt_world *w, const lt_arguments *a);
int lt_cli_tune(const lt_world *w, const lt_arguments *a);
int lt_cli_check(const lt_world *w, const lt_arguments *a);
int lt_cli_help(const lt_world *w, const lt_arguments *a);

/* "ltcore: " and the sentence, on standard error. */
void lt_cli_say(const lt_world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
