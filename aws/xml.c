#include "aws/xml.h"
#include "core/buf.h"

#include <errno.h>
#include <expat.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* One element that is still open. */
struct level {
    struct aws_xml *element;
    struct aws_xml *last_child;
    struct buf text;
};

struct reader {
    XML_Parser parser;
    struct error *error;
    struct aws_xml *root;
    struct level levels[AWS_XML_DEPTH_MAX];
    size_t depth;
    size_t elements;
    bool stopped; /* with the error set */
};

static void stop(struct reader *reader, enum error_code code, const char *message)
{
    if (!reader->stopped)
        error_set(reader->error, code, "%s", message);
    reader->stopped = true;
    XML_StopParser(reader->parser, XML_FALSE);
}

static void start_element(void *context, const XML_Char *name, const XML_Char **attributes)
{
    struct reader *reader = context;
    (void)attributes;
    if (reader->stopped)
        return;
    if (reader->depth == AWS_XML_DEPTH_MAX || reader->elements == AWS_XML_ELEMENTS_MAX) {
        stop(reader, ERROR_LIMIT, "the XML is nested too deeply, or has too many elements");
        return;
    }
    const char *colon = strrchr(name, ':');
    struct aws_xml *element = calloc(1, sizeof *element);
    if (element)
        element->name = strdup(colon ? colon + 1 : name);
    if (!element || !element->name) {
        free(element);
        stop(reader, ERROR_SYSTEM, "out of memory");
        return;
    }
    if (reader->depth == 0) {
        reader->root = element;
    } else {
        struct level *parent = &reader->levels[reader->depth - 1];
        if (parent->last_child)
            parent->last_child->next = element;
        else
            parent->element->first_child = element;
        parent->last_child = element;
    }
    struct level *level = &reader->levels[reader->depth++];
    level->element = element;
    level->last_child = NULL;
    buf_init(&level->text, AWS_XML_SIZE_MAX);
    reader->elements++;
}

static char *take_trimmed(const struct buf *text)
{
    const char *start = buf_text(text);
    const char *end = start + text->length;
    while (start < end && strchr(" \t\r\n", *start))
        start++;
    while (end > start && strchr(" \t\r\n", end[-1]))
        end--;
    return strndup(start, (size_t)(end - start));
}

static void end_element(void *context, const XML_Char *name)
{
    struct reader *reader = context;
    (void)name;
    if (reader->stopped)
        return;
    struct level *level = &reader->levels[--reader->depth];
    level->element->text = level->text.failed ? NULL : take_trimmed(&level->text);
    buf_free(&level->text);
    if (!level->element->text)
        stop(reader, ERROR_SYSTEM, "out of memory");
}

static void add_text(void *context, const XML_Char *text, int length)
{
    struct reader *reader = context;
    if (!reader->stopped && reader->depth > 0)
        buf_append(&reader->levels[reader->depth - 1].text, text, (size_t)length);
}

static void refuse_doctype(void *context, const XML_Char *name, const XML_Char *system,
                           const XML_Char *public_id, int internal)
{
    (void)name, (void)system, (void)public_id, (void)internal;
    stop(context, ERROR_INVALID, "the XML has a document type declaration");
}

struct aws_xml *aws_xml_parse(const char *data, size_t length, struct error *error)
{
    if (length > AWS_XML_SIZE_MAX) {
        error_set(error, ERROR_LIMIT, "the XML is larger than %u bytes", AWS_XML_SIZE_MAX);
        return NULL;
    }
    struct reader *reader = calloc(1, sizeof *reader);
    XML_Parser parser = XML_ParserCreate(NULL);
    struct aws_xml *root = NULL;
    if (!reader || !parser) {
        error_set(error, ERROR_SYSTEM, "out of memory");
        goto out;
    }
    reader->parser = parser;
    reader->error = error;
    XML_SetUserData(parser, reader);
    XML_SetElementHandler(parser, start_element, end_element);
    XML_SetCharacterDataHandler(parser, add_text);
    XML_SetStartDoctypeDeclHandler(parser, refuse_doctype);
    if (XML_Parse(parser, data, (int)length, XML_TRUE) == XML_STATUS_OK && !reader->stopped) {
        root = reader->root;
    } else {
        if (!reader->stopped)
            error_set(error, ERROR_INVALID, "not XML: %s", XML_ErrorString(XML_GetErrorCode(parser)));
        while (reader->depth > 0)
            buf_free(&reader->levels[--reader->depth].text);
        aws_xml_free(reader->root);
    }
out:
    if (parser)
        XML_ParserFree(parser);
    free(reader);
    return root;
}

/* Recursion is as deep as the tree, at most AWS_XML_DEPTH_MAX. */
void aws_xml_free(struct aws_xml *root)
{
    while (root) {
        struct aws_xml *next = root->next;
        aws_xml_free(root->first_child);
        free(root->name);
        free(root->text);
        free(root);
        root = next;
    }
}

static const struct aws_xml *first_named(const struct aws_xml *element, const char *name, size_t length)
{
    for (; element; element = element->next) {
        if (!name || (strlen(element->name) == length && memcmp(element->name, name, length) == 0))
            return element;
    }
    return NULL;
}

const struct aws_xml *aws_xml_child(const struct aws_xml *element, const char *name)
{
    return element ? first_named(element->first_child, name, name ? strlen(name) : 0) : NULL;
}

const struct aws_xml *aws_xml_next(const struct aws_xml *element, const char *name)
{
    return element ? first_named(element->next, name, name ? strlen(name) : 0) : NULL;
}

const struct aws_xml *aws_xml_find(const struct aws_xml *element, const char *path)
{
    while (element && *path) {
        size_t length = strcspn(path, "/");
        element = first_named(element->first_child, path, length);
        path += length + (path[length] == '/');
    }
    return element;
}

const char *aws_xml_text(const struct aws_xml *element, const char *path)
{
    const struct aws_xml *found = aws_xml_find(element, path);
    return found && found->text ? found->text : "";
}

int64_t aws_xml_integer(const struct aws_xml *element, const char *path, int64_t missing)
{
    const char *text = aws_xml_text(element, path);
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    return *text && *end == '\0' && errno == 0 ? value : missing;
}

const struct aws_xml *aws_xml_result(const struct aws_xml *root)
{
    for (const struct aws_xml *child = aws_xml_child(root, NULL); child; child = child->next) {
        size_t length = strlen(child->name);
        if (length > strlen("Result") && strcmp(child->name + length - strlen("Result"), "Result") == 0)
            return child;
    }
    return root;
}
