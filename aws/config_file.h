/*
 * config_file: the AWS CLI's files ~/.aws/config and ~/.aws/credentials, read as the CLI reads them:
 * "[section]", "key = value" or "key: value", keys without regard to case, whole-line comments with
 * # or ; (a # or ; inside a value belongs to the value), and values that go on in lines with a
 * deeper indent, which is how nested settings are written.
 */
#ifndef SHAKETABLE_AWS_CONFIG_FILE_H
#define SHAKETABLE_AWS_CONFIG_FILE_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>

#define AWS_CONFIG_SIZE_MAX (4U << 20)
#define AWS_CONFIG_VALUE_MAX (256U << 10) /* of a value that goes on in further lines */
#define AWS_CONFIG_SECTIONS_MAX 10000
#define AWS_CONFIG_ENTRIES_MAX 10000 /* of one section */

struct aws_config_entry {
    char *key;   /* in lower case */
    char *value; /* lines of a continued value are joined by \n; a nested one starts with \n */
};
struct aws_config_section {
    char *name; /* what stands between the brackets */
    struct aws_config_entry *entries;
    size_t count, capacity;
};
struct aws_config {
    struct aws_config_section *sections;
    size_t count, capacity;
};

/* `name` is the file's, for messages. On error the config is empty. A later section or key of the same
 * name adds to, or replaces, the earlier. */
bool aws_config_parse(struct aws_config *config, const char *text, size_t length, const char *name,
                      struct error *error);
/* A file that does not exist gives an empty config. */
bool aws_config_load(struct aws_config *config, const char *path, struct error *error);
void aws_config_free(struct aws_config *config);

/* The section "[kind name]", where the name may be quoted; with kind NULL the section "[name]". With kind
 * "profile" the section "[default]" counts as the profile default. NULL: none. */
const struct aws_config_section *aws_config_find(const struct aws_config *config, const char *kind,
                                                 const char *name);
/* NULL: not set. `section` may be NULL. */
const char *aws_config_get(const struct aws_config_section *section, const char *key);
/* Copies a key of a nested value, e.g. "endpoint_url" of "\nendpoint_url = http://…", to `out`; false if
 * it is not there or does not fit. `value` may be NULL. */
bool aws_config_nested(const char *value, const char *key, char *out, size_t size);

#endif
