/*
 * ask_fis_roles FIS_ROLE_ARN TASK_ROLE_ARN MANAGED_ROLE_NAME commands|network|stop: prints the findings of
 * preflight_check_fis_roles, one a line: severity, what it is, what to do. For fis_roles.sh; the endpoint and
 * the keys come from the environment.
 */
#include "experiment/fis_roles.h"
#include "experiment/model_internal.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    static const char *const severities[] = {"note", "warning", "stop"};
    struct aws_options options = {0};
    struct error error = {0};
    if (argc != 5)
        return 2;
    struct aws_client *client = aws_client_open(&options, &error);
    if (client == NULL) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    bool network = strcmp(argv[4], "network") == 0, stop = strcmp(argv[4], "stop") == 0;
    struct fis_roles_question question = {.fis_role_arn = argv[1],
                                          .task_role_arn = argv[2],
                                          .managed_role_name = argv[3],
                                          .account = "000000000000",
                                          .region = aws_client_region(client),
                                          .cluster = "storefront",
                                          .runs_commands = !stop,
                                          .shapes_network = network,
                                          .stops_tasks = stop};
    struct model_plan *plan = model_plan_new();
    preflight_check_fis_roles(plan, client, &question);
    for (size_t i = 0; i < plan->finding_count; i++)
        printf("%s: %s; %s\n", severities[plan->findings[i].severity], plan->findings[i].what,
               plan->findings[i].advice);
    model_plan_release(plan);
    aws_client_close(client);
    return 0;
}
