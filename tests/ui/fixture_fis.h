/*
 * fixture_fis: the scenes in which AWS FIS, its actions and templates are.
 */
#ifndef SHAKETABLE_TESTS_UI_FIXTURE_FIS_H
#define SHAKETABLE_TESTS_UI_FIXTURE_FIS_H

#include "tests/ui/fixture.h"

/* What is more in the model, or in the state, than in any other scene; nothing in scenes without FIS. */
void fixture_fis_model(enum fixture_scene scene, struct model *model);
void fixture_fis_state(enum fixture_scene scene, struct model *model, struct ui_state *state);
/* FIS's catalogue as it was read: some of its actions, with the parameters of one. */
struct model_catalogue *fixture_catalogue(void);

#endif
