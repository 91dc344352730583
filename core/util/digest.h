/* SHA-256, from libcrypto: the name of everything that ltcore stores and the fingerprint of what it reads. */
#ifndef LT_UTIL_DIGEST_H
#define LT_UTIL_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lt_digest { uint8_t byte[32]; } lt_digest;
typedef struct lt_hasher lt_hasher;

lt_hasher *lt_hasher_create(void);            /* NULL: no memory */
bool lt_hasher_add(lt_hasher *h, const void *p, size_t n);
bool lt_hasher_finish(lt_hasher *h, lt_digest *d);            /* and destroys h, whatever happened */
bool lt_digest_of(const void *p, size_t n, lt_digest *d);     /* all false only when libcrypto fails */

void lt_digest_text(const lt_digest *d, char hex[65]);

#endif
