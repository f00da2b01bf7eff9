/*
 * probe_internal: what the parts of probe share: what is made of each way in which a round can end.
 */
#ifndef SHAKETABLE_EXPERIMENT_PROBE_INTERNAL_H
#define SHAKETABLE_EXPERIMENT_PROBE_INTERNAL_H

#include "core/dial.h"
#include "core/http1.h"
#include "experiment/probe.h"

struct probe {
    struct probe_target target; /* DynamoDB's host and port are its endpoint's */
    struct probe_options options;
    struct dial_trust *trust;        /* with TLS */
    struct aws_client *aws;          /* DynamoDB */
    char proxy[PROBE_AUTHORITY_MAX]; /* "": none */
    char name[PROBE_PATH_MAX + PROBE_TABLE_MAX];
};

/* Each sets outcome, what and error; what goes well is left as it is. */
void probe_judge_dial(const struct probe *probe, enum dial_failure failure, const struct error *error,
                      struct probe_round *round);
void probe_judge_exchange(const struct probe *probe, const struct error *error, struct probe_round *round);
void probe_judge_status(struct probe_round *round);
void probe_judge_aws(struct http1_answer *answer, struct probe_round *round);
void probe_tell_ok(struct probe_round *round);
/* The call that reads one item of the table. False: the round has failed. `sign` is to be freed in any case.
 */
bool probe_sign(struct probe *probe, char *body, size_t size, struct aws_signed *sign,
                struct probe_round *round);

#endif
