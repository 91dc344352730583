/* Ticket place: what a word of the command line names: a directory of tickets/, or one file. */
#ifndef LT_CLI_TICKET_PLACE_H
#define LT_CLI_TICKET_PLACE_H

#include "cli/cli.h"
#include "util/memory.h"

enum { LT_ROLE_MASK, LT_ROLE_START, LT_ROLE_BEST, LT_ROLE_END, LT_ROLES };

typedef struct lt_ticket_place {
    const char *file;                         /* NULL: it is a directory */
    const char *role[LT_ROLES];               /* of a directory: its files; NULL: that one is not there */
    lt_arena    arena;
} lt_ticket_place;

const char *lt_ticket_role(int role);         /* "mask", "start", "best", "end" */

/* Prints what is wrong and gives an exit code, or LT_EXIT_DONE: then it is a file, or a directory with one of
 * the four. lt_arena_free(&p->arena) is due whatever came of it. */
int lt_ticket_find(const lt_world *w, const char *word, lt_ticket_place *p);

#endif
