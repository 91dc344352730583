/* Owns the way from a path to a checked tree. Called by graph.c. libconfig is given text that graph-scan.c
 * has found harmless, and never a file: told to open a directory, its scanner ends the process. */
#include "graph-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "graph-scan.h"

enum { FILE_BYTES = 1 << 20, PATH_SHOWN = 150 };

graph_word graph_shown(const char *text)
{
    graph_word w;
    size_t n = 0;
    for (; text[n] && n < sizeof w.s - 4; n++)
        w.s[n] = text[n] >= ' ' && text[n] <= '~' ? text[n] : '?';
    snprintf(w.s + n, sizeof w.s - n, "%s", text[n] ? "..." : "");
    return w;
}

ltc_status graph_fail(const graph_file *f, unsigned line, ltc_error *err, const char *fmt, ...)
{
    const size_t n = strlen(f->path), cut = n > PATH_SHOWN ? n - PATH_SHOWN : 0;
    char said[384], place[16] = ":";
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(said, sizeof said, fmt, ap);
    va_end(ap);
    if (line)
        snprintf(place, sizeof place, ":%u:", line);
    return ltc_fail_opt(err, "file", "%s%s%s %s", cut ? "..." : "", f->path + cut, place, said);
}

/* Not fopen(): that would wait for whoever writes to a pipe. */
static ltc_status open_regular(const graph_file *f, FILE **file, size_t *bytes, ltc_error *err)
{
    struct stat is;
    const int fd = open(f->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &is)) {
        const char *why = strerror(errno);
        if (fd >= 0)
            close(fd);
        return graph_fail(f, 0, err, "cannot be read: %s", why);
    }
    ltc_status st = LTC_OK;
    if (!S_ISREG(is.st_mode))
        st = graph_fail(f, 0, err, "%s, not a file",
                        S_ISDIR(is.st_mode) ? "is a directory" : "is a device or a pipe");
    else if (is.st_size > FILE_BYTES)
        st = graph_fail(f, 0, err, "is larger than 1 MiB, so it is no description of a network");
    else if (!(*file = fdopen(fd, "rb")))
        st = graph_fail(f, 0, err, "cannot be read: %s", strerror(errno));
    if (st)
        close(fd);
    else
        *bytes = (size_t)is.st_size;
    return st;
}

static ltc_status read_text(const graph_file *f, char **text, ltc_error *err)
{
    FILE *file = NULL;
    size_t bytes = 0;
    *text = NULL;
    ltc_status st = open_regular(f, &file, &bytes, err);
    if (!st && !(*text = calloc(1, bytes + 1)))
        st = ltc_fail(err, LTC_ENOMEM, "no memory to read a description");
    if (!st && fread(*text, 1, bytes, file) != bytes)
        st = graph_fail(f, 0, err, "cannot be read whole");
    if (!st && memchr(*text, 0, bytes))
        st = graph_fail(f, 0, err, "is not a text file: it holds a NUL byte");
    if (file)
        fclose(file);
    return st;
}

/* What libconfig says of what passed the scanner, in words. */
static const struct { const char *its, *ours;
} complaint[] = {
    { "syntax error",
      "this, or what stands just before it, is not as it must be: a group is { key = value; ... }, "
      "a list is ( ... ) with a comma between two" },
    { "duplicate setting name", "a key is set twice in one group" },
    { "mismatched element type in array", "what stands in [ ] must be of one type" },
};

static ltc_status parse(graph_file *f, const char *text, ltc_error *err)
{
    config_init(&f->tree);
    if (config_read_string(&f->tree, text))
        return LTC_OK;
    const char *says = config_error_text(&f->tree);
    const int line = config_error_line(&f->tree);
    for (size_t i = 0; says && i < sizeof complaint / sizeof complaint[0]; i++)
        if (!strcmp(says, complaint[i].its))
            says = complaint[i].ours;
    return graph_fail(f, line > 0 ? (unsigned)line : 1, err, "%s", says ? says : "libconfig cannot read it");
}

ltc_status graph_file_open(const char *path, graph_file *f, ltc_error *err)
{
    static const char mark[] = "\xef\xbb\xbf";        /* the byte order mark of some editors */
    char *text;
    *f = (graph_file){ .path = path };
    ltc_status st = read_text(f, &text, err);
    if (!st && !strncmp(text, mark, sizeof mark - 1))
        memset(text, ' ', sizeof mark - 1);
    if (!st)
        st = graph_scan(f, text, err);
    if (!st && (st = parse(f, text, err)))
        graph_file_close(f);
    free(text);
    return st;
}

void graph_file_close(graph_file *f)
{
    config_destroy(&f->tree);
}
