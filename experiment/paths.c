#include "experiment/paths.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXPERIMENT_ID_MAX 31

static bool make_directories(char *path, struct error *error)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST) {
            error_set_errno(error, "cannot make the directory %s", path);
            *slash = '/';
            return false;
        }
        *slash = '/';
    }
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return error_set_errno(error, "cannot make the directory %s", path);
    return true;
}

static bool home(char path[PATHS_MAX], struct error *error)
{
    const char *variable = getenv("HOME");
    if (variable == NULL || variable[0] != '/') {
        const struct passwd *user = getpwuid(getuid());
        variable = user == NULL ? NULL : user->pw_dir;
    }
    if (variable == NULL || snprintf(path, PATHS_MAX, "%s", variable) >= PATHS_MAX)
        return error_set(error, ERROR_SYSTEM, "no home directory: set HOME");
    return true;
}

bool paths_experiments(char path[PATHS_MAX], struct error *error)
{
    const char *state = getenv("XDG_STATE_HOME");
    char base[PATHS_MAX];
    int length;
    if (state != NULL && state[0] == '/')
        length = snprintf(path, PATHS_MAX, "%s/shaketable/experiments", state);
    else if (!home(base, error))
        return false;
    else
        length = snprintf(path, PATHS_MAX, "%s/.local/state/shaketable/experiments", base);
    if (length < 0 || length >= PATHS_MAX)
        return error_set(error, ERROR_SYSTEM, "XDG_STATE_HOME is too long");
    return make_directories(path, error);
}

bool paths_config(char path[PATHS_MAX], struct error *error)
{
    const char *config = getenv("XDG_CONFIG_HOME");
    char base[PATHS_MAX];
    int length;
    if (config != NULL && config[0] == '/')
        length = snprintf(path, PATHS_MAX, "%s/shaketable", config);
    else if (!home(base, error))
        return false;
    else
        length = snprintf(path, PATHS_MAX, "%s/.config/shaketable", base);
    if (length < 0 || length >= PATHS_MAX)
        return error_set(error, ERROR_SYSTEM, "XDG_CONFIG_HOME is too long");
    return make_directories(path, error);
}

static bool check_id(const char *experiment, struct error *error)
{
    size_t length = strspn(experiment, "0123456789abcdefghijklmnopqrstuvwxyz-");
    if (length == 0 || length > EXPERIMENT_ID_MAX || experiment[length] != '\0')
        return error_set(error, ERROR_USAGE,
                         "%.40s is not an experiment's id; see shaketable list experiments", experiment);
    return true;
}

static bool join(char path[PATHS_MAX], const char *name, const char *suffix, struct error *error)
{
    size_t length = strlen(path);
    int more = snprintf(path + length, PATHS_MAX - length, "/%s.%s", name, suffix);
    if (more < 0 || (size_t)more >= PATHS_MAX - length)
        return error_set(error, ERROR_SYSTEM, "a path is too long: %.100s…", path);
    return true;
}

bool paths_experiment_file(const char *experiment, const char *suffix, char path[PATHS_MAX],
                           struct error *error)
{
    return check_id(experiment, error) && paths_experiments(path, error) &&
           join(path, experiment, suffix, error);
}

bool paths_control_socket(const char *experiment, char path[PATHS_MAX], struct error *error)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    if (runtime == NULL || runtime[0] != '/' || access(runtime, W_OK) != 0)
        return paths_experiment_file(experiment, "sock", path, error);
    if (!check_id(experiment, error))
        return false;
    if (snprintf(path, PATHS_MAX, "%s/shaketable", runtime) >= PATHS_MAX)
        return error_set(error, ERROR_SYSTEM, "XDG_RUNTIME_DIR is too long");
    return make_directories(path, error) && join(path, experiment, "sock", error);
}

void paths_operator(char *text, size_t size)
{
    char host[128] = "";
    const struct passwd *user = getpwuid(getuid());
    if (gethostname(host, sizeof host - 1) != 0)
        host[0] = '\0';
    snprintf(text, size, "%s@%s", user == NULL ? "unknown" : user->pw_name,
             host[0] == '\0' ? "unknown" : host);
}
