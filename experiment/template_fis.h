/*
 * template_fis: what AWS FIS would refuse in a template that can be read, as far as it can be known without
 * asking it. Pure.
 */
#ifndef SHAKETABLE_EXPERIMENT_TEMPLATE_FIS_H
#define SHAKETABLE_EXPERIMENT_TEMPLATE_FIS_H

#include "core/refusals.h"
#include "experiment/template.h"

#include <stdbool.h>

struct template_fis {
    bool has_role;   /* one is given beside the file (--role) */
    bool own_region; /* an embedded region's FIS, which has LocalStack's actions and takes its names */
};

/* True where there is nothing. */
bool template_fis_check(const struct template *template, const struct template_fis *setting,
                        struct refusals *refusals);

#endif
