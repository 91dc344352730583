/* Hashes what a split is made of. The files' bytes are not read for it: of small images, that alone takes
 * a quarter of the time of decoding them, and nearly all of it while they are not in memory yet. A file
 * that is written anew has another time of change, which no program can set back; but one that is written
 * twice within a tick of that clock, some milliseconds, with as many bytes, and read between the two,
 * looks the same. */
#include "key.h"

#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

/* Raised when the same file gives other bytes than before. */
enum { DECODING_VERSION = 2 };

static bool put(EVP_MD_CTX *hash, const void *p, size_t n)
{
    return EVP_DigestUpdate(hash, p, n) == 1;
}

/* With its end, so that no two rows of texts are the same bytes. */
static bool put_text(EVP_MD_CTX *hash, const char *s)
{
    return put(hash, s, strlen(s) + 1);
}

static bool put_place(EVP_MD_CTX *hash, const tree *t, uint32_t split, const picture_form *form)
{
    const uint32_t size[] = { form->channels, form->height, form->width };
    return put_text(hash, t->path) && put_text(hash, t->split[split].folder) && put(hash, size, sizeof size);
}

static bool put_decoders(EVP_MD_CTX *hash)
{
    const uint32_t version[] = { DECODING_VERSION, png_access_version_number(), JPEG_LIB_VERSION,
                                 LIBJPEG_TURBO_VERSION_NUMBER };
    return put(hash, version, sizeof version);
}

static bool put_files(EVP_MD_CTX *hash, const tree *t, const tree_split *s)
{
    bool ok = true;
    for (size_t i = 0; i < s->n && ok; i++)
        ok = put_text(hash, t->class_name[s->file[i].label]) && put_text(hash, s->file[i].name) &&
             put(hash, &s->file[i].label, sizeof s->file[i].label) &&
             put(hash, &s->file[i].stamp, sizeof s->file[i].stamp);
    return ok;
}

static bool finish(EVP_MD_CTX *hash, bool ok, key *k)
{
    ok = ok && EVP_DigestFinal_ex(hash, k->byte, NULL) == 1;
    EVP_MD_CTX_free(hash);
    return ok;
}

EVP_MD_CTX *key_hash(void)
{
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    if (hash && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1)
        return hash;
    EVP_MD_CTX_free(hash);
    return NULL;
}

bool key_of_place(const tree *t, uint32_t split, const picture_form *form, key *k)
{
    EVP_MD_CTX *hash = key_hash();
    return finish(hash, hash && put_place(hash, t, split, form), k);
}

bool key_of_files(const tree *t, uint32_t split, const picture_form *form, key *k)
{
    EVP_MD_CTX *hash = key_hash();
    const bool ok =
        hash && put_place(hash, t, split, form) && put_decoders(hash) && put_files(hash, t, &t->split[split]);
    return finish(hash, ok, k);
}

void key_text(const key *k, char hex[KEY_TEXT_BYTES])
{
    for (size_t i = 0; i < sizeof k->byte; i++)
        snprintf(hex + 2 * i, 3, "%02x", k->byte[i]);
}
