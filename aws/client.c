#include "aws/client.h"

#include "aws/client_internal.h"
#include "core/clock.h"
#include "core/units.h"

#include <stdlib.h>
#include <string.h>

static bool choose_timeout(const struct aws_options *options, int *timeout_ms, struct error *error)
{
    const char *text = aws_settings_environment(AWS_CLIENT_TIMEOUT_VARIABLE);
    double ms = AWS_CLIENT_TIMEOUT_MS;
    if (options->timeout_ms > 0)
        ms = options->timeout_ms;
    else if (text && !units_parse_duration(text, 1, AWS_CLIENT_TIMEOUT_VARIABLE, &ms, error))
        return false;
    if (ms < AWS_CLIENT_TIMEOUT_LEAST_MS || ms > AWS_CLIENT_TIMEOUT_MOST_MS)
        return error_set(error, ERROR_INVALID, AWS_CLIENT_TIMEOUT_VARIABLE ": from %d ms to %d s",
                         AWS_CLIENT_TIMEOUT_LEAST_MS, AWS_CLIENT_TIMEOUT_MOST_MS / 1000);
    *timeout_ms = (int)ms;
    return true;
}

/* Owns a reference to the login from then on. */
static struct aws_client *make(struct aws_login *login, const char *endpoint_url, struct error *error)
{
    struct aws_client *client = calloc(1, sizeof *client);
    if (!client) {
        error_set(error, ERROR_SYSTEM, "out of memory");
        aws_login_release(login);
        return NULL;
    }
    for (int service = 0; service < AWS_SERVICES; service++) {
        if (!aws_endpoint_resolve(&client->endpoints[service], &login->settings, (enum aws_service)service,
                                  endpoint_url, error)) {
            aws_login_release(login);
            free(client);
            return NULL;
        }
    }
    client->login = login;
    client->timeout_ms = AWS_CLIENT_TIMEOUT_MS;
    aws_retry_init(&client->retry);
    return client;
}

struct aws_client *aws_client_open(const struct aws_options *options, struct error *error)
{
    int timeout_ms = 0;
    if (!choose_timeout(options, &timeout_ms, error))
        return NULL;
    struct aws_login *login = aws_login_open(options, error);
    struct aws_client *client = login ? make(login, options->endpoint_url, error) : NULL;
    if (!client)
        return NULL;
    client->read_only = options->read_only;
    client->timeout_ms = timeout_ms;
    return client;
}

struct aws_client *aws_client_open_beside(const struct aws_client *other, struct error *error)
{
    struct aws_client *client = calloc(1, sizeof *client);
    if (!client) {
        error_set(error, ERROR_SYSTEM, "out of memory");
        return NULL;
    }
    aws_login_retain(other->login);
    client->login = other->login;
    memcpy(client->endpoints, other->endpoints, sizeof client->endpoints);
    client->read_only = other->read_only;
    client->timeout_ms = other->timeout_ms;
    aws_retry_init(&client->retry);
    return client;
}

struct aws_client *aws_client_open_for_login(struct aws_login *login, const struct aws_credentials *keys,
                                             const atomic_bool *cancel, struct error *error)
{
    aws_login_retain(login);
    struct aws_client *client = make(login, NULL, error);
    if (!client)
        return NULL;
    client->keys = keys;
    client->unsigned_calls = keys == NULL;
    client->cancel = cancel;
    return client;
}

void aws_client_close(struct aws_client *client)
{
    if (!client)
        return;
    aws_retry_destroy(&client->retry);
    aws_login_release(client->login);
    free(client);
}

void aws_client_login_again(struct aws_client *client)
{
    aws_login_again(client->login);
}

const char *aws_client_region(const struct aws_client *client)
{
    return client->login->settings.region;
}

const char *aws_client_profile(const struct aws_client *client)
{
    return client->login->settings.profile;
}

const char *aws_client_endpoint(const struct aws_client *client)
{
    return client->endpoints[AWS_ECS].configured ? client->endpoints[AWS_ECS].url : "";
}

const char *aws_client_service_url(const struct aws_client *client, enum aws_service service)
{
    return client->endpoints[service].url;
}

const char *aws_client_ca_bundle(const struct aws_client *client)
{
    return client->login->settings.ca_bundle;
}

bool aws_client_read_only(const struct aws_client *client)
{
    return client->read_only;
}

bool aws_client_get_pace(const struct aws_client *client, struct aws_client_pace *pace)
{
    int64_t now_ms = clock_ms();
    memset(pace, 0, sizeof *pace);
    for (int service = 0; service < AWS_SERVICES; service++) {
        double limit = aws_pace_limit(&client->login->pace[service], now_ms);
        if (limit == 0 || (pace->service && limit >= pace->per_second))
            continue;
        pace->service = aws_service_info((enum aws_service)service)->title;
        pace->per_second = limit;
        pace->throttled = aws_pace_throttled(&client->login->pace[service]);
    }
    return pace->service != NULL;
}

void aws_client_set_urgent(struct aws_client *client, bool urgent)
{
    client->urgent = urgent;
}

void aws_client_set_cancel(struct aws_client *client, const atomic_bool *flag)
{
    client->cancel = flag;
}

bool aws_client_is_canceled(const struct aws_client *client)
{
    return client->cancel && atomic_load(client->cancel);
}
