/* file: keeps what a file keeps: the mask of another run, of another program, or one made by hand.
 *
 *   keep(w) = the file's 1, where w is still alive
 *
 * The file is a safetensors file with a tensor for every eligible parameter, of its name and shape and of
 * type U8, BOOL or F32, each element 0 or 1. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tensors.h"

typedef struct file_options { const char *path; } file_options;

static const ltc_opt file_table[] = {
    LTC_PATH(file_options, path, NULL, "a safetensors file of masks, such as a ticket's mask.safetensors",
             .flags = LTC_OPT_REQUIRED),
};
static const ltc_schema file_schema = LTC_SCHEMA(file_options, file_table);

typedef struct mask_file {
    const char *path;                         /* the option's */
    tensors     in;                           /* the whole file */
} mask_file;

/* One mask in the file: n elements of `width` bytes. */
typedef struct stored { const uint8_t *at; size_t width; } stored;

static ltc_status open_regular(const char *path, FILE **f, size_t *bytes, ltc_error *err)
{
    struct stat is;
    if (!(*f = fopen(path, "rb")) || fstat(fileno(*f), &is))
        return ltc_fail_opt(err, "path", "%.250s cannot be read: %s", path, strerror(errno));
    if (!S_ISREG(is.st_mode))
        return ltc_fail_opt(err, "path", "%.250s is not a file", path);
    *bytes = (size_t)is.st_size;
    return LTC_OK;
}

static ltc_status read_bytes(mask_file *m, ltc_error *err)
{
    FILE *f = NULL;
    ltc_status st = open_regular(m->path, &f, &m->in.n, err);
    if (!st && !(m->in.bytes = malloc(m->in.n + 1)))
        st = ltc_fail(err, LTC_ENOMEM, "no memory for the %zu bytes of %.250s", m->in.n, m->path);
    if (!st && fread(m->in.bytes, 1, m->in.n, f) != m->in.n)
        st = ltc_fail(err, LTC_EIO, "%.250s ends too early or cannot be read", m->path);
    if (f)
        fclose(f);
    return st;
}

static ltc_status read_header(mask_file *m, ltc_error *err)
{
    if (!tensors_open(&m->in))
        return ltc_fail(err, LTC_EIO, "%.250s is not a safetensors file, or was cut off", m->path);
    if (!json_is_object(m->in.header))
        return ltc_fail(err, LTC_EIO, "%.250s is not a safetensors file: its header is no JSON object",
                        m->path);
    return LTC_OK;
}

static void file_destroy(void *self)
{
    mask_file *m = self;
    tensors_close(&m->in);
    free(m);
}

static ltc_status file_create(const ltc_host *h, const void *opts, void **self, ltc_error *err)
{
    const file_options *o = opts;
    mask_file *m = calloc(1, sizeof *m);
    (void)h;
    if (!m)
        return ltc_fail(err, LTC_ENOMEM, "no memory to read a mask");
    m->path = o->path;
    ltc_status st = read_bytes(m, err);
    if (!st)
        st = read_header(m, err);
    if (st)
        file_destroy(m);
    else
        *self = m;
    return st;
}

/* Bytes an element; 0: a type that holds no masks. */
static size_t width_of(const char *type)
{
    if (!type)
        return 0;
    return !strcmp(type, "U8") || !strcmp(type, "BOOL") ? 1 : !strcmp(type, "F32") ? sizeof(float) : 0;
}

static ltc_status find(const mask_file *m, const ltc_mask_tensor *t, stored *s, ltc_error *err)
{
    tensors_entry e;
    const int found = tensors_find(&m->in, t, &e);
    if (found == TENSORS_MISSING)
        return ltc_fail_opt(err, "path", "%.200s has no mask for %s, which may be pruned", m->path, t->name);
    *s = (stored){ e.at, width_of(e.type) };
    if (!s->width)
        return ltc_fail_opt(err, "path", "%s in %.200s is of type %.20s; masks are U8, BOOL or F32", t->name,
                            m->path, e.type ? e.type : "unknown");
    if (found == TENSORS_SHAPE)
        return ltc_fail_opt(err, "path", "%s in %.200s has another shape than in this network", t->name,
                            m->path);
    if (found == TENSORS_PLACE || e.bytes != t->n * s->width)
        return ltc_fail(err, LTC_EIO, "%s in %.200s lies outside the file or has another size than its shape",
                        t->name, m->path);
    return LTC_OK;
}

/* 0 or 1, or -1 for anything else. */
static int element(const stored *s, size_t i)
{
    static const uint8_t zero[4] = { 0, 0, 0, 0 }, one[4] = { 0, 0, 0x80, 0x3f };     /* floats in the file */
    const uint8_t *at = s->at + i * s->width;
    if (s->width == 1)
        return *at <= 1 ? *at : -1;
    return !memcmp(at, zero, 4) ? 0 : !memcmp(at, one, 4) ? 1 : -1;
}

static ltc_status copy(const mask_file *m, const ltc_mask_tensor *t, uint8_t *mask, ltc_error *err)
{
    stored s = { NULL, 0 };
    const ltc_status st = find(m, t, &s, err);
    for (size_t i = 0; i < t->n && !st; i++) {
        const int kept = element(&s, i);
        if (kept < 0)
            return ltc_fail_opt(err, "path", "element %zu of %s in %.200s is neither 0 nor 1, so it is "
                                "no mask", i, t->name, m->path);
        mask[i] = (uint8_t)(kept & t->mask[i]);
    }
    return st;
}

/* What the file holds beyond what was asked for has no effect, which is worth a line. */
static void report_unused(const mask_file *m, const ltc_host *h, const ltc_mask_tensor *const *t, size_t n)
{
    const char *name;
    json_t *entry;
    json_object_foreach(m->in.header, name, entry) {
        size_t i = 0;
        while (i < n && strcmp(t[i]->name, name))
            i++;
        if (i == n && strcmp(name, "__metadata__"))
            h->log(h, LTC_LOG_WARNING, "%s in %s has no effect: there is no eligible parameter of that name",
                   name, m->path);
    }
}

static ltc_status file_select(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *const *t,
                              size_t n, uint8_t *const *mask, ltc_error *err)
{
    const mask_file *m = self;
    ltc_status st = LTC_OK;
    for (size_t i = 0; i < n && !st; i++)
        st = copy(m, t[i], mask[i], err);
    if (!st)
        report_unused(m, env->host, t, n);
    return st;
}

static const ltc_mask_ops file_ops = {
    LTC_MASK_OPS, .flags = LTC_MASK_OWN_COUNT,
    .create = file_create, .destroy = file_destroy, .select = file_select,
};
static const ltc_module file_module = {
    LTC_MODULE(LTC_MASK, file_ops), .name = "file", .version = "1.0", .schema = &file_schema,
    .summary = "keeps what a file of masks keeps",
    .source = "keep = the file's 1, where the weight is still alive",
};
LTC_PLUGIN(&file_module);
