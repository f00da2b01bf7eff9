/*
 * app: the demo application, a small service as a task of the region runs it. It takes a
 * log-normal service time for each request, then calls the services it depends on, one after the
 * other, each with a time-out, retries and a fallback: a dependency that does not answer makes it
 * slower and poorer, never broken.
 *
 *   GET /health    200 at once
 *   anything else  200, {"service":"web","parts":{"catalog":{"status":"ok","ms":12.3,"attempts":1},
 *                  "checkout":{"status":"fallback","reason":"timeout","ms":600.9,"attempts":2}}}, and a
 *                  header `X-Fallback: checkout` for each fallback
 *
 * SIGTERM or SIGINT: it stops listening, finishes the requests in flight (up to 5 s) and exits 0.
 */
#ifndef SHAKETABLE_SANDBOX_APP_H
#define SHAKETABLE_SANDBOX_APP_H

/* `app --help` prints the options; environment variables of a task definition (APP_NAME, …) do the
 * same, and options win. argv[0] is skipped. Returns the exit status. Blocks SIGTERM and SIGINT in
 * the calling thread, which must be the only one. */
int app_main(int argc, char **argv);

#endif
