#include "config.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>

#include "src/commands.h"
#include "src/console.h"

static const struct cli_command commands[] = {
    {"demo", "[--headless] [FAULTS] [--duration TIME]",
     "the console on an embedded region of its own, with live traffic; all gone on exit",
     CLI_HEADLESS | CLI_FAULTS | CLI_EXPERIMENT | CLI_CHOICES | CLI_GUARDS | CLI_FAIL | CLI_CLIENT, 0,
     command_demo},
    {"sandbox", "[--listen ADDR:PORT] [--big C:S:T] [--throttle RATE] [--fail SPEC]...",
     "the embedded region alone, until SIGINT or SIGTERM", CLI_LISTEN | CLI_FAIL, 0, command_sandbox},
    {"list",
     "clusters | services --cluster C | target-groups [--cluster C --service S] | experiments | templates |"
     " fis-experiments",
     "what there is", CLI_TARGET, 1, command_list},
    {"plan", "--cluster C --service S FAULTS", "what an injection would change, as a diff; changes nothing",
     CLI_TARGET | CLI_FAULTS | CLI_EXPERIMENT | CLI_CHOICES | CLI_ENGINE | CLI_GUARDS, 0, command_plan},
    {"doctor", "--cluster C --service S [FAULTS]", "the preflight alone: can this service be injected?",
     CLI_TARGET | CLI_FAULTS | CLI_EXPERIMENT | CLI_CHOICES | CLI_ENGINE | CLI_GUARDS, 0, command_doctor},
    {"inject", "--cluster C --service S FAULTS [--duration TIME] [--guard EXPR] [--yes]",
     "put the sidecars in, start the faults, stay in the foreground, roll back at the end",
     CLI_TARGET | CLI_FAULTS | CLI_EXPERIMENT | CLI_CHOICES | CLI_ENGINE | CLI_GUARDS | CLI_CLIENT, 0,
     command_inject},
    {"prepare", "--engine fis --cluster C --service S [--instance-role NAME] [--yes]",
     "give a service what AWS FIS needs of its tasks, until a rollback takes it away again",
     CLI_TARGET | CLI_EXPERIMENT | CLI_ENGINE | CLI_PREPARE, 0, command_prepare},
    {"adjust", "[EXPERIMENT] [FAULTS] [--guard EXPR]",
     "change the faults of a running experiment, or add guards; what is not named stays",
     CLI_FAULTS | CLI_GUARDS, 1, command_adjust},
    {"status", "[EXPERIMENT]", "how an experiment stands", 0, 1, command_status},
    {"watch", "[EXPERIMENT] [--interval TIME]", "its figures, one line an interval", CLI_INTERVAL, 1,
     command_watch},
    {"rollback", "[EXPERIMENT | --cluster C --service S | --all]",
     "make traffic clean and restore the service, from the journal or from what stands in AWS",
     CLI_TARGET | CLI_ALL | CLI_EXPERIMENT, 1, command_rollback},
    {"probe",
     "[http://HOST:PORT/PATH | https://… | tcp://HOST:PORT | dynamodb:TABLE] [--interval TIME] [--count N]",
     "round trips to an address or a DynamoDB table, one line a round: connect, TLS, first byte, total",
     CLI_PROBE | CLI_INTERVAL, 1, command_probe},
    {"template", "export --cluster C --service S FAULTS | import FILE | check FILE | run FILE",
     "faults as an AWS FIS experiment template, and back; which engine can run one, and running it",
     CLI_TARGET | CLI_FAULTS | CLI_EXPERIMENT | CLI_GUARDS | CLI_ENGINE, 2, command_template},
};
#define COMMANDS (sizeof commands / sizeof commands[0])

static enum cli_exit run(int argc, char **argv)
{
    struct cli cli;
    struct error error = {0};
    const struct cli_command *command;
    if (!cli_parse(&cli, argc, argv, &error) || !cli_find_command(&cli, commands, COMMANDS, &command, &error))
        return cli_fail(&error, CLI_USAGE);
    if (cli.version) {
        printf("shaketable %s\n", PACKAGE_VERSION);
        return CLI_DONE;
    }
    if (cli.help) {
        cli_print_help(&cli, commands, COMMANDS, command);
        return CLI_DONE;
    }
    if (command == NULL)
        return console_run(&cli, false);
    return command->run(&cli);
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is told like a full disk */
    return (int)run(argc, argv);
}
