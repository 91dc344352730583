/* What the store keeps beside objects. The first byte says which it is; the rest is the file, but of a
 * record the text alone, under a first line that agrees with it: a damaged line is refused before anybody
 * reads on. */
#include <string.h>

#include "input.h"
#include "plan/facts.h"
#include "plan/trajectory_record.h"
#include "store/safetensors.h"
#include "util/digest.h"

static const lt_digest key = { { 0xab, 0xcd } };
enum { DIGESTS = 2 };

/* "store/FOLDER/ab/cdef...SUFFIX", whose folder is there then. */
static const char *place(const char *folder, const lt_digest *d, const char *suffix, char name[FUZZ_PATH])
{
    char hex[65];
    lt_digest_text(d, hex);
    snprintf(name, FUZZ_PATH, "store/%s/%.2s", folder, hex);
    fuzz_folder(name);
    snprintf(name, FUZZ_PATH, "store/%s/%.2s/%s%s", folder, hex, hex + 2, suffix);
    return name;
}

static lt_store *open_store(void)
{
    char path[FUZZ_PATH];
    lt_store *s = NULL;
    ltc_error err = { .message = "" };
    snprintf(path, sizeof path, "%s/store", fuzz_directory());
    return fuzz_said(lt_store_open(path, NULL, NULL, &s, &err), &err) ? NULL : s;
}

/* What a trajectory's record says, written again, says the same. */
static void load_trajectory(lt_store *s)
{
    ltc_error err = { .message = "" };
    lt_trajectory t = { 0 }, same = { 0 };
    fuzz_must(!lt_trajectory_load(s, &key, &t, &err), err.message);
    fuzz_must(!lt_trajectory_save(s, &key, &t, &err), err.message);
    fuzz_must(!lt_trajectory_load(s, &key, &same, &err), err.message);
    fuzz_must(t.n_points == same.n_points && t.n_evaluations == same.n_evaluations && t.moved == same.moved &&
              t.bad == same.bad && t.bad_step == same.bad_step,
              "a trajectory is what its record says");
    fuzz_must(!t.n_points || !memcmp(t.point, same.point, t.n_points * sizeof *t.point),
              "and so are its points");
    for (size_t i = 1; i < t.n_evaluations; i++)
        fuzz_must(t.evaluation[i - 1].step < t.evaluation[i].step, "evaluations rise by step");
    lt_trajectory_free(&t), lt_trajectory_free(&same);
}

static void try_record(lt_store *s, fuzz_input in)
{
    ltc_error err = { .message = "" };
    lt_text text = { 0 };
    lt_digest d[DIGESTS];
    lt_count count;
    bool found;
    fuzz_must(!lt_record_put(s, &key, (const char *)in.byte, in.n, &err), err.message);
    fuzz_must(!lt_record_get(s, &key, &text, &found, &err) && found && text.n == in.n,
              "a record is what was put");
    lt_text_free(&text);
    fuzz_must(!lt_facts_get(s, &key, d, DIGESTS, &found, &err), err.message);
    fuzz_must(!lt_count_get(s, &key, &count, &found, &err), err.message);
    load_trajectory(s);
}

/* As it lies there: whatever it is, it counts as missing or is what it says. */
static void try_damaged(lt_store *s, fuzz_input in)
{
    char name[FUZZ_PATH], path[FUZZ_PATH];
    ltc_error err = { .message = "" };
    lt_text text = { 0 };
    bool found;
    fuzz_write(place("records", &key, ".rec", name), in, path);
    fuzz_must(!lt_record_get(s, &key, &text, &found, &err), err.message);
    fuzz_must(found == (text.s != NULL), "nothing is read of a record that is not found");
    lt_text_free(&text);
}

/* Under the name that its contents give, if they give one: it is got if it is sound, and else out of the
 * way. */
static void try_object(lt_store *s, fuzz_input in)
{
    char name[FUZZ_PATH], path[FUZZ_PATH];
    ltc_error err = { .message = "" };
    lt_tensors t;
    lt_digest d = key;
    lt_condition c;
    bool found, there;
    const bool sound = !lt_safetensors_digest(fuzz_write("object", in, path), &d, &c, &err);
    fuzz_write(place("objects", &d, ".safetensors", name), in, path);
    fuzz_must(!lt_store_get(s, &d, &t, &found, &err), err.message);
    fuzz_must(found == sound, "what is sound, and nothing else, is got");
    fuzz_must(!lt_store_has(s, &d, &there, &err) && there == sound, "what is damaged is out of the way");
    lt_tensors_free(&t);
    fuzz_remove(name);
}

static void try_root(lt_store *s, fuzz_input in)
{
    char path[FUZZ_PATH];
    lt_store_stats stats;
    ltc_error err = { .message = "" };
    fuzz_write("store/roots/run", in, path);
    fuzz_said(lt_store_gc(s, 2e9, &stats, &err), &err);
    fuzz_remove("store/roots/run");
}

static void try_claim(lt_store *s, fuzz_input in)
{
    char hex[65], name[FUZZ_PATH], path[FUZZ_PATH], holder[160];
    lt_claim *claim = NULL;
    lt_store_stats stats;
    ltc_error err = { .message = "" };
    lt_digest_text(&key, hex);
    snprintf(name, sizeof name, "store/claims/%s", hex);
    fuzz_write(name, in, path);
    fuzz_said(lt_store_gc(s, 2e9, &stats, &err), &err);
    fuzz_must(!fuzz_said(lt_claim_take(s, &key, &claim, holder, &err), &err), "a claim can be judged");
    fuzz_must(claim || *holder, "a claim is somebody's");
    lt_claim_release(claim);
    fuzz_remove(name);
}

static void try_format(lt_store *s, fuzz_input in)
{
    char path[FUZZ_PATH];
    (void)s;
    fuzz_write("store/format", in, path);
    lt_store_close(open_store());
    fuzz_remove("store/format");
}

static void (*const kinds[])(lt_store *s, fuzz_input in) = {
    try_record, try_damaged, try_root, try_claim, try_format, try_object,
};

int LLVMFuzzerTestOneInput(const uint8_t *byte, size_t n)
{
    fuzz_input in = { byte, n };
    const unsigned kind = fuzz_byte(&in) % (sizeof kinds / sizeof kinds[0]);
    lt_store *s = open_store();
    fuzz_must(s, "a store opens");
    kinds[kind](s, in);
    lt_store_close(s);
    return 0;
}
