/*
 * engine: what each engine makes of the faders: their parameters there, and those that it does not have.
 * Pure.
 */
#ifndef SHAKETABLE_UI_ENGINE_H
#define SHAKETABLE_UI_ENGINE_H

#include "core/refusals.h"
#include "experiment/choices.h"
#include "ui/scale.h"

#include <stdint.h>

/* As titles have it: "sidecar", "AWS FIS", "ECS agent". */
const char *ui_engine_title(enum choices_engine engine);
/* In a sentence: "FIS", "the agent"; "the sidecar". */
const char *ui_engine_word(enum choices_engine engine);
/* What the fader becomes with it: its parameter, or "not in FIS" (*can is false then). "" with the sidecar,
 * which has them all by their own names. */
const char *ui_engine_fader(enum choices_engine engine, enum fader fader, bool *can);
/* What it would refuse of these faults; emptied first. `port` is the application's, 0: not known. */
void ui_engine_refusals(enum choices_engine engine, const struct fault *fault, int64_t duration_ms, int port,
                        struct refusals *refusals);
/* Whole numbers and uniform jitter: all but the sidecar. */
bool ui_engine_is_coarse(enum choices_engine engine);

#endif
