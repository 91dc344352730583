/* Run directory: an output directory that is there, with the settings of the run.cfg in it. */
#ifndef LT_CLI_RUN_DIRECTORY_H
#define LT_CLI_RUN_DIRECTORY_H

#include "cli/setup.h"

typedef struct lt_run_directory {
    const char *name;                         /* as the user named it */
    lt_setup    setup;
    lt_arena    arena;
} lt_run_directory;

/* Prints what is wrong and gives an exit code, or LT_EXIT_DONE. The words --set apply, -c and -o do not.
 * name, the world and the arguments outlive it. */
int lt_run_directory_open(const lt_world *w, const lt_arguments *a, const char *name, lt_run_directory *d);
void lt_run_directory_close(lt_run_directory *d);             /* safe on a half-opened one */

/* Does a process work in it at the moment? Asked with a shared lock, held for as long as it takes to ask. */
bool lt_run_directory_busy(const char *name);

/* Its path of a file; NULL: no memory. */
const char *lt_run_directory_file(lt_run_directory *d, const char *file);

#endif
