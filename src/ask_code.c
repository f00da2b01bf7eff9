#include "src/ask_code.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "experiment/model.h"

#define LOOK_MS 100
#define CTRL_C 3
#define CTRL_D 4
#define CTRL_U 21
#define DELETE 127

static void say(int terminal, const char *text)
{
    if (write(terminal, text, strlen(text)) < 0)
        return; /* it is gone: the next read tells */
}

/* The next key; -1: canceled, or the terminal is gone. */
static int next_key(int terminal, const atomic_bool *cancel)
{
    struct pollfd polled = {.fd = terminal, .events = POLLIN};
    char key;
    for (;;) {
        if (cancel != NULL && atomic_load(cancel))
            return -1;
        int ready = poll(&polled, 1, LOOK_MS);
        if (ready > 0)
            return read(terminal, &key, 1) == 1 ? (unsigned char)key : -1;
    }
}

/* A line without echo; false: canceled. */
static bool read_line(int terminal, const atomic_bool *cancel, char *line, size_t size)
{
    size_t length = 0;
    for (;;) {
        int key = next_key(terminal, cancel);
        if (key == -1 || key == CTRL_C || (key == CTRL_D && length == 0))
            return false;
        if (key == '\r' || key == '\n')
            break;
        if (key == CTRL_U)
            length = 0;
        else if ((key == '\b' || key == DELETE) && length > 0)
            length--;
        else if (key > ' ' && key < DELETE && length + 1 < size)
            line[length++] = (char)key;
    }
    line[length] = '\0';
    return true;
}

static bool ask_until_valid(int terminal, const char *serial, const atomic_bool *cancel, char *code,
                            size_t size)
{
    char prompt[512];
    snprintf(prompt, sizeof prompt, "shaketable: MFA code of %.400s: ", serial);
    for (;;) {
        say(terminal, prompt);
        bool answered = read_line(terminal, cancel, code, size);
        say(terminal, "\r\n");
        if (!answered)
            return false;
        if (model_code_is_valid(code))
            return true;
        say(terminal, "shaketable: a code has six digits\r\n");
    }
}

bool ask_code(void *context, const char *serial, const atomic_bool *cancel, char *code, size_t size,
              struct error *error)
{
    (void)context;
    struct termios before;
    int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (terminal < 0 || tcgetattr(terminal, &before) != 0) {
        if (terminal >= 0)
            close(terminal);
        return error_set(
            error, ERROR_DENIED,
            "the code of the MFA device %.200s is needed, and there is no terminal to ask for it: get "
            "keys with a terminal first, e.g. with 'aws configure export-credentials'",
            serial);
    }
    struct termios silent = before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG);
    silent.c_cc[VMIN] = 1;
    silent.c_cc[VTIME] = 0;
    tcsetattr(terminal, TCSAFLUSH, &silent);
    bool answered = ask_until_valid(terminal, serial, cancel, code, size);
    tcsetattr(terminal, TCSAFLUSH, &before);
    close(terminal);
    return answered || error_set(error, ERROR_CANCELED, "no code of the MFA device %.200s was given", serial);
}
