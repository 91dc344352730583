/* Owns what tests of reports stand on. */
#include "report_rig.h"

#include <CUnit/CUnit.h>
#include <string.h>
#include <unistd.h>

rig *rig_finished(void)
{
    rig *r = rig_create();
    rig_start(r);
    rig_fill(r, rig_forward);
    rig_finish(r);
    return r;
}

rig *rig_begun(size_t rows)
{
    rig *r = rig_create();
    ltc_error err;
    r->facts.n_levels = RIG_ROWS;
    rig_start(r);
    for (size_t i = 0; i < rows; i++) {
        lt_layer_row layer[3];
        const lt_level_row row = rig_row(r, i, layer);
        CU_ASSERT_EQUAL(lt_results_level(r->results, &row, &err), LTC_OK);
    }
    return r;
}

lt_report_request rig_request(const rig *r, const char *const directory[1], uint32_t formats)
{
    return (lt_report_request){ .directory = directory, .n_directories = 1, .to = r->dir, .formats = formats,
                                .out = stdout };
}

const char *rig_report(const rig *r, uint32_t formats)
{
    static char note[256];
    const char *const directory[] = { r->dir };
    const lt_report_request request = rig_request(r, directory, formats);
    ltc_error err = { .message = "" };
    const ltc_status st = lt_report_write(&request, note, &err);
    if (st)
        fprintf(stderr, "\n%s\n", err.message);
    CU_ASSERT_EQUAL(st, LTC_OK);
    CU_ASSERT_PTR_NULL(strstr(note, "not drawn as SVG and PNG:"));     /* it is there and failed */
    return note;
}

static bool holds(const rig *r, const char *file, const char *what)
{
    lt_text text = rig_read(r, file);
    const bool found = strstr(text.s, what) != NULL;
    lt_text_free(&text);
    return found;
}

bool rig_has(const rig *r, const char *file, const char *what)
{
    const bool found = holds(r, file, what);
    if (!found)
        fprintf(stderr, "\n%s has no '%s'\n", file, what);
    return found;
}

bool rig_lacks(const rig *r, const char *file, const char *what)
{
    const bool found = holds(r, file, what);
    if (found)
        fprintf(stderr, "\n%s has '%s'\n", file, what);
    return !found;
}

bool rig_is_there(const rig *r, const char *file)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", r->dir, file);
    return access(path, F_OK) == 0;
}
