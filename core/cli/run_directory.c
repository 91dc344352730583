/* Opens a run by its output directory. Called by status, watch and verify. */
#include "cli/run_directory.h"

#include <fcntl.h>
#include <errno.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static int open_setup(const lt_world *w, const lt_arguments *a, lt_run_directory *d)
{
    lt_arguments mine = *a;
    mine.config = lt_run_directory_file(d, "run.cfg");
    mine.output = NULL;
    if (!mine.config) {
        lt_cli_say(w, "no memory");
        return LT_EXIT_FAILED;
    }
    if (access(mine.config, F_OK)) {
        lt_cli_say(w, "%s: is not the output of a run: %s", d->name,
                   access(d->name, F_OK) ? strerror(errno) : "it has no run.cfg");
        return LT_EXIT_USAGE;
    }
    return lt_setup_open(w, &mine, &d->setup);
}

int lt_run_directory_open(const lt_world *w, const lt_arguments *a, const char *name, lt_run_directory *d)
{
    *d = (lt_run_directory){ .name = name };
    const int code = open_setup(w, a, d);
    if (code)
        lt_run_directory_close(d);
    return code;
}

void lt_run_directory_close(lt_run_directory *d)
{
    lt_setup_close(&d->setup);
    lt_arena_free(&d->arena);
}

const char *lt_run_directory_file(lt_run_directory *d, const char *file)
{
    return lt_arena_print(&d->arena, "%s/%s", d->name, file);
}

bool lt_run_directory_busy(const char *name)
{
    lt_text path = { 0 };
    lt_text_add(&path, "%s/.lock", name);
    const int fd = path.failed ? -1 : open(path.s, O_RDONLY | O_CLOEXEC);
    const bool busy = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
    if (fd >= 0)
        close(fd);                            /* and the lock goes with it */
    lt_text_free(&path);
    return busy;
}
