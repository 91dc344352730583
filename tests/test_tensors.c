/* Claims about sets of tensors: what their digest depends on, and which cannot be. */
#include "suite.h"

#include <string.h>

#include "store_rig.h"

static lt_digest digest(lt_tensors *t)
{
    lt_digest d;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(lt_tensors_digest(t, &d, &err), LTC_OK);
    return d;
}

static bool same(lt_digest a, lt_digest b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* One float of that name, shape and value. */
static lt_tensors make_one(const char *name, uint32_t rank, float value)
{
    static const int64_t ones[4] = { 1, 1, 1, 1 };
    lt_tensors t = { 0 };
    lt_tensor *v;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(lt_tensors_add(&t, name, LTC_F32, rank, ones, &v, &err), LTC_OK);
    *(float *)v->data = value;
    return t;
}

static void names_types_shapes_and_data_make_the_digest(void)
{
    static const struct { const char *name; uint32_t rank; float value; bool same; } other[] = {
        { "w", 1, 0.5f, true }, { "v", 1, 0.5f, false }, { "w", 0, 0.5f, false }, { "w", 2, 0.5f, false },
        { "w", 1, -0.5f, false },
    };
    lt_tensors t = make_one("w", 1, 0.5f);
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        lt_tensors o = make_one(other[i].name, other[i].rank, other[i].value);
        CU_ASSERT_EQUAL(same(digest(&t), digest(&o)), other[i].same);
        lt_tensors_free(&o);
    }
    lt_tensors_free(&t);
}

static void order_and_notes_do_not_make_the_digest(void)
{
    lt_tensors a = { 0 }, b = { 0 };
    lt_tensor *v;
    ltc_error err;
    const char *const name[] = { "b", "a", "c" };
    for (size_t i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(lt_tensors_add(&a, name[i], LTC_U8, 0, NULL, &v, &err), LTC_OK);
        *(uint8_t *)v->data = (uint8_t)name[i][0];
        CU_ASSERT_EQUAL(lt_tensors_add(&b, name[2 - i], LTC_U8, 0, NULL, &v, &err), LTC_OK);
        *(uint8_t *)v->data = (uint8_t)name[2 - i][0];
    }
    CU_ASSERT_EQUAL(lt_tensors_note(&b, "made by", "hand", &err), LTC_OK);
    CU_ASSERT(same(digest(&a), digest(&b)));
    CU_ASSERT_STRING_EQUAL(a.v[0].name, "a");
    lt_tensors_free(&a);
    lt_tensors_free(&b);
}

static void impossible_tensors_are_refused(void)
{
    static const struct {
        const char *name;
        uint32_t rank;
        int64_t dim[5];
        ltc_status st;
        const char *says;
    } bad[] = {
        { "taken", 1, { 1 }, LTC_EINVAL, "two tensors named 'taken'" },
        { "__metadata__", 1, { 1 }, LTC_EINVAL, "cannot be named '__metadata__'" },
        { "", 1, { 1 }, LTC_EINVAL, "cannot be named ''" },
        { "w", 2, { 3, -1 }, LTC_EINVAL, "tensor 'w'" },
        { "w", 4, { INT64_C(1) << 32, INT64_C(1) << 32, 1, 1 }, LTC_EINVAL, "tensor 'w'" },
        { "w", 4, { INT64_C(1) << 32, INT64_C(1) << 32, 1, 0 }, LTC_EINVAL, "tensor 'w'" },
        { "w", 5, { 1, 1, 1, 1, 1 }, LTC_EUNSUPPORTED, "5 dimensions" },
    };
    lt_tensors t = make_one("taken", 1, 1);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        lt_tensor *v;
        ltc_error err = { 0 };
        CU_ASSERT_EQUAL(lt_tensors_add(&t, bad[i].name, LTC_F64, bad[i].rank, bad[i].dim, &v, &err),
                        bad[i].st);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, bad[i].says));
        CU_ASSERT_EQUAL(t.n, 1);
    }
    lt_tensors_free(&t);
}

int main(void)
{
    static const lt_test claims[] = {
        { "names, types, shapes and data make the digest", names_types_shapes_and_data_make_the_digest },
        { "order and notes do not make the digest", order_and_notes_do_not_make_the_digest },
        { "impossible tensors are refused", impossible_tensors_are_refused },
    };
    return lt_suite_run("tensors", claims, sizeof claims / sizeof claims[0]);
}
