/*
 * console_key: the key by which sidecars know this console, in $XDG_CONFIG_HOME/shaketable/console.key:
 * Ed25519, PEM (PKCS #8, RFC 8410), readable for its owner alone. It is made at first use, and never
 * overwritten. Only its pin leaves this machine.
 */
#ifndef SHAKETABLE_EXPERIMENT_CONSOLE_KEY_H
#define SHAKETABLE_EXPERIMENT_CONSOLE_KEY_H

#include "core/error.h"
#include "core/tls.h"

#include <stdbool.h>

#define CONSOLE_KEY_FILE "console.key"
#define CONSOLE_KEY_BYTES_MAX 4096 /* a file of ours has 119 */

struct console_key {
    struct evp_pkey_st *key;
    char pin[TLS_PIN_TEXT_MAX];
};

/* Reads it, or makes it where there is none; of two consoles that make one at once, both get the same. Errors
 * name the file and say what to do: ERROR_DENIED (others can read it, or it is not ours), ERROR_INVALID (no
 * such key in it), ERROR_SYSTEM. */
bool console_key_open(struct console_key *key, struct error *error);
void console_key_close(struct console_key *key);

#endif
