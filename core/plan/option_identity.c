/* Writes option blocks as canonical text. Called by identity.c. */
#include "plan/option_identity.h"

#include <string.h>

#include "util/canon.h"
#include "util/digest.h"
#include "util/file.h"

static ltc_status put_path(lt_text *t, const char *name, const char *path, ltc_error *err)
{
    lt_text content = { 0 };
    lt_digest d;
    char hex[65];
    if (!path) {
        lt_canon_text(t, name, "");
        return LTC_OK;
    }
    ltc_status st = lt_file_read(path, &content, err);
    if (!st && !lt_digest_of(content.s, content.n, &d))
        st = ltc_fail(err, LTC_EINTERNAL, "%s: libcrypto cannot compute its SHA-256", path);
    lt_text_free(&content);
    if (st)
        return st;
    lt_digest_text(&d, hex);
    lt_canon_text(t, name, hex);
    return LTC_OK;
}

static void put_ints(lt_text *t, const char *name, const ltc_ints *l)
{
    lt_canon_int(t, name, (int64_t)l->n);
    for (uint64_t i = 0; i < l->n; i++)
        lt_canon_int(t, name, l->v[i]);
}

static void put_reals(lt_text *t, const char *name, const ltc_reals *l)
{
    lt_canon_int(t, name, (int64_t)l->n);
    for (uint64_t i = 0; i < l->n; i++)
        lt_canon_real(t, name, l->v[i]);
}

static void put_strings(lt_text *t, const char *name, const ltc_strings *l)
{
    lt_canon_int(t, name, (int64_t)l->n);
    for (uint64_t i = 0; i < l->n; i++)
        lt_canon_text(t, name, l->v[i]);
}

static bool at_default(const ltc_opt *o, const void *field)
{
    switch (o->type) {
    case LTC_OPT_INT: case LTC_OPT_BOOL: case LTC_OPT_ENUM: {
        int64_t v;
        memcpy(&v, field, sizeof v);
        return v == o->i.def;
    }
    case LTC_OPT_REAL: {
        double v;
        memcpy(&v, field, sizeof v);
        return memcmp(&v, &o->r.def, sizeof v) == 0;
    }
    default:
        return false;
    }
}

static ltc_status put_option(const ltc_opt *o, const void *field, lt_text *t, ltc_error *err)
{
    switch (o->type) {
    case LTC_OPT_REAL: {
        double v;
        memcpy(&v, field, sizeof v);
        lt_canon_real(t, o->name, v);
        return LTC_OK;
    }
    case LTC_OPT_STRING: {
        const char *v;
        memcpy(&v, field, sizeof v);
        lt_canon_text(t, o->name, v ? v : "");
        return LTC_OK;
    }
    case LTC_OPT_PATH: {
        const char *v;
        memcpy(&v, field, sizeof v);
        return put_path(t, o->name, v, err);
    }
    case LTC_OPT_INTS:    put_ints(t, o->name, field); return LTC_OK;
    case LTC_OPT_REALS:   put_reals(t, o->name, field); return LTC_OK;
    case LTC_OPT_STRINGS: put_strings(t, o->name, field); return LTC_OK;
    default: {
        int64_t v;
        memcpy(&v, field, sizeof v);
        lt_canon_int(t, o->name, v);
        return LTC_OK;
    }
    }
}

ltc_status lt_option_identity(const ltc_schema *schema, const void *block, lt_text *t, ltc_error *err)
{
    ltc_status st = LTC_OK;
    for (uint32_t i = 0; i < schema->n_opts && !st; i++) {
        const ltc_opt *o = &schema->opt[i];
        const void *field = (const char *)block + o->offset;
        if (o->flags & LTC_OPT_NEUTRAL || (o->flags & LTC_OPT_LATER && at_default(o, field)))
            continue;
        st = put_option(o, field, t, err);
    }
    return st;
}
