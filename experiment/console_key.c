#include "experiment/console_key.h"

#include "core/random.h"
#include "experiment/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_LENGTH 12 /* of a temporary file */
#define ANOTHER "move the file away, and another key is made"

/* No one else may read the key, or put another in its place. */
static bool check_file(int fd, const char *path, struct error *error)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return error_set_errno(error, "%s", path);
    if (!S_ISREG(status.st_mode))
        return error_set(error, ERROR_DENIED, "%s is no file", path);
    if (status.st_uid != geteuid())
        return error_set(error, ERROR_DENIED, "%s belongs to another user: it can't be this console's key",
                         path);
    if ((status.st_mode & 077) != 0)
        return error_set(error, ERROR_DENIED,
                         "others can read %s (mode %03o): chmod 600, if nobody has; else %s", path,
                         status.st_mode & 0777, ANOTHER);
    return true;
}

static bool check_directory(const char *path, struct error *error)
{
    struct stat status;
    if (stat(path, &status) < 0)
        return error_set_errno(error, "%s", path);
    if (status.st_uid != geteuid() || (status.st_mode & 022) != 0)
        return error_set(error, ERROR_DENIED,
                         "others can change what is in %s, where this console's key stands: chmod 700", path);
    return true;
}

/* There is nobody to ask for a password. */
static int no_password(char *buffer, int size, int writing, void *context)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

static EVP_PKEY *parse(const char *text, size_t length)
{
    BIO *memory = BIO_new_mem_buf(text, (int)length);
    EVP_PKEY *key = memory == NULL ? NULL : PEM_read_bio_PrivateKey(memory, NULL, no_password, NULL);
    BIO_free(memory);
    ERR_clear_error();
    if (key != NULL && EVP_PKEY_is_a(key, "ED25519") != 1) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    return key;
}

static bool take(int fd, const char *path, struct console_key *key, struct error *error)
{
    char text[CONSOLE_KEY_BYTES_MAX + 1];
    size_t length = 0;
    ssize_t more = 1;
    if (!check_file(fd, path, error))
        return false;
    while (length < sizeof text && (more = read(fd, text + length, sizeof text - length)) > 0)
        length += (size_t)more;
    if (more < 0) {
        error_set_errno(error, "%s", path);
    } else {
        key->key = length > CONSOLE_KEY_BYTES_MAX ? NULL : parse(text, length);
        if (key->key == NULL || !tls_pin_of(key->key, key->pin))
            error_set(error, ERROR_INVALID,
                      "%s holds no Ed25519 key without a password, in PEM: put it right; or %s", path,
                      ANOTHER);
    }
    OPENSSL_cleanse(text, sizeof text);
    if (key->key != NULL && key->pin[0] != '\0')
        return true;
    console_key_close(key);
    return false;
}

static bool write_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, data, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        data += written;
        length -= (size_t)written;
    }
    return fsync(fd) == 0;
}

static bool write_key(int fd, EVP_PKEY *key)
{
    char *data = NULL;
    BIO *memory = BIO_new(BIO_s_secmem());
    bool done = memory != NULL && PEM_write_bio_PrivateKey(memory, key, NULL, NULL, 0, NULL, NULL) == 1;
    long length = done ? BIO_get_mem_data(memory, &data) : 0;
    done = length > 0 && write_all(fd, data, (size_t)length);
    BIO_free(memory);
    return done;
}

/* Whole before it has its name; and where there is one by that name already, that one stays. */
static bool make(const char *directory, const char *path, struct error *error)
{
    char temporary[PATHS_MAX];
    char name[NAME_LENGTH + 1];
    random_name(name, NAME_LENGTH);
    int length = snprintf(temporary, sizeof temporary, "%s/.%s.%s", directory, CONSOLE_KEY_FILE, name);
    if (length < 0 || (size_t)length >= sizeof temporary)
        return error_set(error, ERROR_SYSTEM, "a path is too long: %.100s…", directory);
    EVP_PKEY *key = tls_key_new(error);
    if (key == NULL)
        return false;
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        error_set_errno(error, "cannot make this console's key in %s", directory);
        EVP_PKEY_free(key);
        return false;
    }
    bool done =
        fchmod(fd, 0600) == 0 && write_key(fd, key) && (link(temporary, path) == 0 || errno == EEXIST);
    if (!done)
        error_set_errno(error, "cannot write this console's key %s", path);
    unlink(temporary);
    close(fd);
    EVP_PKEY_free(key);
    int directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory_fd >= 0) {
        fsync(directory_fd);
        close(directory_fd);
    }
    return done;
}

bool console_key_open(struct console_key *key, struct error *error)
{
    char directory[PATHS_MAX], path[PATHS_MAX];
    memset(key, 0, sizeof *key);
    if (!paths_config(directory, error) || !check_directory(directory, error))
        return false;
    int length = snprintf(path, sizeof path, "%s/%s", directory, CONSOLE_KEY_FILE);
    if (length < 0 || (size_t)length >= sizeof path)
        return error_set(error, ERROR_SYSTEM, "a path is too long: %.100s…", directory);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) {
        if (!make(directory, path, error))
            return false;
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    }
    if (fd < 0)
        return error_set_errno(error, "cannot read this console's key %s", path);
    bool done = take(fd, path, key, error);
    close(fd);
    return done;
}

void console_key_close(struct console_key *key)
{
    EVP_PKEY_free(key->key);
    memset(key, 0, sizeof *key);
}
