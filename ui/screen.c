#include "ui/screen.h"

/* The opaque types keep what curses' macros would otherwise leak into names of ours. */
#define NCURSES_NOMACROS 1
#include <curses.h>
#include <term.h>

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define ESC_DELAY_MS 25
#define STYLES 4096 /* foreground and background roles together */
#define RESTORE_MAX 256
/* Keys of our own for what terminfo has no name for. */
#define KEY_FOCUS_IN 0x7001
#define KEY_FOCUS_OUT 0x7002
#define KEY_POINTER 0x7003 /* the start of an SGR mouse report */
#define POINTER_WAIT_MS 50 /* for the rest of one that came in pieces */

#define SYNC_BEGIN "\033[?2026h"
#define SYNC_END "\033[?2026l"
#define POINTER_ON "\033[?1002h\033[?1006h\033[?1004h"
#define POINTER_OFF "\033[?1004l\033[?1006l\033[?1002l"

struct screen {
    SCREEN *terminal;
    WINDOW *input; /* a pad: reading from it refreshes nothing */
    FILE *tty;
    int tty_fd;
    const struct theme *theme;
    enum theme_depth depth;
    bool ascii, pointer, synchronized, has_own_colors;
    int cols, rows;
    int pairs[STYLES]; /* by style, -1: not made yet */
    int pair_colors[256][2];
    int pair_count;
    struct canvas before;
    bool forget;
};

/* ── restoring the terminal on fatal signals ─────────────────────────────────────────────── */

static const int fatal_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
#define FATAL_SIGNALS (sizeof fatal_signals / sizeof fatal_signals[0])
/* The terminal is global by nature; a signal handler can reach nothing else. */
static struct {
    volatile sig_atomic_t armed;
    struct termios modes;
    char bytes[RESTORE_MAX];
    size_t length;
    struct sigaction old[FATAL_SIGNALS];
} restore;

static void on_fatal_signal(int number)
{
    if (restore.armed) {
        restore.armed = 0;
        ssize_t written = write(STDOUT_FILENO, restore.bytes, restore.length);
        (void)written;
        tcsetattr(STDOUT_FILENO, TCSANOW, &restore.modes);
    }
    for (size_t i = 0; i < FATAL_SIGNALS; i++)
        if (fatal_signals[i] == number)
            sigaction(number, &restore.old[i], NULL);
    raise(number);
}

static void add_restore(const char *text)
{
    size_t length = text != NULL && (intptr_t)text != -1 ? strlen(text) : 0;
    if (restore.length + length > sizeof restore.bytes)
        return;
    if (length > 0)
        memcpy(restore.bytes + restore.length, text, length);
    restore.length += length;
}

static void arm_restore(const struct screen *screen)
{
    restore.length = 0;
    if (screen->pointer)
        add_restore(POINTER_OFF);
    add_restore(SYNC_END);
    static const char *const names[] = {"sgr0", "cnorm", "rmkx", "rmcup"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char name[8];
        snprintf(name, sizeof name, "%s", names[i]);
        add_restore(tigetstr(name));
    }
    add_restore("\r\n");
    struct sigaction action = {.sa_handler = on_fatal_signal};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < FATAL_SIGNALS; i++)
        sigaction(fatal_signals[i], &action, &restore.old[i]);
    restore.armed = 1;
}

static void disarm_restore(void)
{
    if (!restore.armed)
        return;
    restore.armed = 0;
    for (size_t i = 0; i < FATAL_SIGNALS; i++)
        sigaction(fatal_signals[i], &restore.old[i], NULL);
}

/* ── opening and closing ─────────────────────────────────────────────────────────────────── */

static void write_raw(const char *text)
{
    ssize_t written = write(STDOUT_FILENO, text, strlen(text));
    (void)written;
}

/* A locale that says nothing is taken for UTF-8, as nearly every terminal is today; one that says
 * something else is believed. */
static bool locale_is_unicode(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    bool says = false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        says = says || (value != NULL && value[0] != '\0');
    }
    setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
        return true;
    return !says && setlocale(LC_CTYPE, "C.UTF-8") != NULL;
}

static void read_abilities(struct screen *screen, bool no_color)
{
    const char *color_wish = getenv("NO_COLOR");
    screen->depth = DEPTH_NONE;
    if (!no_color && (color_wish == NULL || color_wish[0] == '\0') && has_colors() && start_color() == OK) {
        screen->has_own_colors = use_default_colors() == OK;
        screen->depth = COLORS >= 1 << 24 ? DEPTH_TRUE
                        : COLORS >= 256   ? DEPTH_256
                        : COLORS >= 16    ? DEPTH_16
                                          : DEPTH_8;
    }
    char mouse[] = "kmous";
    const char *prefix = tigetstr(mouse);
    const char *term = getenv("TERM");
    screen->pointer = prefix != NULL && (intptr_t)prefix != -1 && strcmp(prefix, "\033[<") == 0;
    screen->synchronized = screen->pointer && term != NULL && strncmp(term, "linux", 5) != 0;
}

static void set_pointer(const struct screen *screen, bool on)
{
    if (screen->pointer)
        write_raw(on ? POINTER_ON : POINTER_OFF);
}

static void set_up_input(struct screen *screen)
{
    cbreak();
    noecho();
    nonl();
    set_escdelay(ESC_DELAY_MS);
    typeahead(-1);
    /* Not every terminal fills with the background's colour what a deleted character leaves. */
    idcok(stdscr, FALSE);
    curs_set(0);
    screen->input = newpad(1, 1);
    keypad(screen->input, TRUE);
    nodelay(screen->input, TRUE);
    if (screen->pointer) {
        /* Reports are read here: curses merges those that come in one read, and loses drags. */
        define_key("\033[<", KEY_POINTER);
        define_key("\033[I", KEY_FOCUS_IN);
        define_key("\033[O", KEY_FOCUS_OUT);
    }
    set_pointer(screen, true);
}

static void forget_pairs(struct screen *screen)
{
    for (size_t i = 0; i < STYLES; i++)
        screen->pairs[i] = -1;
    screen->pair_count = 1; /* 0 is the terminal's own */
}

struct screen *screen_open(const struct screen_options *options, struct error *error)
{
    if (!isatty(STDOUT_FILENO)) {
        error_set(error, ERROR_USAGE, "the console needs a terminal; without one use the commands (--help)");
        return NULL;
    }
    struct screen *screen = calloc(1, sizeof *screen);
    if (screen == NULL) {
        error_set(error, ERROR_SYSTEM, "no memory for the screen");
        return NULL;
    }
    screen->theme = options->theme;
    screen->tty_fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    screen->tty = screen->tty_fd >= 0 ? fdopen(screen->tty_fd, "r+") : NULL;
    if (screen->tty == NULL) {
        error_set_errno(error, "cannot open /dev/tty");
        goto fail;
    }
    bool unicode = locale_is_unicode();
    screen->ascii = options->ascii || !unicode;
    tcgetattr(STDOUT_FILENO, &restore.modes);
    screen->terminal = newterm(NULL, stdout, screen->tty);
    if (screen->terminal == NULL) {
        const char *term = getenv("TERM");
        error_set(error, ERROR_SYSTEM,
                  "the terminal TERM=%s is not known here; try TERM=xterm-256color or TERM=vt100",
                  term != NULL ? term : "");
        goto fail;
    }
    read_abilities(screen, options->no_color);
    set_up_input(screen);
    arm_restore(screen);
    forget_pairs(screen);
    screen->cols = COLS;
    screen->rows = LINES;
    canvas_init(&screen->before, screen->cols, screen->rows, screen->ascii);
    screen->forget = true;
    return screen;
fail:
    if (screen->tty != NULL)
        fclose(screen->tty);
    else if (screen->tty_fd >= 0)
        close(screen->tty_fd);
    free(screen);
    return NULL;
}

void screen_close(struct screen *screen)
{
    if (screen == NULL)
        return;
    set_pointer(screen, false);
    endwin();
    disarm_restore();
    delwin(screen->input);
    delscreen(screen->terminal);
    fclose(screen->tty);
    canvas_free(&screen->before);
    free(screen);
}

void screen_suspend(struct screen *screen)
{
    set_pointer(screen, false);
    def_prog_mode();
    endwin();
    restore.armed = 0;
}

void screen_resume(struct screen *screen)
{
    reset_prog_mode();
    restore.armed = 1;
    set_pointer(screen, true);
    screen_resize(screen);
    screen_forget(screen);
}

int screen_input_fd(const struct screen *screen)
{
    return screen->tty_fd;
}

void screen_size(const struct screen *screen, int *cols, int *rows)
{
    *cols = screen->cols;
    *rows = screen->rows;
}

bool screen_is_ascii(const struct screen *screen)
{
    return screen->ascii;
}

bool screen_is_mono(const struct screen *screen)
{
    return screen->depth == DEPTH_NONE || theme_is_mono(screen->theme);
}

void screen_resize(struct screen *screen)
{
    struct winsize size = {0};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0)
        resizeterm(size.ws_row, size.ws_col);
    screen->cols = COLS;
    screen->rows = LINES;
    screen_forget(screen);
}

void screen_set_theme(struct screen *screen, const struct theme *theme)
{
    screen->theme = theme;
    forget_pairs(screen);
    screen_forget(screen);
}

void screen_forget(struct screen *screen)
{
    screen->forget = true;
}

/* ── drawing ─────────────────────────────────────────────────────────────────────────────── */

static int make_pair(struct screen *screen, int foreground, int background)
{
    if (!screen->has_own_colors) {
        foreground = foreground < 0 ? COLOR_WHITE : foreground;
        background = background < 0 ? COLOR_BLACK : background;
    }
    if (foreground < 0 && background < 0)
        return 0;
    for (int i = 1; i < screen->pair_count; i++)
        if (screen->pair_colors[i][0] == foreground && screen->pair_colors[i][1] == background)
            return i;
    const int known = (int)(sizeof screen->pair_colors / sizeof screen->pair_colors[0]);
    if (screen->pair_count >= known || screen->pair_count >= COLOR_PAIRS ||
        init_extended_pair(screen->pair_count, foreground, background) != OK)
        return 0;
    screen->pair_colors[screen->pair_count][0] = foreground;
    screen->pair_colors[screen->pair_count][1] = background;
    return screen->pair_count++;
}

static int style_pair(struct screen *screen, paint style)
{
    size_t key = style & (STYLES - 1);
    if (screen->depth == DEPTH_NONE || theme_is_mono(screen->theme))
        return 0;
    if (screen->pairs[key] < 0)
        screen->pairs[key] =
            make_pair(screen, theme_color(screen->theme, (enum role)STYLE_FOREGROUND(style), screen->depth),
                      theme_color(screen->theme, (enum role)STYLE_BACKGROUND(style), screen->depth));
    return screen->pairs[key];
}

static attr_t style_attributes(const struct screen *screen, paint style)
{
    unsigned wanted = theme_attributes(screen->theme, (enum role)STYLE_FOREGROUND(style),
                                       (enum role)STYLE_BACKGROUND(style), screen->depth);
    attr_t attributes = A_NORMAL;
    /* With eight colours bold makes black grey: not on a chip. */
    bool bold =
        (style & STYLE_BOLD) != 0 && !(screen->depth == DEPTH_8 && STYLE_FOREGROUND(style) == ROLE_INK);
    if (bold || (wanted & THEME_BOLD) != 0)
        attributes |= A_BOLD;
    if ((style & STYLE_UNDERLINE) != 0 || (wanted & THEME_UNDERLINE) != 0)
        attributes |= A_UNDERLINE;
    if ((wanted & THEME_DIM) != 0)
        attributes |= A_DIM;
    if ((wanted & THEME_REVERSE) != 0)
        attributes |= A_REVERSE;
    return attributes;
}

static void draw_cell(struct screen *screen, int x, int y, const struct cell *cell)
{
    wchar_t text[2] = {(wchar_t)cell->ch, L'\0'};
    int pair = style_pair(screen, cell->style);
    cchar_t character;
    /* Pairs beyond a short's range go through the extension's pointer. */
    if (setcchar(&character, text, style_attributes(screen, cell->style), 0, &pair) == OK)
        mvwadd_wch(stdscr, y, x, &character);
}

/* A blank shows no foreground: leaving it out keeps runs of one style long, and cheap to send. */
static bool cells_differ(const struct cell *a, const struct cell *b)
{
    if (a->ch != b->ch)
        return true;
    return a->style != b->style;
}

static bool is_backed_up(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    if (poll(&out, 1, 0) != 1 || (out.revents & POLLOUT) == 0)
        return true;
    int waiting = 0;
    return ioctl(STDOUT_FILENO, TIOCOUTQ, &waiting) == 0 && waiting > 0;
}

bool screen_flush(struct screen *screen, const struct canvas *canvas)
{
    if (is_backed_up())
        return false;
    bool whole = screen->forget || canvas->cols != screen->before.cols || canvas->rows != screen->before.rows;
    if (whole) {
        canvas_free(&screen->before);
        canvas_init(&screen->before, canvas->cols, canvas->rows, canvas->ascii);
        werase(stdscr);
        clearok(curscr, TRUE);
        screen->forget = false;
    }
    bool changed = whole;
    for (int y = 0; y < canvas->rows; y++)
        for (int x = 0; x < canvas->cols; x++) {
            size_t at = (size_t)y * (size_t)canvas->cols + (size_t)x;
            if (!whole && !cells_differ(&canvas->cells[at], &screen->before.cells[at]))
                continue;
            screen->before.cells[at] = canvas->cells[at];
            changed = true;
            if (canvas->cells[at].ch != 0)
                draw_cell(screen, x, y, &canvas->cells[at]);
        }
    if (!changed)
        return true;
    if (screen->synchronized)
        write_raw(SYNC_BEGIN);
    wnoutrefresh(stdscr);
    doupdate();
    if (screen->synchronized)
        write_raw(SYNC_END);
    return true;
}

/* ── keys and mouse ──────────────────────────────────────────────────────────────────────── */

/* The rest of a report, "BUTTON;COLUMN;ROW" and M (pressed) or m (released); 0 if it is none. */
static wint_t read_report(const struct screen *screen, int numbers[3])
{
    int at = 0;
    wint_t ch = 0;
    numbers[0] = numbers[1] = numbers[2] = 0;
    wtimeout(screen->input, POINTER_WAIT_MS);
    while (wget_wch(screen->input, &ch) == OK) {
        if (ch >= '0' && ch <= '9' && numbers[at] < 100000)
            numbers[at] = numbers[at] * 10 + (int)(ch - '0');
        else if (ch == ';' && at < 2)
            at++;
        else
            break;
    }
    nodelay(screen->input, TRUE);
    return at == 2 && (ch == 'M' || ch == 'm') ? ch : 0;
}

/* XTerm Control Sequences, "Extended coordinates": button in bits 0–1, 32 for motion, 64 for the wheel. */
static bool decode_mouse(const struct screen *screen, struct ui_event *event)
{
    int numbers[3];
    wint_t end = read_report(screen, numbers);
    int button = numbers[0] & ~(4 | 8 | 16); /* whatever keys are held with it */
    event->x = numbers[1] - 1;
    event->y = numbers[2] - 1;
    if (end == 0)
        return false;
    if (button == 64 || button == 65)
        event->type = button == 64 ? UI_EVENT_WHEEL_UP : UI_EVENT_WHEEL_DOWN;
    else if (button == 0)
        event->type = end == 'M' ? UI_EVENT_PRESS : UI_EVENT_RELEASE;
    else if (button == 32)
        event->type = end == 'M' ? UI_EVENT_DRAG : UI_EVENT_RELEASE;
    else
        return false;
    return true;
}

static int decode_key(int code)
{
    static const struct {
        int curses, ours;
    } known[] = {
        {KEY_UP, UI_KEY_UP},
        {KEY_DOWN, UI_KEY_DOWN},
        {KEY_LEFT, UI_KEY_LEFT},
        {KEY_RIGHT, UI_KEY_RIGHT},
        {KEY_SLEFT, UI_KEY_SHIFT_LEFT},
        {KEY_SRIGHT, UI_KEY_SHIFT_RIGHT},
        {KEY_BTAB, UI_KEY_BACKTAB},
        {KEY_PPAGE, UI_KEY_PAGE_UP},
        {KEY_NPAGE, UI_KEY_PAGE_DOWN},
        {KEY_HOME, UI_KEY_HOME},
        {KEY_END, UI_KEY_END},
        {KEY_DC, UI_KEY_DELETE},
        {KEY_BACKSPACE, UI_KEY_BACKSPACE},
        {KEY_ENTER, UI_KEY_ENTER},
        {KEY_F(1), UI_KEY_F1},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].curses == code)
            return known[i].ours;
    return 0;
}

bool screen_next_event(struct screen *screen, struct ui_event *event)
{
    for (;;) {
        wint_t ch = 0;
        int got = wget_wch(screen->input, &ch);
        if (got == ERR)
            return false;
        event->type = UI_EVENT_KEY;
        if (got != KEY_CODE_YES) {
            event->key = (int)ch;
            return true;
        }
        if (ch == KEY_POINTER) {
            if (decode_mouse(screen, event))
                return true;
            continue;
        }
        if (ch == KEY_FOCUS_IN || ch == KEY_FOCUS_OUT) {
            event->type = ch == KEY_FOCUS_IN ? UI_EVENT_FOCUS_IN : UI_EVENT_FOCUS_OUT;
            return true;
        }
        event->key = decode_key((int)ch);
        if (event->key != 0)
            return true;
    }
}
