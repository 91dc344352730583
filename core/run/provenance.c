/* Looks at the files of the plug-ins. Called by about.c. */
#include "run/provenance.h"

#include <string.h>

#include "util/file.h"

static ltc_status hash_file(const char *path, char hex[65], ltc_error *err)
{
    lt_text content = { 0 };
    lt_digest d;
    ltc_status st = lt_file_read(path, &content, err);
    const bool read = !st;
    if (read && !lt_digest_of(content.s, content.n, &d))
        st = ltc_fail(err, LTC_EINTERNAL, "libcrypto cannot compute the SHA-256 of %s", path);
    else if (read)
        lt_digest_text(&d, hex);
    lt_text_free(&content);
    return st == LTC_EIO ? LTC_OK : st;       /* gone, or not to be read: "" */
}

static bool has(const lt_provenance *p, const lt_module *m)
{
    for (uint32_t i = 0; i < p->n; i++)
        if (!strcmp(p->plugin[i].name, m->info.name) &&
            !strcmp(p->plugin[i].kind, lt_kind_folder(m->info.kind)))
            return true;
    return false;
}

static ltc_status add(lt_provenance *p, const lt_module *m, ltc_error *err)
{
    char hex[65] = "";
    if (!m || has(p, m))
        return LTC_OK;
    const ltc_status st = hash_file(m->path, hex, err);
    if (st)
        return st;
    lt_plugin_fact *more = lt_arena_more(&p->arena, p->plugin, p->n, sizeof *more);
    const char *sha256 = *hex ? lt_arena_text(&p->arena, hex) : NULL;
    if (!more || (*hex && !sha256))
        return ltc_fail(err, LTC_ENOMEM, "no memory for the plug-ins of a run");
    p->plugin = more;
    p->plugin[p->n++] = (lt_plugin_fact){
        .kind = lt_kind_folder(m->info.kind), .name = m->info.name, .version = m->info.version,
        .path = m->path, .build = m->build, .sha256 = sha256,
    };
    return LTC_OK;
}

ltc_status lt_provenance_fill(lt_provenance *p, const lt_settings *s, ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (uint32_t l = 0; l < s->n_lines; l++) {
        const lt_settings *own = s->line[l].settings;
        const lt_module *m[] = { own->arch.plugin.module, own->dataset.plugin.module,
                                 own->backend.plugin.module, own->prune.mask.module };
        for (size_t i = 0; i < sizeof m / sizeof m[0] && !st; i++)
            st = add(p, m[i], err);
    }
    return st;
}

void lt_provenance_free(lt_provenance *p)
{
    lt_arena_free(&p->arena);
    *p = (lt_provenance){ 0 };
}
