/* Owns the host struct of one instance of a plug-in, and the services behind its slots. Created by whoever
 * creates an instance: masks, readers, backends. */
#include "plugin/host.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/border.h"
#include "plugin/fpmode.h"
#include "util/memory.h"

enum { SENTENCE_BYTES = 1024 };               /* longer ones are cut */

typedef struct host_impl {
    lt_services services;
    char        name[];
} host_impl;

/* One line whatever the plug-in wrote: line breaks become spaces, those at the end go. */
static void make_sentence(char *s)
{
    size_t n = strlen(s);
    while (n && strchr(" \t\r\n", s[n - 1]))
        s[--n] = '\0';
    for (; *s; s++)
        if ((unsigned char)*s < ' ')
            *s = ' ';
}

LTC_PRINTF(3, 4) static void host_log(const ltc_host *h, int level, const char *fmt, ...)
{
    const host_impl *impl = h->impl;
    if (!impl->services.log)
        return;
    char sentence[SENTENCE_BYTES];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(sentence, sizeof sentence, fmt, ap);
    va_end(ap);
    make_sentence(sentence);
    impl->services.log(impl->services.arg, level, impl->name, sentence);
}

static bool host_cancelled(const ltc_host *h)
{
    const host_impl *impl = h->impl;
    return impl->services.cancelled && impl->services.cancelled(impl->services.arg);
}

/* One call of `parallel`. */
typedef struct division {
    size_t n, grain;
    ltc_status (*fn)(void *arg, size_t begin, size_t end);
    void *arg;
    lt_fpmode mode;                           /* the caller's, which every chunk finds */
} division;

/* On whatever thread: it keeps the mode that it had, whatever the chunk does to it. */
static ltc_status run_chunk(void *arg, size_t chunk)
{
    const division *d = arg;
    const size_t begin = chunk * d->grain, end = d->n - begin > d->grain ? begin + d->grain : d->n;
    const lt_fpmode own = lt_fpmode_get();
    lt_fpmode_set(d->mode);
    const ltc_status st = lt_status(d->fn(d->arg, begin, end));
    lt_fpmode_set(own);
    return st;
}

static ltc_status host_parallel(const ltc_host *h, size_t n, size_t grain,
                                ltc_status (*fn)(void *arg, size_t begin, size_t end), void *arg)
{
    const host_impl *impl = h->impl;
    division d = { .n = n, .grain = grain ? grain : n, .fn = fn, .arg = arg, .mode = lt_fpmode_get() };
    return n ? lt_team_run(impl->services.team, (n - 1) / d.grain + 1, run_chunk, &d) : LTC_OK;
}

ltc_status lt_services_settle(const lt_services *s, ltc_status st)
{
    const bool cancelled = s->cancelled && s->cancelled(s->arg);
    return st == LTC_ECANCELLED && !cancelled ? LTC_EINTERNAL : st;
}

ltc_status lt_host_create(const lt_services *s, const char *name, uint32_t kind_abi, uint32_t host_size,
                          const ltc_probe *probe, ltc_host **host, ltc_error *err)
{
    const size_t name_bytes = strlen(name) + 1;
    ltc_host *h = lt_lend(NULL, 1, host_size, sizeof *h);
    host_impl *impl = lt_array(1, sizeof *impl + name_bytes);
    if (!h || !impl) {
        free(h);
        free(impl);
        return ltc_fail(err, LTC_ENOMEM, "no memory for the host of '%s'", name);
    }
    impl->services = *s;
    memcpy(impl->name, name, name_bytes);
    *h = (ltc_host){
        .size = sizeof *h, .kind_abi = kind_abi, .impl = impl,
        .log = host_log, .cancelled = host_cancelled, .parallel = host_parallel, .probe = probe,
        .cache = s->cache,
    };
    *host = h;
    return LTC_OK;
}

void lt_host_destroy(ltc_host *h)
{
    if (h)
        free(h->impl);
    free(h);
}
