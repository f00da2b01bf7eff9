/*
 * fixture_agent: the scenes in which the ECS agent makes the faults.
 */
#ifndef SHAKETABLE_TESTS_UI_FIXTURE_AGENT_H
#define SHAKETABLE_TESTS_UI_FIXTURE_AGENT_H

#include "tests/ui/fixture.h"

/* What is more in the model, or in the state, than in any other scene; nothing in scenes without the agent.
 */
void fixture_agent_model(enum fixture_scene scene, struct model *model);
void fixture_agent_state(enum fixture_scene scene, struct model *model, struct ui_state *state);

#endif
