/* Safetensors: the store's reader of its own objects and of files that people name. What it takes has one
 * digest however it is computed, can be shown, and is the same when it was written and read again. */
#include <string.h>

#include "input.h"
#include "store/profile.h"
#include "store/safetensors.h"

enum { BINS = 16 };

static void show(const lt_tensors *t)
{
    uint64_t bin[BINS], n = 0;
    for (size_t i = 0; i < t->n; i++) {
        const lt_profile p = lt_profile_of(&t->v[i]);
        fuzz_must(p.n == t->v[i].n && p.not_finite <= p.n, "a profile is of all elements");
        if (p.not_finite == p.n)
            continue;
        lt_profile_histogram(&t->v[i], &p, bin, BINS);
        for (size_t b = n = 0; b < BINS; b++)
            n += bin[b];
        fuzz_must(n == p.n - p.not_finite, "a histogram has every finite element");
    }
}

static void write_again(lt_tensors *t, const lt_digest *d)
{
    char path[FUZZ_PATH];
    lt_tensors back;
    lt_digest same;
    ltc_error err = { .message = "" };
    fuzz_write("again.safetensors", (fuzz_input){ NULL, 0 }, path);
    fuzz_must(!lt_safetensors_write(path, t, &err), "what was read can be written");
    fuzz_must(!lt_safetensors_read(path, &back, &err), "what was written can be read");
    fuzz_must(!lt_tensors_digest(&back, &same, &err) && !memcmp(&same, d, sizeof same), "it is the same");
    lt_tensors_free(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *byte, size_t n)
{
    char path[FUZZ_PATH];
    lt_tensors t;
    lt_digest of_file, of_tensors;
    lt_condition c;
    ltc_error err = { .message = "" };
    fuzz_write("a.safetensors", (fuzz_input){ byte, n }, path);
    const ltc_status st = fuzz_said(lt_safetensors_digest(path, &of_file, &c, &err), &err);
    fuzz_must(st == fuzz_said(lt_safetensors_read(path, &t, &err), &err), "both readers agree");
    if (st)
        return 0;
    fuzz_must(!lt_tensors_digest(&t, &of_tensors, &err), "there is a digest");
    fuzz_must(!memcmp(&of_file, &of_tensors, sizeof of_file), "a file and its tensors have one digest");
    show(&t);
    write_again(&t, &of_tensors);
    lt_tensors_free(&t);
    return 0;
}
