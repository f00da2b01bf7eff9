/*
 * ssm_agent: the program behind the image amazon-ssm-agent, the sidecar that AWS FIS wants in a task. What it
 * would do there (register the task as a managed instance, run FIS's documents) the region does itself, so
 * that it only has to be there, and to mind what the real one minds: the variable MANAGED_INSTANCE_ROLE_NAME.
 */
#ifndef SHAKETABLE_SANDBOX_SSM_AGENT_H
#define SHAKETABLE_SANDBOX_SSM_AGENT_H

/* Waits until SIGTERM or SIGINT; 1 after a message where the variable is missing. The container's command, a
 * script that would install and register the agent, means nothing here. */
int ssm_agent_main(void);

#endif
