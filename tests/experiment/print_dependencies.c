/* The services that --dependency knows, each with its variable, for dependency_names.py. */
#include "experiment/dependency.h"

#include <stdio.h>

int main(void)
{
    const struct dependency_service *service;
    char variable[DEPENDENCY_VARIABLE_MAX];
    for (size_t i = 0; (service = dependency_service_at(i)) != NULL; i++) {
        dependency_variable(service, variable);
        printf("%s %s\n", service->name, variable);
    }
    return 0;
}
