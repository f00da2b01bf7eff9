#include "tests/experiment/support.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "experiment/json.h"
#include "experiment/way_back.h"

static char home[SUPPORT_PATH_MAX];

void support_make_home(void)
{
    static const char *const unwanted[] = {"AWS_PROFILE",
                                           "AWS_DEFAULT_PROFILE",
                                           "AWS_DEFAULT_REGION",
                                           "AWS_SESSION_TOKEN",
                                           "AWS_ENDPOINT_URL",
                                           "AWS_ENDPOINT_URL_ECS",
                                           "AWS_CA_BUNDLE",
                                           "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                                           "SHAKETABLE_CONSOLE_KEY",
                                           "SHAKETABLE_IMAGE",
                                           "AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2",
                                           "AWS_ENDPOINT_URL_EC2",
                                           "AWS_ENDPOINT_URL_STS",
                                           "AWS_SECURITY_TOKEN"};
    for (size_t i = 0; i < sizeof unwanted / sizeof unwanted[0]; i++)
        unsetenv(unwanted[i]);
    snprintf(home, sizeof home, "/tmp/shaketable-test-XXXXXX");
    if (mkdtemp(home) == NULL)
        fail_msg("no temporary directory");
    setenv("HOME", home, 1);
    setenv("XDG_STATE_HOME", home, 1);
    setenv("XDG_CONFIG_HOME", home, 1);
    setenv("XDG_RUNTIME_DIR", home, 1);
    setenv("AWS_CONFIG_FILE", "/nonexistent/config", 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials", 1);
    setenv("AWS_ACCESS_KEY_ID", "test", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "test", 1);
    setenv("AWS_REGION", "eu-west-1", 1);
    setenv("NO_PROXY", "*", 1);
    setenv("no_proxy", "*", 1);
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info;
    (void)where;
    return type == FTW_DP ? rmdir(path) : unlink(path);
}

void support_remove_home(void)
{
    if (home[0] != '\0')
        nftw(home, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    home[0] = '\0';
}

const char *support_home(void)
{
    return home;
}

struct json_object *support_load(const char *name)
{
    char path[SUPPORT_PATH_MAX * 2];
    const char *top = getenv("top_srcdir");
    snprintf(path, sizeof path, "%s/tests/experiment/data/%s", top == NULL ? "." : top, name);
    struct json_object *json = json_object_from_file(path);
    if (json == NULL)
        fail_msg("%s: %s", path, json_util_get_last_err());
    return json;
}

struct json_object *support_json(const char *text)
{
    char *quoted = strdup(text);
    assert_non_null(quoted);
    for (char *at = quoted; *at != '\0'; at++)
        if (*at == '\'')
            *at = '"';
    struct json_object *json = json_tokener_parse(quoted);
    if (json == NULL)
        fail_msg("not JSON: %s", quoted);
    free(quoted);
    return json;
}

void support_way_back(struct way_back *way_back, const char *id)
{
    *way_back = (struct way_back){
        .operator_name = "größe@laptop",
        .region = "eu-west-1",
        .endpoint = "http://127.0.0.1:4566",
        .cluster = "storefront",
        .service = "checkout",
        .cluster_arn = "arn:aws:ecs:eu-west-1:123456789012:cluster/storefront",
        .service_arn = "arn:aws:ecs:eu-west-1:123456789012:service/storefront/checkout",
        .task_definition = "arn:aws:ecs:eu-west-1:123456789012:task-definition/checkout:41",
        .family = "shaketable-checkout",
        .created_ms = 1795269727123,
        .deadline_ms = 1795270000000,
    };
    snprintf(way_back->experiment, sizeof way_back->experiment, "%s", id);
    way_back->load_balancers =
        support_json("[{'targetGroupArn':'arn:tg/1','containerName':'app','containerPort':8080,"
                     "'keyOfTomorrow':{'a':[1,null]}}]");
}
