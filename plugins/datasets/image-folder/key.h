/* Keys: names for what is kept of a split: of its place, and of the files it was made of. Used by
 * image-folder.c. */
#ifndef DATASETS_IMAGE_FOLDER_KEY_H
#define DATASETS_IMAGE_FOLDER_KEY_H

#include <openssl/evp.h>

#include "picture.h"
#include "tree.h"

enum { KEY_BYTES = 32, KEY_TEXT_BYTES = 2 * KEY_BYTES + 1 };
typedef struct key { uint8_t byte[KEY_BYTES]; } key;

/* A SHA-256 that has begun, for EVP_MD_CTX_free(). NULL: libcrypto has no memory. */
EVP_MD_CTX *key_hash(void);

/* SHA-256 of path, split and form: two of them are never kept under one name. False: libcrypto failed. */
bool key_of_place(const tree *t, uint32_t split, const picture_form *form, key *k);

/* SHA-256 of that and of all that could change a sample: class, name, size, times and inode of every file,
 * in their order, and the decoders' versions: libpng's is that of the library that is loaded, libjpeg's that
 * of the headers this was compiled with, so that an exchange of libjpeg alone goes unnoticed. False:
 * libcrypto failed. */
bool key_of_files(const tree *t, uint32_t split, const picture_form *form, key *k);

void key_text(const key *k, char hex[KEY_TEXT_BYTES]);

#endif
