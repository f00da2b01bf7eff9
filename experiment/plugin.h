/*
 * plugin: session-manager-plugin, the program that carries a session of AWS Systems Manager. Called as the
 * AWS CLI calls it (awscli/customizations/sessionmanager.py): the answer of StartSession, with its token,
 * stands in the environment, and only that variable's name among the arguments.
 */
#ifndef SHAKETABLE_EXPERIMENT_PLUGIN_H
#define SHAKETABLE_EXPERIMENT_PLUGIN_H

#include "aws/ssm.h"
#include "core/error.h"

#include <stdbool.h>
#include <sys/types.h>

#define PLUGIN_PATH_MAX 4096
#define PLUGIN_NAME "session-manager-plugin"

/* Its path, from $PATH. Runs it once for its version, and blocks meanwhile (20 s at most). ERROR_NOT_FOUND:
 * it is not installed; ERROR_REFUSED: it would take the token only as an argument, where every user of this
 * machine can read it. */
bool plugin_find(char path[PLUGIN_PATH_MAX], struct error *error);

struct plugin_call {
    const char *path;
    const char *region, *profile, *endpoint; /* of the calls to SSM; profile "": none was named */
    const char *request;                     /* StartSession's input, as JSON */
    const struct ssm_session *session;
};
/* Starts it for a session. Its number, and in *output the descriptor of what it prints, which does not block;
 * -1 on error. It dies with the thread that calls this. */
pid_t plugin_start(const struct plugin_call *call, int *output, struct error *error);

/* Whether "1.2.650.0" takes the answer in the environment. */
bool plugin_hides_token(const char *version);
/* Whether this line says that the local port is open. */
bool plugin_is_open(const char *line, int port);

#endif
