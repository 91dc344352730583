/* Owns the folders of stores that tests use. */
#define _XOPEN_SOURCE 700                     /* nftw */
#include "store_rig.h"

#include <dirent.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <fcntl.h>
#include <unistd.h>

#include "suite.h"

static void hear(void *arg, const char *sentence)
{
    store_rig *r = arg;
    __atomic_add_fetch(&r->reports, 1, __ATOMIC_SEQ_CST);
    snprintf(r->said, sizeof r->said, "%s", sentence);
}

void rig_open(store_rig *r)
{
    ltc_error err = { 0 };
    *r = (store_rig){ .dir = "/tmp/ltcore-store-XXXXXX" };
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(r->dir));
    CU_ASSERT_EQUAL_FATAL(lt_store_open(r->dir, hear, r, &r->store, &err), LTC_OK);
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info, (void)type, (void)at;
    return remove(path);
}

void rig_close(store_rig *r)
{
    lt_store_close(r->store);
    CU_ASSERT_EQUAL(nftw(r->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

char *rig_path(const store_rig *r, const char *fmt, ...)
{
    char name[512];
    lt_text path = { 0 };
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(name, sizeof name, fmt, ap);
    va_end(ap);
    lt_text_add(&path, "%s/%s", r->dir, name);
    CU_ASSERT_FATAL(!path.failed);
    return path.s;
}

char *rig_object(const store_rig *r, const lt_digest *name)
{
    char hex[65];
    lt_digest_text(name, hex);
    return rig_path(r, "objects/%.2s/%s.safetensors", hex, hex + 2);
}

char *rig_record(const store_rig *r, const lt_digest *key)
{
    char hex[65];
    lt_digest_text(key, hex);
    return rig_path(r, "records/%.2s/%s.rec", hex, hex + 2);
}

lt_tensors make_tensors(size_t n, float seed)
{
    lt_tensors t = { 0 };
    lt_tensor *v;
    ltc_error err;
    const int64_t dim[2] = { (int64_t)n, 1 };
    CU_ASSERT_EQUAL_FATAL(lt_tensors_add(&t, "weight", LTC_F32, 2, dim, &v, &err), LTC_OK);
    for (size_t i = 0; i < n; i++)
        ((float *)v->data)[i] = seed + (float)i;
    CU_ASSERT_EQUAL_FATAL(lt_tensors_add(&t, "mask", LTC_U8, 1, dim, &v, &err), LTC_OK);
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)v->data)[i] = i % 3 != 0;
    CU_ASSERT_EQUAL_FATAL(lt_tensors_add(&t, "step", LT_U64, 0, NULL, &v, &err), LTC_OK);
    *(uint64_t *)v->data = n;
    return t;
}

lt_digest put_tensors(store_rig *r, size_t n, float seed)
{
    lt_digest name;
    ltc_error err = { 0 };
    lt_tensors t = make_tensors(n, seed);
    CU_ASSERT_EQUAL_FATAL(lt_store_put(r->store, &t, &name, &err), LTC_OK);
    lt_tensors_free(&t);
    return name;
}

lt_digest digest_of(const char *text)
{
    lt_digest d;
    CU_ASSERT_FATAL(lt_digest_of(text, strlen(text), &d));
    return d;
}

lt_text read_bytes(const char *path)
{
    char block[4096];
    size_t n;
    lt_text text = { 0 };
    FILE *f = fopen(path, "re");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    while ((n = fread(block, 1, sizeof block, f)) > 0)
        lt_text_put(&text, block, n);
    fclose(f);
    CU_ASSERT_FATAL(!text.failed);
    return text;
}

void write_bytes(const char *path, const void *p, size_t n)
{
    FILE *f = fopen(path, "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT_EQUAL_FATAL(n ? fwrite(p, n, 1, f) : 1, 1);
    CU_ASSERT_EQUAL_FATAL(fclose(f), 0);
}

bool is_file(const char *path)
{
    return access(path, F_OK) == 0;
}

size_t count_files(const store_rig *r, const char *folder)
{
    size_t n = 0;
    char *path = rig_path(r, "%s", folder);
    DIR *d = opendir(path);
    CU_ASSERT_PTR_NOT_NULL_FATAL(d);
    for (const struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.';
    closedir(d);
    free(path);
    return n;
}

void set_age(const char *path, double age_s)
{
    const struct timespec then = { .tv_sec = time(NULL) - (time_t)age_s };
    CU_ASSERT_EQUAL_FATAL(utimensat(AT_FDCWD, path, (const struct timespec[2]){ then, then }, 0), 0);
}

void fill_disk(size_t bytes)
{
    const struct rlimit limit = { bytes, bytes };
    signal(SIGXFSZ, SIG_IGN);                 /* so that write says EFBIG, as it would say ENOSPC */
    if (setrlimit(RLIMIT_FSIZE, &limit))
        abort();
}
