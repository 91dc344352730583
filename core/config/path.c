/* Owns the arithmetic of paths. Called by the reader, for bases and includes, and by values of type PATH. */
#include "config/path.h"

#include <string.h>
#include <unistd.h>

/* "." components and empty ones go; ".." stays, since what it means depends on symbolic links. In place. */
static char *tidied(char *path)
{
    char *to = path;
    const char *from = path;
    const bool absolute = *path == '/';
    if (absolute)
        to++, from++;
    while (*from) {
        const size_t n = strcspn(from, "/");
        const bool kept = n && !(n == 1 && *from == '.');
        if (kept) {
            memmove(to, from, n);
            to += n;
        }
        from += n;
        from += *from == '/';
        if (kept && *from)
            *to++ = '/';
    }
    if (to > path + absolute && to[-1] == '/')
        to--;
    *to = '\0';
    return path;
}

char *lt_path_join(lt_arena *a, const char *dir, const char *path)
{
    char *joined = *path == '/' ? lt_arena_text(a, path) : lt_arena_print(a, "%s/%s", dir, path);
    return joined ? tidied(joined) : NULL;
}

char *lt_path_directory(lt_arena *a, const char *file)
{
    const char *slash = strrchr(file, '/');
    if (!slash)
        return lt_arena_text(a, ".");
    return slash == file ? lt_arena_text(a, "/") : lt_arena_print(a, "%.*s", (int)(slash - file), file);
}

char *lt_path_beside(lt_arena *a, const char *file, const char *path)
{
    const char *slash = strrchr(file, '/');
    if (!slash || *path == '/')
        return lt_arena_text(a, path);
    return lt_arena_print(a, "%.*s/%s", (int)(slash - file), file, path);
}

char *lt_path_stem(lt_arena *a, const char *file)
{
    const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file, *dot = strrchr(name, '.');
    const size_t n = dot && dot > name ? (size_t)(dot - name) : strlen(name);
    return lt_arena_print(a, "%.*s", (int)n, name);
}

bool lt_path_exists(const char *path)
{
    return access(path, F_OK) == 0;
}
