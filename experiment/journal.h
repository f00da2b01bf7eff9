/*
 * journal: what an experiment will do and has done, written ahead and fsynced, one JSON object a line
 * ($XDG_STATE_HOME/shaketable/experiments/ID.jsonl, mode 0600, ~/.local/state without the
 * variable). The process that runs the experiment holds a lock (flock) on the file; an unlocked
 * journal without an "ended" line is an experiment whose console died.
 *
 * Lines: {"at":MS,"event":"begin","wayBack":{…},"service":{…},"faults":{…},"durationMs":n}
 *        {"at":MS,"event":"will","call":"UpdateService","undo":"…"}   before a call that changes AWS
 *        {"at":MS,"event":"did","call":"UpdateService","result":"…"}
 *        {"at":MS,"event":"phase","phase":"injecting"}
 *        {"at":MS,"event":"guard","tripped":"guard 'p99 > 2s' tripped: …"}
 *        {"at":MS,"event":"ended","restored":true}
 */
#ifndef SHAKETABLE_EXPERIMENT_JOURNAL_H
#define SHAKETABLE_EXPERIMENT_JOURNAL_H

#include "core/error.h"
#include "core/fault.h"
#include "experiment/way_back.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct journal;

#define JOURNAL_LINE_MAX 262144
#define JOURNAL_FILE_MAX (4 * 1024 * 1024)

/* Makes the file (it must not exist), locks it, writes "begin"; `service` is DescribeServices' answer as it
 * was. NULL with an error: nothing was begun. */
struct journal *journal_begin(const struct way_back *way_back, struct json_object *service,
                              const struct fault *faults, int64_t duration_ms, struct error *error);
/* Opens and locks the journal of an experiment; ERROR_NOT_FOUND, or ERROR_CONFLICT while another process
 * holds it. */
struct journal *journal_open(const char *experiment, struct error *error);
/* Unlocks and frees; the file stays. NULL is allowed. */
void journal_close(struct journal *journal);

/* From now on a line that can't be written is no error: the way back must not wait for room on a disk. */
void journal_forgive(struct journal *journal);
/* What could not be written since, and why; "" if all was. */
const char *journal_trouble(const struct journal *journal);

/* Each returns after fsync. After a false (disk full) the caller must not make the call. NULL is
 * allowed, and is a journal that could not be had: true. */
bool journal_will(struct journal *journal, const char *call, const char *undo, struct error *error);
bool journal_did(struct journal *journal, const char *call, const char *result, struct error *error);
bool journal_phase(struct journal *journal, const char *phase, struct error *error);
/* A guard has tripped, and why. */
bool journal_guard(struct journal *journal, const char *reason, struct error *error);
bool journal_ended(struct journal *journal, bool restored, const char *left, struct error *error);
/* This call, which makes something, was made, and how it ended is not written: it may take effect late. One
 * of RegisterTaskDefinition, CreateTargetGroup, CreateService, CreateExperimentTemplate, StartExperiment.
 * NULL: false. */
bool journal_may_have_made(const struct journal *journal, const char *call);

/* What a journal says, read without locking. */
struct journal_entry {
    char experiment[32];
    struct way_back way_back;    /* journal_entry_free frees it, journal_list_free all */
    struct json_object *service; /* as it was before; owned likewise */
    struct fault faults;
    char phase[16];  /* the last one written */
    bool ended;      /* and restored */
    bool running;    /* a process holds it */
    unsigned unsure; /* bits: see journal_may_have_made */
    int64_t begun_ms, last_ms;
};
/* Reads one journal's lines, all but `experiment` and `running`; free it in any case. False: it has no
 * "begin" that can be read. */
bool journal_entry_read(struct journal_entry *entry, FILE *file);
void journal_entry_free(struct journal_entry *entry);
/* An experiment's journal, to be read and closed; NULL: there is none. */
FILE *journal_open_to_read(const char *experiment);
/* True while a process holds it. */
bool journal_is_held(const char *experiment);
struct journal_list {
    size_t count;
    struct journal_entry *entries; /* newest first */
    size_t unreadable;             /* files that are no journals of ours, or half of one */
};
bool journal_list_read(struct journal_list *list, struct error *error);
void journal_list_free(struct journal_list *list);

/* Removes journals without one whole line, whose writer died before it had begun anything. */
void journal_sweep(void);

#endif
