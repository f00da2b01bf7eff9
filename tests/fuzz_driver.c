/*
 * fuzz_driver: stands in for libFuzzer in an ordinary build. Runs a fuzz target over every file in
 * the directories and files given, and over beginnings of each file, which is what a peer that is
 * cut off sends. Without arguments it takes the target's seed corpus: for tests/NAME/fuzz_THING
 * that is $top_srcdir/tests/NAME/corpus/THING. No input at all is a failure.
 */
#include "tests/fuzz.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_MAX = 16 * 1024 * 1024, BEGINNINGS = 128 };

/* In memory of just that size, so that AddressSanitizer sees a read behind the end. */
static bool run_input(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        return false;
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
    return true;
}

static bool run_beginnings(const uint8_t *data, size_t size)
{
    size_t step = size / BEGINNINGS + 1;
    for (size_t length = 0; length < size; length += step) {
        if (!run_input(data, length))
            return false;
    }
    return run_input(data, size);
}

static bool run_file(const char *path, size_t size, unsigned *count)
{
    bool done = false;
    uint8_t *data = size <= FILE_MAX ? malloc(size + 1) : NULL;
    FILE *file = data ? fopen(path, "rb") : NULL;
    if (file && fread(data, 1, size, file) == size)
        done = run_beginnings(data, size);
    if (file)
        fclose(file);
    free(data);
    if (done)
        ++*count;
    else
        fprintf(stderr, "cannot read %s\n", path);
    return done;
}

static bool run_path(const char *path, unsigned *count);

static bool run_directory(const char *path, unsigned *count)
{
    DIR *directory = opendir(path);
    if (!directory) {
        perror(path);
        return false;
    }
    bool done = true;
    for (struct dirent *entry = readdir(directory); entry && done; entry = readdir(directory)) {
        char name[PATH_MAX];
        if (entry->d_name[0] == '.')
            continue;
        int length = snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        done = length > 0 && (size_t)length < sizeof name && run_path(name, count);
    }
    closedir(directory);
    return done;
}

static bool run_path(const char *path, unsigned *count)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        perror(path);
        return false;
    }
    if (S_ISDIR(status.st_mode))
        return run_directory(path, count);
    return run_file(path, (size_t)status.st_size, count);
}

/* "…/tests/NAME/fuzz_THING" to "$top_srcdir/tests/NAME/corpus/THING". */
static bool find_corpus(const char *program, char *path, size_t size)
{
    const char *top = getenv("top_srcdir");
    const char *thing = strstr(program, "fuzz_");
    const char *name = strstr(program, "tests/");
    if (!thing || !name || name > thing)
        return false;
    int length = snprintf(path, size, "%s/%.*scorpus/%s", top ? top : ".", (int)(thing - name), name,
                          thing + strlen("fuzz_"));
    return length > 0 && (size_t)length < size;
}

int main(int argc, char **argv)
{
    unsigned count = 0;
    bool done = true;
    char corpus[PATH_MAX];
    if (argc < 2)
        done = find_corpus(argv[0], corpus, sizeof corpus) && run_path(corpus, &count);
    for (int i = 1; i < argc && done; i++)
        done = run_path(argv[i], &count);
    printf("%u files\n", count);
    return done && count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
