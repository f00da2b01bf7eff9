/* question: a worker asks, the model shows it, an intent answers. */
#include "experiment/question.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/clock.h"

struct asked {
    struct question question;
    atomic_bool cancel;
    atomic_int changes;
    bool done;
    char code[32];
    struct error error;
    pthread_t thread;
};

static void on_changed(void *context)
{
    struct asked *asked = context;
    atomic_fetch_add(&asked->changes, 1);
}

static void *ask(void *context)
{
    struct asked *asked = context;
    asked->done = question_ask(&asked->question, "arn:mfa", &asked->cancel, asked->code, sizeof asked->code,
                               &asked->error);
    return NULL;
}

/* Asks on a thread of its own, and returns the number under which the model shows it. */
static unsigned begin(struct asked *asked)
{
    struct model_question shown = {0};
    atomic_store(&asked->cancel, false);
    pthread_create(&asked->thread, NULL, ask, asked);
    while (shown.number == 0) {
        clock_sleep_ms(1);
        question_show(&asked->question, &shown);
    }
    assert_string_equal(shown.serial, "arn:mfa");
    return shown.number;
}

static int setup(void **state)
{
    static struct asked asked;
    memset(&asked, 0, sizeof asked);
    question_init(&asked.question, on_changed, &asked);
    *state = &asked;
    return 0;
}

static int teardown(void **state)
{
    struct asked *asked = *state;
    question_destroy(&asked->question);
    return 0;
}

static void an_answer_reaches_who_asked(void **state)
{
    struct asked *asked = *state;
    struct model_question shown;
    unsigned number = begin(asked);
    question_answer(&asked->question, number + 1, "111111"); /* to another question */
    question_answer(&asked->question, number, "12345");      /* no code */
    question_answer(&asked->question, number, "123456");
    pthread_join(asked->thread, NULL);
    assert_true(asked->done);
    assert_string_equal(asked->code, "123456");
    question_show(&asked->question, &shown);
    assert_int_equal(shown.number, 0);
    assert_int_equal(atomic_load(&asked->changes), 2);
    assert_int_not_equal(begin(asked), number);
    atomic_store(&asked->cancel, true);
    pthread_join(asked->thread, NULL);
}

static void nobody_knows_it_or_it_is_not_wanted_any_more(void **state)
{
    struct asked *asked = *state;
    question_answer(&asked->question, begin(asked), "");
    pthread_join(asked->thread, NULL);
    assert_false(asked->done);
    assert_int_equal(asked->error.code, ERROR_CANCELED);
    begin(asked);
    atomic_store(&asked->cancel, true);
    pthread_join(asked->thread, NULL);
    assert_false(asked->done);
    assert_int_equal(asked->error.code, ERROR_CANCELED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_answer_reaches_who_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_knows_it_or_it_is_not_wanted_any_more, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
