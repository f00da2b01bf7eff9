/*
 * ask_code: asks for the code of an MFA device on the terminal, whatever standard input and output are.
 */
#ifndef SHAKETABLE_SRC_ASK_CODE_H
#define SHAKETABLE_SRC_ASK_CODE_H

#include "core/error.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* As aws_mfa.ask wants it; `context` is not used. What is typed is not shown. ERROR_DENIED without a
 * terminal, ERROR_CANCELED after Ctrl-C or Ctrl-D, or once *cancel (NULL: never) is true. */
bool ask_code(void *context, const char *serial, const atomic_bool *cancel, char *code, size_t size,
              struct error *error);

#endif
