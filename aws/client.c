#include "aws/client.h"

#include "aws/client_internal.h"
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

struct aws_client *aws_client_open(const struct aws_options *options, struct error *error)
{
    struct aws_client *client = calloc(1, sizeof *client);
    if (!client) {
        error_set(error, ERROR_SYSTEM, "out of memory");
        return NULL;
    }
    if (!choose_timeout(options, &client->timeout_ms, error) ||
        !aws_settings_load(&client->settings, options, error)) {
        free(client);
        return NULL;
    }
    for (int service = 0; service < AWS_SERVICES; service++) {
        if (!aws_endpoint_resolve(&client->endpoints[service], &client->settings, (enum aws_service)service,
                                  options->endpoint_url, error))
            goto fail;
    }
    if (!aws_credentials_resolve(&client->credentials, &client->settings, error))
        goto fail;
    client->http = aws_http_pool_open(client->settings.ca_bundle);
    if (!client->http) {
        error_set(error, ERROR_SYSTEM, "libcurl can't be started");
        goto fail;
    }
    client->read_only = options->read_only;
    pthread_mutex_init(&client->credentials_lock, NULL);
    aws_retry_init(&client->retry);
    return client;
fail:
    aws_credentials_clear(&client->credentials);
    aws_settings_free(&client->settings);
    free(client);
    return NULL;
}

void aws_client_close(struct aws_client *client)
{
    if (!client)
        return;
    aws_http_pool_close(client->http);
    aws_retry_destroy(&client->retry);
    pthread_mutex_destroy(&client->credentials_lock);
    aws_credentials_clear(&client->credentials);
    aws_settings_free(&client->settings);
    free(client);
}

const char *aws_client_region(const struct aws_client *client)
{
    return client->settings.region;
}

const char *aws_client_profile(const struct aws_client *client)
{
    return client->settings.profile;
}

const char *aws_client_endpoint(const struct aws_client *client)
{
    return client->endpoints[AWS_ECS].configured ? client->endpoints[AWS_ECS].url : "";
}

const char *aws_client_service_url(const struct aws_client *client, enum aws_service service)
{
    return client->endpoints[service].url;
}

bool aws_client_read_only(const struct aws_client *client)
{
    return client->read_only;
}

void aws_client_set_cancel(struct aws_client *client, const atomic_bool *flag)
{
    client->cancel = flag;
}

bool aws_client_is_canceled(const struct aws_client *client)
{
    return client->cancel && atomic_load(client->cancel);
}

/* The place where credentials that expire are renewed. Those that are read so far never do. */
bool aws_client_copy_credentials(struct aws_client *client, struct aws_credentials *copy, struct error *error)
{
    (void)error;
    pthread_mutex_lock(&client->credentials_lock);
    memcpy(copy, &client->credentials, sizeof *copy);
    pthread_mutex_unlock(&client->credentials_lock);
    return true;
}
