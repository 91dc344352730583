/* Looks where a ticket's files lie. Called by show and eval. */
#include "cli/ticket_place.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const names[LT_ROLES] = { "mask", "start", "best", "end" };

const char *lt_ticket_role(int role)
{
    return names[role];
}

static int find_roles(const lt_world *w, const char *word, lt_ticket_place *p)
{
    bool any = false;
    for (int role = 0; role < LT_ROLES; role++) {
        const char *path = lt_arena_print(&p->arena, "%s/%s.safetensors", word, names[role]);
        if (!path) {
            lt_cli_say(w, "no memory");
            return LT_EXIT_FAILED;
        }
        p->role[role] = access(path, F_OK) ? NULL : path;
        any = any || p->role[role];
    }
    if (any)
        return LT_EXIT_DONE;
    lt_cli_say(w, "%s: no ticket: it holds none of mask, start, best and end.safetensors; tickets are in "
               "OUTPUT/tickets/VARIANT[/pNN]/tN/lNN", word);
    return LT_EXIT_USAGE;
}

int lt_ticket_find(const lt_world *w, const char *word, lt_ticket_place *p)
{
    struct stat info;
    *p = (lt_ticket_place){ 0 };
    if (stat(word, &info)) {
        lt_cli_say(w, "%s: %s", word, strerror(errno));
        return LT_EXIT_USAGE;
    }
    if (S_ISDIR(info.st_mode))
        return find_roles(w, word, p);
    p->file = word;
    return LT_EXIT_DONE;
}
