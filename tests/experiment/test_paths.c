/* paths: where files lie, whatever the environment says, and no way out of there by an id. */
#include "experiment/paths.h"

#include <sys/stat.h>
#include <unistd.h>

#include "tests/experiment/support.h"

static int setup(void **state)
{
    (void)state;
    support_make_home();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    support_remove_home();
    return 0;
}

static void directories_are_made_for_their_owner_alone(void **state)
{
    (void)state;
    char path[PATHS_MAX], expected[PATHS_MAX];
    struct error error;
    struct stat info;
    assert_done(paths_experiments(path, &error), &error);
    snprintf(expected, sizeof expected, "%s/shaketable/experiments", support_home());
    assert_string_equal(path, expected);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    assert_done(paths_experiments(path, &error), &error);
}

static void without_the_variable_it_is_below_home(void **state)
{
    (void)state;
    char path[PATHS_MAX];
    static const char *const values[] = {"", "relative/path"};
    for (size_t i = 0; i < 2; i++) {
        setenv("XDG_STATE_HOME", values[i], 1);
        assert_true(paths_experiments(path, NULL));
        assert_contains(path, support_home());
        assert_contains(path, "/.local/state/shaketable/experiments");
    }
    unsetenv("XDG_STATE_HOME");
    assert_true(paths_experiments(path, NULL));
    assert_contains(path, "/.local/state/shaketable/experiments");
}

static void an_id_leads_nowhere_else(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      ".",
                                      "..",
                                      "../x",
                                      "a/b",
                                      "ABC",
                                      "a b",
                                      "a.b",
                                      "a\n",
                                      "ä",
                                      "abc\"",
                                      "-a/.",
                                      "0123456789012345678901234567890x"};
    char path[PATHS_MAX];
    struct error error;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(paths_experiment_file(bad[i], "jsonl", path, &error));
        assert_int_equal(error.code, ERROR_USAGE);
        assert_false(paths_control_socket(bad[i], path, &error));
        assert_int_equal(error.code, ERROR_USAGE);
    }
    assert_true(paths_experiment_file("a-0123456789012345678901234567z", "jsonl", path, &error));
    assert_contains(path, "/a-0123456789012345678901234567z.jsonl");
}

static void a_variable_that_is_too_long_is_an_error(void **state)
{
    (void)state;
    char value[PATHS_MAX + 8], path[PATHS_MAX];
    struct error error;
    memset(value, 'x', sizeof value);
    value[0] = '/';
    value[sizeof value - 1] = '\0';
    setenv("XDG_STATE_HOME", value, 1);
    assert_false(paths_experiments(path, &error));
    assert_contains(error.message, "too long");
    setenv("XDG_STATE_HOME", support_home(), 1);
    assert_true(paths_experiments(path, &error));
}

static void a_file_in_the_way_is_named(void **state)
{
    (void)state;
    char file[SUPPORT_PATH_MAX + 16], path[PATHS_MAX];
    struct error error;
    snprintf(file, sizeof file, "%s/shaketable", support_home());
    FILE *made = fopen(file, "w");
    assert_non_null(made);
    fclose(made);
    assert_false(paths_experiments(path, &error));
    assert_contains(error.message, file);
}

static void the_socket_is_in_the_runtime_directory_or_beside_the_journal(void **state)
{
    (void)state;
    char path[PATHS_MAX], expected[PATHS_MAX];
    assert_true(paths_control_socket("abc", path, NULL));
    snprintf(expected, sizeof expected, "%s/shaketable/abc.sock", support_home());
    assert_string_equal(path, expected);
    setenv("XDG_RUNTIME_DIR", "/nonexistent", 1);
    assert_true(paths_control_socket("abc", path, NULL));
    snprintf(expected, sizeof expected, "%s/shaketable/experiments/abc.sock", support_home());
    assert_string_equal(path, expected);
}

static void the_operator_fits_whatever_the_size(void **state)
{
    (void)state;
    char text[128], tiny[4];
    paths_operator(text, sizeof text);
    assert_non_null(strchr(text, '@'));
    paths_operator(tiny, sizeof tiny);
    assert_int_equal(strlen(tiny), 3);
}

int main(void)
{
#define IN_HOME(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        IN_HOME(directories_are_made_for_their_owner_alone),
        IN_HOME(without_the_variable_it_is_below_home),
        IN_HOME(an_id_leads_nowhere_else),
        IN_HOME(a_variable_that_is_too_long_is_an_error),
        IN_HOME(a_file_in_the_way_is_named),
        IN_HOME(the_socket_is_in_the_runtime_directory_or_beside_the_journal),
        IN_HOME(the_operator_fits_whatever_the_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
