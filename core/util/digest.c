/* Wraps libcrypto's EVP interface; nothing else includes its headers. */
#include "util/digest.h"

#include <openssl/evp.h>
#include <stdio.h>

static EVP_MD_CTX *context(lt_hasher *h)
{
    return (EVP_MD_CTX *)(void *)h;
}

lt_hasher *lt_hasher_create(void)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    if (c && EVP_DigestInit_ex(c, EVP_sha256(), NULL) != 1) {
        EVP_MD_CTX_free(c);
        c = NULL;
    }
    return (lt_hasher *)(void *)c;
}

bool lt_hasher_add(lt_hasher *h, const void *p, size_t n)
{
    return EVP_DigestUpdate(context(h), p, n) == 1;
}

bool lt_hasher_finish(lt_hasher *h, lt_digest *d)
{
    unsigned n = 0;
    const bool ok = EVP_DigestFinal_ex(context(h), d->byte, &n) == 1 && n == sizeof d->byte;
    EVP_MD_CTX_free(context(h));
    return ok;
}

bool lt_digest_of(const void *p, size_t n, lt_digest *d)
{
    return EVP_Digest(p, n, d->byte, NULL, EVP_sha256(), NULL) == 1;
}

void lt_digest_text(const lt_digest *d, char hex[65])
{
    for (size_t i = 0; i < sizeof d->byte; i++)
        snprintf(hex + 2 * i, 3, "%02x", d->byte[i]);
}
