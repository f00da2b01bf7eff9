/*
 * run_fixture: a run whose sidecar and endpoint are in the test's own process, and what leads it through its
 * phases. One at a time: all of it is the test program's.
 */
#ifndef SHAKETABLE_TESTS_EXPERIMENT_RUN_FIXTURE_H
#define SHAKETABLE_TESTS_EXPERIMENT_RUN_FIXTURE_H

#include "experiment/run.h"

#include "core/clock.h"
#include "experiment/console_key.h"
#include "experiment/json.h"
#include "experiment/run_internal.h"
#include "tests/experiment/fake_ecs.h"
#include "tests/experiment/fake_stats.h"
#include "tests/experiment/support.h"

#define PATIENCE_MS 20000
#define LIBUV_THREADS 4  /* unless UV_THREADPOOL_SIZE says otherwise */
#define STATS_PORT 15001 /* the one that the revision takes */
#define OTHER FAKE_DEFINITION "checkout:42"

extern uv_loop_t loop;
extern struct fake_ecs ecs;
extern struct fake_stats sidecar;
extern char pin[TLS_PIN_TEXT_MAX]; /* that it takes */
extern struct aws_client *client;
extern struct run *run;
extern char last_log[MODEL_TEXT_MAX];
extern char calls_log[MODEL_TEXT_MAX]; /* the last word of calls to dynamodb */
extern bool not_cleared;               /* it was said that the sidecars do not listen */
/* Before setup: what intent_of asks for, and what the sidecar says that it can; NULL: as fake_stats does. */
extern enum choices_engine engine_wanted;
extern const char *sidecar_capabilities;

/* For cmocka. */
int setup(void **state);
int teardown(void **state);
/* The port is the revision's to choose, so the address is one that nobody else has. */
void start_sidecar(void);
void new_run(void);
void step(void);
void end_run(void);
struct intent intent_of(enum intent_kind kind);
void plan_and_confirm(void);
unsigned updates_made(void);
void assert_runs(const char *task_definition);
/* Without waiting for the whole baseline. */
void arm_and_tell(void);
void go_live(void);
/* Until it has ended, well or not. */
void roll_back(void);
void assert_as_before(void);
void assert_restored(void);

#define RUN_UNTIL(condition)                                                      \
    do {                                                                          \
        int64_t end_ms = clock_ms() + PATIENCE_MS;                                \
        while (!(condition)) {                                                    \
            if (clock_ms() > end_ms)                                              \
                fail_msg("waited too long for %s; %s", #condition, run->problem); \
            step();                                                               \
        }                                                                         \
    } while (0)

/* The endpoint's threads look at the same. */
#define SET(field, value)                \
    do {                                 \
        pthread_mutex_lock(&ecs.lock);   \
        ecs.field = (value);             \
        pthread_mutex_unlock(&ecs.lock); \
    } while (0)

#endif
