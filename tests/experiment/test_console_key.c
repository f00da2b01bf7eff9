/* console_key: made once, for its owner alone, never overwritten; and of two at once, both get the same. */
#include "experiment/console_key.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/experiment/support.h"

#define CONSOLES 8

static char directory[SUPPORT_PATH_MAX * 2], path[SUPPORT_PATH_MAX * 3];

static int setup(void **state)
{
    (void)state;
    support_make_home();
    snprintf(directory, sizeof directory, "%s/shaketable", support_home());
    snprintf(path, sizeof path, "%s/%s", directory, CONSOLE_KEY_FILE);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    support_remove_home();
    return 0;
}

static void put(const char *text, mode_t mode)
{
    mkdir(directory, 0700);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static void expect_text(const char *text)
{
    char found[CONSOLE_KEY_BYTES_MAX * 4] = "";
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    found[fread(found, 1, sizeof found - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(found, text);
}

static size_t files_in_directory(void)
{
    char command[SUPPORT_PATH_MAX * 3];
    unsigned count = 0;
    snprintf(command, sizeof command, "ls -A '%s' | wc -l", directory);
    FILE *pipe = popen(command, "r");
    assert_int_equal(fscanf(pipe, "%u", &count), 1);
    pclose(pipe);
    return count;
}

static void refused(enum error_code code, const char *words)
{
    struct console_key key;
    struct error error;
    assert_false(console_key_open(&key, &error));
    assert_null(key.key);
    assert_int_equal(error.code, code);
    assert_contains(error.message, words);
    assert_contains(error.message, directory); /* it names what is wrong */
}

static void it_is_made_at_first_use_and_kept(void **state)
{
    (void)state;
    struct console_key first, second;
    struct error error;
    struct stat status;
    assert_done(console_key_open(&first, &error), &error);
    assert_int_equal(strlen(first.pin), 64);
    assert_int_equal(EVP_PKEY_is_a(first.key, "ED25519"), 1);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(stat(directory, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    assert_int_equal(files_in_directory(), 1); /* no temporary file is left */
    assert_done(console_key_open(&second, &error), &error);
    assert_string_equal(first.pin, second.pin);
    console_key_close(&first);
    console_key_close(&second);
    assert_null(first.key);
}

static void whatever_the_umask_is(void **state)
{
    (void)state;
    struct console_key key;
    struct error error;
    struct stat status;
    mode_t mask = umask(0);
    assert_done(console_key_open(&key, &error), &error);
    umask(mask);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    console_key_close(&key);
}

static void without_the_variable_it_is_below_home(void **state)
{
    (void)state;
    struct console_key key;
    struct error error;
    char expected[SUPPORT_PATH_MAX * 2];
    unsetenv("XDG_CONFIG_HOME");
    assert_done(console_key_open(&key, &error), &error);
    snprintf(expected, sizeof expected, "%s/.config/shaketable/%s", support_home(), CONSOLE_KEY_FILE);
    assert_int_equal(access(expected, R_OK), 0);
    console_key_close(&key);
}

static void *open_one(void *argument)
{
    struct error error;
    return console_key_open(argument, &error) ? argument : NULL;
}

static void of_many_at_once_all_get_the_same(void **state)
{
    (void)state;
    struct console_key keys[CONSOLES];
    pthread_t threads[CONSOLES];
    for (size_t i = 0; i < CONSOLES; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, open_one, &keys[i]), 0);
    for (size_t i = 0; i < CONSOLES; i++) {
        void *done = NULL;
        pthread_join(threads[i], &done);
        assert_non_null(done);
        assert_string_equal(keys[i].pin, keys[0].pin);
    }
    for (size_t i = 0; i < CONSOLES; i++)
        console_key_close(&keys[i]);
    assert_int_equal(files_in_directory(), 1);
}

static void one_that_others_can_read_is_not_used(void **state)
{
    (void)state;
    static const mode_t modes[] = {0640, 0604, 0644, 0620, 0666, 0777};
    struct console_key key;
    struct error error;
    assert_done(console_key_open(&key, &error), &error);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        refused(ERROR_DENIED, "chmod 600");
    }
    assert_int_equal(chmod(path, 0400), 0);
    struct console_key again;
    assert_done(console_key_open(&again, &error), &error);
    assert_string_equal(again.pin, key.pin);
    console_key_close(&again);
    console_key_close(&key);
}

static void a_directory_that_others_can_change_is_not_used(void **state)
{
    (void)state;
    assert_int_equal(mkdir(directory, 0700), 0);
    assert_int_equal(chmod(directory, 0770), 0);
    refused(ERROR_DENIED, "chmod 700");
    assert_int_equal(files_in_directory(), 0);
    assert_int_equal(chmod(directory, 0755), 0);
    struct console_key key;
    struct error error;
    assert_done(console_key_open(&key, &error), &error);
    console_key_close(&key);
}

static void what_is_no_key_is_never_overwritten(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "not a key\n",
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw\n-----END PRIVATE KEY-----\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        put(texts[i], 0600);
        refused(ERROR_INVALID, "no Ed25519 key");
        expect_text(texts[i]);
    }
    char *much = calloc(1, CONSOLE_KEY_BYTES_MAX + 2);
    memset(much, 'x', CONSOLE_KEY_BYTES_MAX + 1);
    put(much, 0600);
    refused(ERROR_INVALID, "no Ed25519 key");
    expect_text(much);
    free(much);
}

static void put_key(EVP_PKEY *key, const EVP_CIPHER *cipher)
{
    put("", 0600);
    FILE *file = fopen(path, "w");
    char password[] = "secret";
    assert_int_equal(PEM_write_PrivateKey(file, key, cipher, (unsigned char *)password,
                                          cipher == NULL ? 0 : (int)strlen(password), NULL, NULL),
                     1);
    fclose(file);
}

static void another_kind_of_key_and_one_with_a_password_are_refused(void **state)
{
    (void)state;
    EVP_PKEY *curve = EVP_EC_gen("P-256"), *ours = tls_key_new(NULL);
    put_key(curve, NULL);
    refused(ERROR_INVALID, "no Ed25519 key");
    put_key(ours, EVP_aes_128_cbc());
    refused(ERROR_INVALID, "without a password");
    put_key(ours, NULL);
    struct console_key key;
    struct error error;
    char pin[TLS_PIN_TEXT_MAX];
    assert_true(tls_pin_of(ours, pin));
    assert_done(console_key_open(&key, &error), &error);
    assert_string_equal(key.pin, pin);
    console_key_close(&key);
    EVP_PKEY_free(curve);
    EVP_PKEY_free(ours);
}

static void what_is_no_file_is_refused_at_once(void **state)
{
    (void)state;
    assert_int_equal(mkdir(directory, 0700), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    refused(ERROR_DENIED, "is no file");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    refused(ERROR_DENIED, "is no file");
    assert_int_equal(rmdir(path), 0);
}

static void one_that_cannot_be_read_or_made_says_so(void **state)
{
    (void)state;
    if (geteuid() == 0)
        skip(); /* root reads and writes everything */
    put("x", 0);
    refused(ERROR_SYSTEM, "cannot read this console's key");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(chmod(directory, 0500), 0);
    refused(ERROR_SYSTEM, "cannot make this console's key");
    assert_int_equal(chmod(directory, 0700), 0);
}

int main(void)
{
#define WITH_HOME(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_HOME(it_is_made_at_first_use_and_kept),
        WITH_HOME(whatever_the_umask_is),
        WITH_HOME(without_the_variable_it_is_below_home),
        WITH_HOME(of_many_at_once_all_get_the_same),
        WITH_HOME(one_that_others_can_read_is_not_used),
        WITH_HOME(a_directory_that_others_can_change_is_not_used),
        WITH_HOME(what_is_no_key_is_never_overwritten),
        WITH_HOME(another_kind_of_key_and_one_with_a_password_are_refused),
        WITH_HOME(what_is_no_file_is_refused_at_once),
        WITH_HOME(one_that_cannot_be_read_or_made_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
