/*
 * fis_check: what an experiment template may be. Reads nothing but the template and the catalogue.
 */
#ifndef SHAKETABLE_SANDBOX_FIS_CHECK_H
#define SHAKETABLE_SANDBOX_FIS_CHECK_H

#include "sandbox/call.h"

#include <stdbool.h>
#include <stddef.h>

/* What a template keeps of a request: the known members, parameters as texts; the caller owns it. `before` is
 * the template that is updated: what the request does not have stays as it is there. NULL: it is a new one.
 */
struct json_object *fis_template_body(struct json_object *request, struct json_object *before);
/* False: the call has failed with ValidationException. `region` is the AWS region. */
bool fis_check_template(struct call *call, struct json_object *body, const char *region);
/* A map of texts. `own`: of a resource of FIS, whose keys may not begin with aws:. */
bool fis_check_tags(struct call *call, struct json_object *tags, bool own);

/* fis_check_actions.c: the actions alone. */
bool fis_check_actions(struct call *call, struct json_object *body, const char *region);
/* True when the startAfter of the actions go round in a circle; *name is an action in it. */
bool fis_has_cycle(struct json_object *actions, const char **name);
/* Milliseconds of an ISO 8601 duration; false if it is none. */
bool fis_read_duration(const char *text, double *ms);

/* fis_check_targets.c: the targets alone. */
bool fis_check_targets(struct call *call, struct json_object *targets);
/* "ALL", "COUNT(n)", "PERCENT(n)"; *number is n, *percent whether it is one. ALL is 100 percent. */
bool fis_read_selection(const char *mode, long *number, bool *percent);
/* Name of an action, a target, a parameter: 1 to 64 characters, not all blank. */
bool fis_check_name(struct call *call, const char *what, const char *name);
/* A parameter's value against its kind. `where` names the action or target. */
struct fis_parameter;
bool fis_check_parameters(struct call *call, const char *where, const char *name,
                          const struct fis_parameter *known, struct json_object *given);

#endif
