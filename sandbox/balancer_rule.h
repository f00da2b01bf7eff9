/*
 * balancer_rule: what a listener does with a request, as an Application Load Balancer's rules have it:
 * the first rule all of whose conditions hold decides. Plain values; texts are cut to their bounds by
 * whoever fills them in.
 */
#ifndef SHAKETABLE_SANDBOX_BALANCER_RULE_H
#define SHAKETABLE_SANDBOX_BALANCER_RULE_H

#include <stdbool.h>
#include <stddef.h>

#define BALANCER_RULES_MAX 101 /* of a listener, with the default one */
#define BALANCER_VALUES_MAX 5  /* of all conditions of a rule */
#define BALANCER_FORWARDS_MAX 5
#define BALANCER_TEXT_MAX 129
#define BALANCER_BODY_MAX 1025

struct http_head;

enum balancer_field {
    BALANCER_PATH,   /* a glob (* and ?), with regard to case */
    BALANCER_HOST,   /* a glob, without regard to case, without the port */
    BALANCER_HEADER, /* a glob over the field `key`'s values, without regard to case */
    BALANCER_METHOD, /* the word itself */
    BALANCER_QUERY,  /* globs without regard to case over a pair of the query; `key` "": any */
    BALANCER_SOURCE, /* a CIDR: the connection's address */
};
/* One of a condition's values: the condition holds if one of them does. */
struct balancer_value {
    unsigned condition; /* the number of its condition, from 0 */
    enum balancer_field field;
    char key[BALANCER_TEXT_MAX];
    char text[BALANCER_TEXT_MAX];
};

struct balancer_forward {
    unsigned group;
    unsigned weight; /* 0–999 */
};
enum balancer_action { BALANCER_FORWARD, BALANCER_FIXED, BALANCER_REDIRECT };
struct balancer_rule {
    struct balancer_value values[BALANCER_VALUES_MAX];
    size_t value_count; /* 0: every request */
    enum balancer_action action;
    struct balancer_forward forwards[BALANCER_FORWARDS_MAX]; /* by weight; none left: 503 */
    size_t forward_count;
    unsigned status; /* of a fixed response or a redirect */
    char content_type[BALANCER_TEXT_MAX];
    char body[BALANCER_BODY_MAX];
    char
        location[5 * BALANCER_TEXT_MAX]; /* of a redirect; #{protocol}, #{host}, #{port}, #{path}, #{query} */
};

bool balancer_rule_matches(const struct balancer_rule *rule, const struct http_head *head,
                           const char *client_address);
/* '*' any run, '?' any one; `fold`: without regard to case. */
bool balancer_glob(const char *pattern, const char *text, size_t length, bool fold);
/* "10.0.0.0/8" holds the address; IPv4 alone. */
bool balancer_cidr_has(const char *cidr, const char *address);

#endif
