/*
 * What every unit test shares: Check with results as TAP, so that each test is counted and not only each program.
 *
 *      #include "tests/unit/test_main.h"
 *      START_TEST(test_version_is_three_numbers)
 *      {
 *              ck_assert_str_eq(vfs_version(), "0.1.0");
 *      }
 *      END_TEST
 *
 *      TEST_MAIN("version", test_version_is_three_numbers)
 *
 * TEST_MAIN_FIXTURE takes a setup and a teardown as well; either runs around each test, in the test's own process.
 * A program with several cases builds its own Suite and ends with `return test_run(suite);`.
 *
 * Each test runs in a child process (CK_FORK=no turns that off, for a debugger). Check's own variables work too:
 * CK_RUN_CASE=name; CK_DEFAULT_TIMEOUT and CK_TIMEOUT_MULTIPLIER, which tests/meson.build sets, longer under a sanitizer.
 */
#ifndef TESTS_UNIT_TEST_MAIN_H
#define TESTS_UNIT_TEST_MAIN_H

#include <stddef.h>
#include <stdlib.h>

#include <check.h>

/* Runs a suite, prints TAP, frees the suite. Returns main()'s result. */
static inline int test_run(Suite *suite)
{
        SRunner *runner = srunner_create(suite);
        int failed;

        srunner_set_tap(runner, "-");
        srunner_run_all(runner, CK_SILENT);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static inline int test_run_array(const char *name, SFun setup, SFun teardown, const TTest *const *tests, size_t n)
{
        Suite *suite = suite_create(name);
        TCase *tcase = tcase_create(name);

        tcase_add_checked_fixture(tcase, setup, teardown);
        for (size_t i = 0; i < n; i++)
                tcase_add_test(tcase, tests[i]);
        suite_add_tcase(suite, tcase);
        return test_run(suite);
}

#define TEST_MAIN_FIXTURE(name, setup, teardown, ...)                                                             \
        int main(void)                                                                                            \
        {                                                                                                         \
                const TTest *const tests_[] = { __VA_ARGS__ };                                                    \
                return test_run_array((name), (setup), (teardown), tests_, sizeof(tests_) / sizeof(tests_[0]));   \
        }

#define TEST_MAIN(name, ...) TEST_MAIN_FIXTURE(name, NULL, NULL, __VA_ARGS__)

#endif
