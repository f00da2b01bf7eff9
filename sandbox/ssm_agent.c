#include "sandbox/ssm_agent.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

int ssm_agent_main(void)
{
    const char *role = getenv("MANAGED_INSTANCE_ROLE_NAME"), *watched = getenv("SHAKETABLE_PARENT_DEATH");
    sigset_t signals;
    int caught = 0;

    if (watched && strcmp(watched, "1") == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!role || !*role) {
        fputs("Environment variable MANAGED_INSTANCE_ROLE_NAME not set, exiting\n", stderr);
        return 1;
    }
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    printf("amazon-ssm-agent: registered as a managed instance with the role %s\n", role);
    fflush(stdout);
    sigwait(&signals, &caught);
    return 0;
}
