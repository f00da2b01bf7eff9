#include "src/plan_text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ECMA-48, SGR. */
#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define CYAN "\033[36m"
#define BOLD "\033[1m"
#define DIM "\033[2m"
#define PLAIN "\033[0m"

#define SEVERITIES (MODEL_STOP + 1)

static const char *const names[SEVERITIES] = {"note", "warning", "stop"};

bool plan_text_colors(const struct cli *cli, FILE *out)
{
    const char *wish = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return !cli->no_color && (wish == NULL || wish[0] == '\0') && isatty(fileno(out)) && terminal != NULL &&
           strcmp(terminal, "dumb") != 0;
}

static void print_finding(const struct model_finding *finding, FILE *out, bool colors)
{
    static const char *const inks[SEVERITIES] = {CYAN, YELLOW, RED};
    const char *ink = colors ? inks[finding->severity] : "", *bold = colors ? BOLD : "";
    const char *dim = colors ? DIM : "", *plain = colors ? PLAIN : "";
    fprintf(out, "%s%s%s:%s %s%s%s\n", ink, bold, names[finding->severity], plain, bold, finding->what,
            plain);
    fprintf(out, "  %swhy:%s %s\n  %sdo:%s  %s\n", dim, plain, finding->why, dim, plain, finding->advice);
}

void plan_text_findings(const struct model_plan *plan, FILE *out, bool colors)
{
    for (size_t i = 0; i < plan->finding_count; i++)
        print_finding(&plan->findings[i], out, colors);
    if (plan->findings_left_out > 0)
        fprintf(out, "and %zu more, none of them worse\n", plan->findings_left_out);
}

void plan_text_count(const struct model_plan *plan, char *text, size_t size)
{
    size_t counts[SEVERITIES] = {0}, at = 0;
    for (size_t i = 0; i < plan->finding_count; i++)
        counts[plan->findings[i].severity]++;
    snprintf(text, size, "no findings");
    for (int i = MODEL_STOP; i >= MODEL_NOTE; i--)
        if (counts[i] > 0 && at < size)
            at += (size_t)snprintf(text + at, size - at, "%s%zu %s%s", at > 0 ? ", " : "", counts[i],
                                   names[i], counts[i] == 1 ? "" : "s");
}

static const char *ink_of(const char *line, size_t length)
{
    if (strncmp(line, "---", 3) == 0 || strncmp(line, "+++", 3) == 0)
        return BOLD;
    return length == 0 ? "" : line[0] == '+' ? GREEN : line[0] == '-' ? RED : line[0] == '@' ? CYAN : "";
}

void plan_text_diff(const char *diff, FILE *out, bool colors)
{
    if (!colors) {
        fputs(diff, out);
        return;
    }
    while (*diff != '\0') {
        size_t length = strcspn(diff, "\n");
        const char *ink = ink_of(diff, length);
        fprintf(out, "%s%.*s%s\n", ink, (int)length, diff, ink[0] == '\0' ? "" : PLAIN);
        diff += length + (diff[length] == '\n');
    }
}
