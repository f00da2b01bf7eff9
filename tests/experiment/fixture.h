/*
 * fixture: a job against fake_ecs, a plan and a journal, for the tests that arm and restore.
 */
#ifndef SHAKETABLE_TESTS_EXPERIMENT_FIXTURE_H
#define SHAKETABLE_TESTS_EXPERIMENT_FIXTURE_H

#include "experiment/arm.h"
#include "experiment/json.h"
#include "experiment/plan.h"
#include "experiment/restore.h"
#include "tests/experiment/fake_ecs.h"

#define FIXTURE_ALWAYS 1000
#define FIXTURE_OTHER FAKE_DEFINITION "checkout:42"

struct fixture {
    struct fake_ecs fake;
    struct aws_client *client;
    atomic_bool cancel;
    struct progress progress;
    struct job job;
    struct plan *plan;
    struct journal *journal;
    struct restore_outcome outcome;
    struct error error;
};

/* For cmocka: *state is the fixture. */
int fixture_setup(void **state);
int fixture_teardown(void **state);
/* A client of its own, of this region; NULL: the usual one. */
void fixture_open_client(struct fixture *fixture, const char *region);
void fixture_make_plan(struct fixture *fixture);
/* For the service's calls to this. */
void fixture_make_dependency_plan(struct fixture *fixture, const char *dependency,
                                  const struct choices *choices);
/* A plan that is not refused, and its journal. */
void fixture_begin(struct fixture *fixture);
bool fixture_arm(struct fixture *fixture);
void fixture_begin_and_arm(struct fixture *fixture);
bool fixture_restore(struct fixture *fixture, bool take_over);
void fixture_assert_as_before(struct fixture *fixture);
/* How far it is; valid until the next call. */
const struct model_step *fixture_steps(struct fixture *fixture);

#endif
