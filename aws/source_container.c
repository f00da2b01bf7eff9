/* The role of the task or the pod that we run in
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html). */
#include "aws/given.h"
#include "aws/plain.h"
#include "aws/source.h"
#include "aws/url.h"
#include "core/buf.h"

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define CONTAINER_URL "http://169.254.170.2"
#define CONTAINER_TIMEOUT_MS 2000
#define CONTAINER_ATTEMPTS 3
#define HEADER_MAX (32U << 10)

/* The token must not go to anybody on the network: only to this machine, ECS's agent or EKS's. */
static bool is_allowed(const struct aws_url *url)
{
    static const char *const hosts[] = {"localhost", "::1", "169.254.170.2", "169.254.170.23",
                                        "fd00:ec2::23"};
    struct in_addr address;
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        if (strcasecmp(url->host, hosts[i]) == 0)
            return true;
    }
    /* All of 127.0.0.0/8, but no name that begins so. */
    return inet_pton(AF_INET, url->host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

static bool check_url(const char *text, struct error *error)
{
    struct aws_url url;
    if (!aws_url_parse(text, &url, NULL))
        return error_set(error, ERROR_DENIED, "AWS_CONTAINER_CREDENTIALS_FULL_URI is not a URL: %.200s",
                         text);
    return is_allowed(&url) ||
           error_set(error, ERROR_DENIED,
                     "AWS_CONTAINER_CREDENTIALS_FULL_URI names the host %.200s: only this machine, "
                     "169.254.170.2, 169.254.170.23 and fd00:ec2::23 may give credentials",
                     url.host);
}

static bool make_url(char url[AWS_URL_MAX], struct error *error)
{
    const char *relative = aws_settings_environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *full = aws_settings_environment("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    int length =
        relative ? snprintf(url, AWS_URL_MAX, "%s%s%s", CONTAINER_URL, *relative == '/' ? "" : "/", relative)
                 : snprintf(url, AWS_URL_MAX, "%s", full);
    if (length >= AWS_URL_MAX)
        return error_set(error, ERROR_DENIED, "the URL of the container's credentials is too long");
    return relative || check_url(url, error);
}

/* The file is read anew each time, for its token changes. */
static bool read_token_file(const char *path, struct buf *header, struct error *error)
{
    char block[4096];
    size_t got;
    FILE *file = fopen(path, "re");
    if (!file) {
        error_set_errno(error, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: %.300s", path);
        return false;
    }
    while ((got = fread(block, 1, sizeof block, file)) > 0)
        buf_append(header, block, got);
    bool done = !ferror(file) || error_set(error, ERROR_DENIED, "%.300s can't be read", path);
    OPENSSL_cleanse(block, sizeof block);
    fclose(file);
    return done;
}

/* "Authorization: TOKEN", or nothing. */
static bool make_header(struct buf *header, struct error *error)
{
    const char *path = aws_settings_environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *token = aws_settings_environment("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    if (!path && !token)
        return true;
    buf_append_text(header, "Authorization: ");
    if (path && !read_token_file(path, header, error))
        return false;
    if (!path)
        buf_append_text(header, token);
    if (header->failed)
        return error_set(error, ERROR_DENIED, "the container's authorization token is too long");
    if (strlen(buf_text(header)) != header->length || strpbrk(buf_text(header), "\r\n"))
        return error_set(
            error, ERROR_DENIED,
            "the container's authorization token (%s) has a line break, which no header may have",
            path ? path : "AWS_CONTAINER_AUTHORIZATION_TOKEN");
    return true;
}

static bool fetch(const struct aws_source *source, const char *url, const char *header,
                  struct aws_credentials *credentials, struct error *error)
{
    struct aws_http_answer answer;
    struct aws_plain plain = {.method = "GET",
                              .url = url,
                              .headers = {"Accept: application/json", *header ? header : NULL},
                              .timeout_ms = CONTAINER_TIMEOUT_MS,
                              .attempts = CONTAINER_ATTEMPTS,
                              .no_proxy = true,
                              .cancel = source->cancel};
    bool done = aws_plain_send(source->transport, &plain, &answer, error);
    if (done && answer.status != 200)
        done =
            error_set(error, ERROR_DENIED, "%.200s gave no credentials, but status %ld", url, answer.status);
    if (done)
        done = aws_given_read(buf_text(&answer.body), answer.body.length, AWS_GIVEN_ROLE, credentials, error);
    if (answer.body.data)
        OPENSSL_cleanse(answer.body.data, answer.body.capacity);
    aws_http_answer_free(&answer);
    return done;
}

enum aws_found aws_source_container(const struct aws_source *source, struct aws_credentials *credentials,
                                    struct error *error)
{
    char url[AWS_URL_MAX];
    struct buf header;
    bool relative = aws_settings_environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") != NULL;
    if (!relative && !aws_settings_environment("AWS_CONTAINER_CREDENTIALS_FULL_URI"))
        return AWS_NOTHING;
    if (!make_url(url, error))
        return AWS_FAILED;
    if (!source->transport)
        return AWS_LATER;
    buf_init(&header, HEADER_MAX);
    snprintf(credentials->source, sizeof credentials->source, "the container's role, from %.200s", url);
    bool done = make_header(&header, error) && fetch(source, url, buf_text(&header), credentials, error);
    if (header.data)
        OPENSSL_cleanse(header.data, header.capacity);
    buf_free(&header);
    return done ? AWS_FOUND : AWS_FAILED;
}
