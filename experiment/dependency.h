/*
 * dependency: what a service calls, as --dependency names it: one of AWS's services, to which an SDK goes by
 * an endpoint that an environment variable can change, or HOST:PORT, which is reached through an HTTPS proxy
 * that an environment variable can name. Pure.
 *
 * Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
 */
#ifndef SHAKETABLE_EXPERIMENT_DEPENDENCY_H
#define SHAKETABLE_EXPERIMENT_DEPENDENCY_H

#include "core/api_services.h"
#include "core/error.h"
#include "core/units.h"
#include "experiment/choices.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

#define DEPENDENCY_VARIABLE_MAX 80
#define DEPENDENCY_VARIABLE "AWS_ENDPOINT_URL" /* for all services; with _SERVICE behind it for one */

struct dependency {
    const struct api_service *service; /* NULL: the place below */
    char host[UNITS_HOST_MAX];
    uint16_t port;
};

/* What the text names: a service by the AWS CLI's name, or that of a signature's scope. ERROR_USAGE begins
 * with `option` and says what is near, or what may be written. */
bool dependency_parse(const char *text, const char *option, struct dependency *out, struct error *error);
/* As it is kept and shown: "dynamodb", "db.example.com:5432", "[::1]:443". */
void dependency_format(const struct dependency *dependency, char text[CHOICES_DEPENDENCY_MAX]);
/* "AWS_ENDPOINT_URL_DYNAMODB". */
void dependency_variable(const struct api_service *service, char name[DEPENDENCY_VARIABLE_MAX]);

/* The texts as way_back.dependencies has them; NULL where there are none. The caller owns it. */
struct json_object *dependency_list(const struct choices *choices);
/* "dynamodb, sqs" of such a list; "" of none. What does not fit ends in "…". */
void dependency_words(struct json_object *list, char *text, size_t size);

#endif
