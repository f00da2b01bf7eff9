/*
 * fake_fis: as much of FIS as whoever finds and ends an experiment speaks to, a part of fake_ecs: its lists,
 * and the end of what is in them.
 */
#ifndef SHAKETABLE_TESTS_EXPERIMENT_FAKE_FIS_H
#define SHAKETABLE_TESTS_EXPERIMENT_FAKE_FIS_H

#include "tests/experiment/fake_ecs.h"

struct way_back;

/* `ours` NULL: somebody else's. */
void fake_fis_add_template(struct fake_ecs *fake, const char *id, const struct way_back *ours);
void fake_fis_add_experiment(struct fake_ecs *fake, const char *id, const char *template_id,
                             const char *status, const struct way_back *ours);
/* "" : there is no such template, or experiment. */
const char *fake_fis_status(struct fake_ecs *fake, const char *id);

/* What fake_ecs does with a path of FIS's; its lock is held. */
bool fake_fis_is_path(const char *path);
bool fake_fis_answer(struct fake_ecs *fake, const struct liar_request *request);

#endif
