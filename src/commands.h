/*
 * commands: one file a headless command. Each prints its result on standard output, its messages on standard
 * error, and returns the exit status of the contract.
 */
#ifndef SHAKETABLE_SRC_COMMANDS_H
#define SHAKETABLE_SRC_COMMANDS_H

#include "src/cli.h"

enum cli_exit command_demo(const struct cli *cli);
enum cli_exit command_sandbox(const struct cli *cli);
enum cli_exit command_list(const struct cli *cli);
enum cli_exit command_plan(const struct cli *cli);
enum cli_exit command_doctor(const struct cli *cli);
enum cli_exit command_inject(const struct cli *cli);
enum cli_exit command_prepare(const struct cli *cli);
enum cli_exit command_adjust(const struct cli *cli);
enum cli_exit command_status(const struct cli *cli);
enum cli_exit command_watch(const struct cli *cli);
enum cli_exit command_rollback(const struct cli *cli);
enum cli_exit command_probe(const struct cli *cli);
enum cli_exit command_template(const struct cli *cli);

#endif
