/*
 * template_file: experiment templates as files on this machine. Ordinary files only, so that reading one
 * waits for nobody.
 */
#ifndef SHAKETABLE_EXPERIMENT_TEMPLATE_FILE_H
#define SHAKETABLE_EXPERIMENT_TEMPLATE_FILE_H

#include "core/error.h"
#include "experiment/template.h"

#include <stdbool.h>

struct json_object;

/* A path, or file://PATH as the AWS CLI has it; ~/ is the home. NULL with an error that names the file. */
struct template *template_file_read(const char *path, struct error *error);
/* Writes the document as people read it, mode 0644 less the umask. A file that is there already is an error
 * and stays as it is; of one that could not be written whole nothing is left. */
bool template_file_write(const char *path, struct json_object *document, struct error *error);

#endif
