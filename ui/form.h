/*
 * form: an action of AWS FIS, to be filled in: its parameters, what it shall hit, and how much of that. Pure.
 *
 * An action of our table (experiment/fis_actions.h) has typed fields; of any other, FIS's own catalogue says
 * which parameters there are, and all are plain texts. Which fields there are depends on what stands in
 * others, so they are asked for anew each time.
 */
#ifndef SHAKETABLE_UI_FORM_H
#define SHAKETABLE_UI_FORM_H

#include "experiment/fis_actions.h"
#include "experiment/fis_compose.h"
#include "experiment/model.h"

#include <stdbool.h>
#include <stddef.h>

#define FORM_FIELDS_MAX (MODEL_CATALOGUE_PARAMETERS_MAX + 4)
#define FORM_VALUE_MAX (TEMPLATE_VALUE_MAX + 1)
#define FORM_NUMBER_MAX 8

struct form {
    char action[MODEL_ACTION_ID_MAX];
    size_t cursor;
    bool tried; /* somebody wanted the plan: what is missing is an error from now on */
    enum fis_compose_by by;
    enum template_selection selection;
    char target[FORM_VALUE_MAX], number[FORM_NUMBER_MAX];
    size_t value_count; /* by the parameters' names */
    struct {
        char name[TEMPLATE_NAME_MAX + 1];
        char text[FORM_VALUE_MAX];
    } values[MODEL_CATALOGUE_PARAMETERS_MAX];
};

enum form_kind { FORM_PARAMETER, FORM_BY, FORM_TARGET, FORM_SELECTION, FORM_NUMBER };
struct form_field {
    enum form_kind kind;
    const char *name, *label, *help, *unit;
    const char *standard; /* what holds when it is left empty; "": nothing */
    bool required;
    bool choice;                           /* one of a few: left and right change it */
    const struct fis_parameter *parameter; /* NULL: not in our table */
};

/* What is known of the action; `loading` other than LOADED: its parameters are not known (yet), `problem` may
 * say why. */
struct form_action {
    enum model_loading loading;
    const char *problem;
    const char *title, *help;
    const char *target_key, *resource_type; /* "" where it has no target */
    size_t target_count;
    const struct fis_action *known; /* NULL: not in our table */
    const struct model_catalogue_action *told;
};
void form_describe(const char *action, const struct model_catalogue *catalogue, struct form_action *out);

/* Of an action that was just chosen; what the desk knows stands in it: the experiment's length, the service's
 * port (0: not known), whether it runs on Fargate. */
void form_init(struct form *form, const char *action, const struct model_catalogue *catalogue,
               int64_t duration_ms, int port, bool fargate);
size_t form_fields(const struct form *form, const struct form_action *action,
                   struct form_field fields[FORM_FIELDS_MAX]);
/* What stands in a field, as it was written or chosen: "" if nothing. */
const char *form_value(const struct form *form, const struct form_field *field);
/* The same to write into; NULL where it is a choice, or there is no room for another one. */
char *form_text(struct form *form, const struct form_field *field, size_t *size);
/* The next or the one before, of a choice. */
void form_turn(struct form *form, const struct form_field *field, const struct form_action *action,
               int direction);
/* What is wrong with a field; what is empty and must not be is wrong only once it was tried. */
bool form_check(const struct form *form, const struct form_field *field, const struct form_action *action,
                struct error *error);
/* The template that it makes, the caller's to release. NULL: `wrong` is the field's number, or the number of
 * fields where it is none's alone. */
struct template *form_template(const struct form *form, const struct form_action *action, const char *cluster,
                               const char *service, const char *service_arn, size_t *wrong,
                               struct error *error);

#endif
