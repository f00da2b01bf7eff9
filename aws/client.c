#include "aws/client.h"

#include "aws/client_internal.h"

#include <stdlib.h>
#include <string.h>

struct aws_client *aws_client_open(const struct aws_options *options, struct error *error)
{
    struct aws_client *client = calloc(1, sizeof *client);
    if (!client) {
        error_set(error, ERROR_SYSTEM, "out of memory");
        return NULL;
    }
    if (!aws_settings_load(&client->settings, options, error)) {
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
    client->timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : AWS_CLIENT_TIMEOUT_MS;
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
