/*
 * template: the command `shaketable template`, one file for each of its words.
 */
#ifndef SHAKETABLE_SRC_TEMPLATE_H
#define SHAKETABLE_SRC_TEMPLATE_H

#include "core/refusals.h"
#include "experiment/template.h"
#include "src/cli.h"

#include <stdio.h>

struct json_object;

enum cli_exit template_command_export(const struct cli *cli);
enum cli_exit template_command_import(const struct cli *cli);
enum cli_exit template_command_check(const struct cli *cli);
enum cli_exit template_command_run(const struct cli *cli);

/* Reads the file that the command line names: a path, file://PATH as the AWS CLI has it, or - for standard
 * input. NULL was told on standard error; *status is then what to exit with. */
struct template *template_open(const struct cli *cli, enum cli_exit *status);
/* A line each: "PREFIX WHERE: WHY". */
void template_print_refusals(FILE *out, const char *prefix, const struct refusals *refusals);
/* [{"what", "why"}], the caller's. */
struct json_object *template_refusals_json(const struct refusals *refusals);

#endif
