/* What every target of this folder has: its one entry, parts of an input, files of its own, and a way to
 * say that a promise was broken. A target is called with whatever bytes come to a fuzzer's mind; whatever
 * they are, nothing may crash, leak or ask for memory that the input does not justify, and every refusal
 * is a sentence. */
#ifndef LT_TESTS_FUZZ_INPUT_H
#define LT_TESTS_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <ltcore/base.h>

/* The target's, as libFuzzer and replay.c call it. Gives 0. */
int LLVMFuzzerTestOneInput(const uint8_t *byte, size_t n);

/* What is left of an input. */
typedef struct fuzz_input {
    const uint8_t *byte;
    size_t         n;
} fuzz_input;

/* The next byte, or 0. */
uint8_t fuzz_byte(fuzz_input *in);

/* The next part, behind two bytes of length, low byte first; the last one may be cut off. */
fuzz_input fuzz_part(fuzz_input *in);

/* What comes before the next `mark`, which goes too; all of it if there is none. */
fuzz_input fuzz_until(fuzz_input *in, uint8_t mark);

/* As a string, up to its first NUL; for free(). */
char *fuzz_text(fuzz_input in);

/* A directory of this process's, in TMPDIR or /tmp, gone when it ends. */
const char *fuzz_directory(void);

/* The file of that name in it, which then holds the part; `path` has room for FUZZ_PATH. A name may have
 * folders that are there. */
enum { FUZZ_PATH = 256 };
const char *fuzz_write(const char *name, fuzz_input in, char path[FUZZ_PATH]);
void fuzz_remove(const char *name);
void fuzz_folder(const char *name);           /* made if it is missing */

/* Ends the process as a crash does, unless it held. */
void fuzz_must(bool held, const char *promise);

/* A refusal has to have words; gives st. */
ltc_status fuzz_said(ltc_status st, const ltc_error *err);

#endif
