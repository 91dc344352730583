/* tickets/: files that other programs load, named by variant, trial, draw and level. */
#include "results_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suite.h"
#include "util/file.h"

static rig *finished(void)
{
    rig *r = rig_create();
    rig_start(r);
    rig_fill(r, rig_forward);
    rig_finish(r);
    return r;
}

static ltc_status read_ticket(const rig *r, const char *name, lt_tensors *t)
{
    char path[600];
    ltc_error err;
    snprintf(path, sizeof path, "%s/tickets/%s", r->dir, name);
    return lt_safetensors_read(path, t, &err);
}

static const char *note_of(const lt_tensors *t, const char *key)
{
    for (size_t i = 0; i < t->n_notes; i++)
        if (!strcmp(t->note[i].key, key))
            return t->note[i].value;
    return "";
}

static bool is_there(const rig *r, const char *name)
{
    char path[600];
    snprintf(path, sizeof path, "%s/tickets/%s", r->dir, name);
    return access(path, F_OK) == 0;
}

static void a_ticket_holds_the_networks_own_tensors(void)
{
    rig *r = finished();
    lt_tensors t = { 0 };
    CU_ASSERT_EQUAL_FATAL(read_ticket(r, "main/t1/l01/end.safetensors", &t), LTC_OK);
    CU_ASSERT_EQUAL(t.n, 3);                  /* no slots, no clock: load_state_dict(strict=True) */
    const lt_tensor *w = lt_tensors_find(&t, "fc1.weight");
    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    CU_ASSERT(w->type == LTC_F32 && w->n == 40 && ((const float *)w->data)[3] == 0.5f);
    lt_tensors_free(&t);
    rig_close(r);
}

static void a_mask_is_bytes(void)
{
    rig *r = finished();
    lt_tensors t = { 0 };
    CU_ASSERT_EQUAL_FATAL(read_ticket(r, "main/t1/l02/mask.safetensors", &t), LTC_OK);
    const lt_tensor *m = lt_tensors_find(&t, "fc2.weight");
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT(t.n == 2 && m->type == LTC_U8 && m->n == 60);
    CU_ASSERT(((const uint8_t *)m->data)[11] == 1 && ((const uint8_t *)m->data)[12] == 0);
    lt_tensors_free(&t);
    rig_close(r);
}

static void a_file_says_what_it_is(void)
{
    static const struct { const char *key, *value;
    } notes[] = {
        { "ltcore", "0.1.0" },
        { "role", "start" },
        { "variant", "random reinit" },
        { "trial", "2" },
        { "draw", "1" },
        { "level", "1" },
        { "density", "0.5" },
        { "training", "c00d000000000000000000000000000000000000000000000000000000000000" },
    };
    rig *r = finished();
    lt_tensors t = { 0 };
    CU_ASSERT_EQUAL_FATAL(read_ticket(r, "random reinit/t2/d1/l01/start.safetensors", &t), LTC_OK);
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++)
        CU_ASSERT_STRING_EQUAL(note_of(&t, notes[i].key), notes[i].value);
    lt_tensors_free(&t);
    rig_close(r);
}

static void what_is_not_there_has_no_file(void)
{
    rig *r = finished();
    CU_ASSERT(is_there(r, "main/t1/l00/start.safetensors"));
    CU_ASSERT(!is_there(r, "main/t1/l00/mask.safetensors"));      /* level 0 has none */
    CU_ASSERT(!is_there(r, "main/t1/l01/best.safetensors"));      /* none was kept */
    CU_ASSERT(is_there(r, "main/t2/l03/mask.safetensors") && !is_there(r, "main/t2/l03/end.safetensors"));
    rig_close(r);
}

static void no_name_leaves_the_directory(void)
{
    rig *r = rig_create();
    r->variant[1].name = "../../50% of/main";
    rig_start(r);
    rig_fill(r, rig_forward);
    rig_finish(r);
    CU_ASSERT(is_there(r, "%2E.%2F..%2F50%25 of%2Fmain/t1/l02/mask.safetensors"));
    rig_close(r);
}

static ino_t inode_of(const rig *r, const char *name)
{
    char path[600];
    struct stat st = { 0 };
    snprintf(path, sizeof path, "%s/tickets/%s", r->dir, name);
    CU_ASSERT_EQUAL(stat(path, &st), 0);
    return st.st_ino;
}

static void a_file_that_is_there_is_left_alone(void)
{
    static const char name[] = "main/t1/l01/end.safetensors", damaged[] = "main/t1/l02/end.safetensors";
    rig *r = finished();
    ltc_error err;
    char path[600];
    const ino_t before = inode_of(r, name);
    snprintf(path, sizeof path, "%s/tickets/%s", r->dir, damaged);
    CU_ASSERT_EQUAL(lt_file_write(path, "not a ticket", 12, &err), LTC_OK);
    rig_finish(r);
    CU_ASSERT_EQUAL(inode_of(r, name), before);
    lt_tensors t = { 0 };
    CU_ASSERT_EQUAL(read_ticket(r, damaged, &t), LTC_OK);
    lt_tensors_free(&t);
    rig_close(r);
}

static void an_object_that_is_lost_is_named(void)
{
    rig *r = rig_create();
    ltc_error err = { 0 };
    lt_layer_row layer[3];
    rig_start(r);
    lt_level_row row = rig_row(r, 1, layer);
    row.mask.byte[0] ^= 1;
    CU_ASSERT_EQUAL(lt_results_level(r->results, &row, &err), LTC_OK);
    CU_ASSERT_EQUAL(lt_results_finish(r->results, r->store, &err), LTC_EIO);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(err.message, "tickets/main/t1/l01/mask.safetensors: what it holds is gone from the store"));
    CU_ASSERT(is_there(r, "main/t1/l01/end.safetensors"));
    rig_close(r);
}

int main(void)
{
    static const lt_test claims[] = {
        { "a ticket holds the network's own tensors alone", a_ticket_holds_the_networks_own_tensors },
        { "a mask is bytes", a_mask_is_bytes },
        { "trap 52: a file says what it is", a_file_says_what_it_is },
        { "what is not there has no file", what_is_not_there_has_no_file },
        { "no variant's name leaves the directory", no_name_leaves_the_directory },
        { "a file that is there is left alone", a_file_that_is_there_is_left_alone },
        { "an object that is lost is named", an_object_that_is_lost_is_named },
    };
    return lt_suite_run("results tickets", claims, sizeof claims / sizeof claims[0]);
}
