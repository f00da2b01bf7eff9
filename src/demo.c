#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "src/commands.h"
#include "src/console.h"
#include "src/inject.h"
#include "src/region.h"

#define ROUND_MS 8000

/* One round in words: inject, measure, roll back. */
static enum cli_exit headless_round(const struct cli *cli)
{
    struct cli round = *cli;
    round.cluster = "storefront";
    round.service = "checkout";
    round.yes = true;
    if (!round.faults.given) {
        round.faults.fault.latency.mean_ms = 800;
        round.faults.fault.latency.jitter_ms = 50;
    }
    if (round.duration_ms == 0)
        round.duration_ms = ROUND_MS;
    if (!cli->json) {
        char faults[256];
        fault_describe(&round.faults.fault, faults, sizeof faults);
        printf("injecting into %s/%s for %lld s: %s\n", round.cluster, round.service,
               (long long)(round.duration_ms / 1000), faults);
        fflush(stdout);
    }
    return inject_run(&round, true);
}

static struct region_options region_options(const struct cli *cli)
{
    return (struct region_options){.listen = cli->listen,
                                   .big = cli->big,
                                   .throttle = cli->throttle,
                                   .fails = cli->fails,
                                   .fail_count = cli->fail_count};
}

enum cli_exit command_demo(const struct cli *cli)
{
    struct region region;
    struct error error;
    const struct region_options options = region_options(cli);
    if (!region_start(&region, &options, &error))
        return cli_fail(&error, CLI_FAILED);
    struct cli demo = *cli;
    demo.profile = NULL;
    demo.region = NULL;
    demo.endpoint_url = region.endpoint;
    bool console = !cli->headless && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    if (!console && !cli->json)
        printf("embedded region at %s\n", region.endpoint);
    enum cli_exit status = console ? console_run(&demo, true) : headless_round(&demo);
    region_stop(&region);
    if (!console && !cli->json && status == CLI_DONE)
        printf("the region is gone\n");
    return status;
}

enum cli_exit command_sandbox(const struct cli *cli)
{
    char program[REGION_PATH_MAX];
    const char *arguments[REGION_ARGUMENTS_MAX];
    struct error error;
    if (!region_find_program(program, &error))
        return cli_fail(&error, CLI_FAILED);
    const struct region_options options = region_options(cli);
    region_make_arguments(&options, arguments);
    execv(program, (char *const *)arguments);
    error_set(&error, ERROR_SYSTEM, "cannot start %s: %s", program, strerror(errno));
    return cli_fail(&error, CLI_FAILED);
}
