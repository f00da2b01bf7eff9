#include "core/units.h"

#include "tests/core/support.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>

static void reads_durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double bare, ms;
    } cases[] = {
        {"800ms", 1, 800},
        {"1.5s", 1, 1500},
        {"250us", 1, 0.25},
        {"250\u00b5s", 1, 0.25},
        {"250\u03bcs", 1, 0.25},
        {"5m", 1, 300000},
        {"5min", 1, 300000},
        {"2h", 1, 7200000},
        {"1d", 1, 86400000},
        {"1m30s", 1, 90000},
        {"1m 30s", 1, 90000},
        {"1h2m3s4ms", 1, 3723004},
        {"800", 1, 800},
        {"5", 1000, 5000},
        {"0", 1000, 0},
        {".5s", 1, 500},
        {"5.", 1, 5},
        {" 7 ms ", 1, 7},
        {"PT5M", 1, 300000},
        {"PT1H30M", 1, 5400000},
        {"PT0.5S", 1, 500},
        {"P1D", 1, 86400000},
        {"P1DT1S", 1, 86401000},
        {"P1W", 1, 604800000},
        {"0.001ms", 1, 0.001},
        {"100000h", 1, 3.6e11},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        double ms = -1;
        struct error error;
        assert_case(units_parse_duration(cases[i].text, cases[i].bare, "--latency", &ms, &error),
                    cases[i].text);
        assert_case(fabs(ms - cases[i].ms) <= 1e-9 * cases[i].ms, cases[i].text);
    }
}

static void refuses_other_durations(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        "ms",
        "-1s",
        "+1s",
        "1e3",
        "0x10",
        "1,5s",
        "1 2s",
        "5x",
        "5msx",
        "1s1s",
        "1s1m",
        "1m30",
        ".",
        ".s",
        "inf",
        "nan",
        "P",
        "PT",
        "P5",
        "PT5",
        "PT5H5H",
        "PT5X",
        "P1DT",
        "PT1S1M",
        "P1H",
        "5 5",
        "1..5s",
        "pt5m",
        "99999999999999999999",
        "1e999",
        "1000001d",
        "0000000000000000000000000000000000001",
        "1m30s ms",
        "\xff",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        double ms = -1;
        struct error error;
        assert_case(!units_parse_duration(bad[i], 1, "--latency", &ms, &error), bad[i]);
        assert_case(strncmp(error.message, "--latency: ", 11) == 0 && error.code == ERROR_INVALID, bad[i]);
        assert_case(ms == -1, bad[i]);
    }
}

static void reads_percentages(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double percent;
    } good[] = {{"2%", 2}, {"2 %", 2},    {"2", 2},     {"0.5%", 0.5},
                {"0", 0},  {"100%", 100}, {" 3 % ", 3}, {".1", 0.1}};
    static const char *const bad[] = {"", "%", "101", "100.1%", "-1", "2%%", "2% x", "two", "1e1", "NaN"};
    for (size_t i = 0; i < COUNT(good); i++) {
        double percent = -1;
        assert_case(units_parse_percent(good[i].text, "--loss", &percent, NULL), good[i].text);
        assert_case(percent == good[i].percent, good[i].text);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        double percent = -1;
        struct error error;
        assert_case(!units_parse_percent(bad[i], "--loss", &percent, &error), bad[i]);
        assert_case(percent == -1 && strncmp(error.message, "--loss: ", 8) == 0, bad[i]);
    }
}

static void reads_rates(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t rate;
    } good[] = {
        {"1MB/s", 1000000},
        {"64kB/s", 64000},
        {"64KB/s", 64000},
        {"500", 500},
        {"500B/s", 500},
        {"2MiB/s", 2097152},
        {"1KiB", 1024},
        {"1GiB/s", 1073741824},
        {"8Mbit/s", 1000000},
        {"8kbit", 1000},
        {"1Gbit/s", 125000000},
        {"80bit/s", 10},
        {"1.5 MB/s", 1500000},
        {"none", 0},
        {"100GB/s", 100000000000},
        {"1.4", 1},
    };
    static const char *const bad[] = {"",       "fast", "1Mb/s", "1mb/s",  "1MB/m",
                                      "1MB/ss", "-1",   "0",     "0.1bit", "None",
                                      "1Mbps",  "1 M",  "1e6",   "1MB s",  "9999999999GB/s"};
    for (size_t i = 0; i < COUNT(good); i++) {
        uint64_t rate = 77;
        assert_case(units_parse_rate(good[i].text, "--bandwidth", &rate, NULL), good[i].text);
        assert_case(rate == good[i].rate, good[i].text);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        uint64_t rate = 77;
        struct error error;
        assert_case(!units_parse_rate(bad[i], "--bandwidth", &rate, &error), bad[i]);
        assert_case(rate == 77 && strncmp(error.message, "--bandwidth: ", 13) == 0, bad[i]);
    }
}

static void reads_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host;
        uint16_t port;
    } good[] = {
        {"127.0.0.1:80", "127.0.0.1", 80},
        {"[::1]:8080", "::1", 8080},
        {":9000", "", 9000},
        {"localhost:65535", "localhost", 65535},
        {"a.b-c_d.example:0", "a.b-c_d.example", 0},
        {"[fe80::1%eth0]:1", "fe80::1%eth0", 1},
    };
    static const char *const bad[] = {"",        "host",      "host:",          "host:x",   "host:65536",
                                      "host:-1", "::1:80",    "[::1]",          "[::1]80",  "[]:80",
                                      "[::1:80", "a b:80",    "a\n:80",         "host:80 ", "ho[st:80",
                                      "x@y:80",  "[::1]]:80", "http://host:80", "host:+80", "host: 80"};
    for (size_t i = 0; i < COUNT(good); i++) {
        char host[UNITS_HOST_MAX];
        uint16_t port = 1;
        assert_case(units_parse_address(good[i].text, "--listen", host, &port, NULL), good[i].text);
        assert_string_equal(host, good[i].host);
        assert_int_equal(port, good[i].port);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        char host[UNITS_HOST_MAX] = "kept";
        uint16_t port = 7;
        struct error error;
        assert_case(!units_parse_address(bad[i], "--listen", host, &port, &error), bad[i]);
        assert_case(strncmp(error.message, "--listen: ", 10) == 0, bad[i]);
        assert_string_equal(host, "kept");
    }
    char host[UNITS_HOST_MAX], text[UNITS_HOST_MAX + 8];
    uint16_t port;
    memset(text, 'h', sizeof text);
    strcpy(text + UNITS_HOST_MAX - 1, ":80");
    assert_true(units_parse_address(text, "--listen", host, &port, NULL));
    memset(text, 'h', sizeof text);
    strcpy(text + UNITS_HOST_MAX, ":80");
    assert_false(units_parse_address(text, "--listen", host, &port, NULL));
}

static void reads_whole_numbers(void **state)
{
    (void)state;
    int64_t value = 7;
    assert_true(units_parse_integer("42", "n", 0, 100, &value, NULL) && value == 42);
    assert_true(units_parse_integer("-9223372036854775808", "n", INT64_MIN, INT64_MAX, &value, NULL));
    assert_true(value == INT64_MIN);
    assert_true(units_parse_integer("9223372036854775807", "n", INT64_MIN, INT64_MAX, &value, NULL));
    assert_true(value == INT64_MAX);
    static const char *const bad[] = {"",
                                      "-",
                                      "+1",
                                      "1.0",
                                      "1 ",
                                      " 1",
                                      "0x1",
                                      "1e2",
                                      "101",
                                      "-1",
                                      "9223372036854775808",
                                      "99999999999999999999999"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct error error;
        value = 7;
        assert_case(!units_parse_integer(bad[i], "--seed", 0, 100, &value, &error), bad[i]);
        assert_case(value == 7 && strncmp(error.message, "--seed: ", 8) == 0, bad[i]);
    }
}

static void writes_microseconds(void **state)
{
    (void)state;
    static const struct {
        double us;
        const char *text;
    } cases[] = {
        {0, "0 µs"},         {-5, "0 µs"},           {NAN, "0 µs"},        {0.5, "0.50 µs"},
        {9.996, "10.0 µs"},  {99.94, "99.9 µs"},     {99.96, "100 µs"},    {950, "950 µs"},
        {999.4, "999 µs"},   {999.6, "1.00 ms"},     {12400, "12.4 ms"},   {812000, "812 ms"},
        {999600, "1.00 s"},  {1020000, "1.02 s"},    {59.9e6, "59.9 s"},   {59.96e6, "1 m 00 s"},
        {125e6, "2 m 05 s"}, {3599.6e6, "1 h 00 m"}, {3723e6, "1 h 02 m"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[UNITS_TEXT_MAX];
        units_format_us(cases[i].us, text);
        assert_string_equal(text, cases[i].text);
    }
    char text[UNITS_TEXT_MAX];
    units_format_us(INFINITY, text);
    assert_true(strlen(text) > 0);
}

static void writes_delays_as_they_were_set(void **state)
{
    (void)state;
    static const struct {
        double ms;
        const char *text;
    } cases[] = {
        {0, "0 ms"},          {800, "800 ms"}, {12.5, "12.5 ms"},     {0.25, "250 µs"}, {1500, "1.5 s"},
        {1234, "1.234 s"},    {60000, "60 s"}, {90000, "90 s"},       {300000, "5 m"},  {7200000, "2 h"},
        {125000, "2 m 05 s"}, {1, "1 ms"},     {999.9999, "1000 ms"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[UNITS_TEXT_MAX];
        units_format_delay_ms(cases[i].ms, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void writes_percentages_rates_and_clocks(void **state)
{
    (void)state;
    char text[UNITS_TEXT_MAX];
    static const struct {
        double percent;
        const char *text;
    } percents[] = {{2, "2 %"}, {0.5, "0.5 %"},          {100, "100 %"},
                    {0, "0 %"}, {33.333333, "33.333 %"}, {1e-6, "<0.001 %"}};
    for (size_t i = 0; i < COUNT(percents); i++) {
        units_format_percent(percents[i].percent, text);
        assert_string_equal(text, percents[i].text);
    }
    static const struct {
        uint64_t rate;
        const char *text;
    } rates[] = {{0, "none"},         {500, "500 B/s"},      {64000, "64 kB/s"},
                 {1000000, "1 MB/s"}, {1500000, "1.5 MB/s"}, {100000000000, "100 GB/s"}};
    for (size_t i = 0; i < COUNT(rates); i++) {
        units_format_rate(rates[i].rate, text);
        assert_string_equal(text, rates[i].text);
    }
    static const struct {
        int64_t ms;
        const char *text;
    } clocks[] = {
        {42000, "00:42"}, {42999, "00:42"}, {3723000, "1:02:03"}, {-1, "00:00"}, {3599999, "59:59"}};
    for (size_t i = 0; i < COUNT(clocks); i++) {
        units_format_clock(clocks[i].ms, text);
        assert_string_equal(text, clocks[i].text);
    }
}

static void numbers_are_short_and_exact(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {{800, "800"}, {0.1, "0.1"},      {-1.5, "-1.5"},
                 {0, "0"},     {1e300, "1e+300"}, {100000000000.0, "100000000000"}};
    char text[UNITS_TEXT_MAX];
    for (size_t i = 0; i < COUNT(cases); i++) {
        units_format_number(cases[i].value, text);
        assert_string_equal(text, cases[i].text);
    }
    units_format_number(1.0 / 3, text);
    assert_true(strtod(text, NULL) == 1.0 / 3);
}

/* A console in a German locale writes and reads the same. */
static void the_locale_changes_nothing(void **state)
{
    (void)state;
    static const char *const locales[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE.utf8"};
    bool found = false;
    for (size_t i = 0; i < COUNT(locales) && !found; i++)
        found = setlocale(LC_ALL, locales[i]) != NULL;
    if (!found)
        skip();
    char text[UNITS_TEXT_MAX];
    double ms = 0;
    units_format_us(12400, text);
    assert_string_equal(text, "12.4 ms");
    units_format_percent(0.5, text);
    assert_string_equal(text, "0.5 %");
    units_format_number(0.1, text);
    assert_string_equal(text, "0.1");
    assert_true(units_parse_duration("1.5s", 1, "x", &ms, NULL) && ms == 1500);
    setlocale(LC_ALL, "C");
}

static void sizes_have_units(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {
        {"64", 64}, {"64B", 64}, {"10KB", 10000}, {"1.5 kB", 1500}, {"2MiB", 2097152}, {"none", 0},
    };
    static const char *const bad[] = {"", "B", "1kB/s", "8bit", "0", "-1", "1e3x", "1000000000000GB"};
    for (size_t i = 0; i < COUNT(good); i++) {
        uint64_t bytes = 1;
        assert_case(units_parse_bytes(good[i].text, "--limit", &bytes, NULL), good[i].text);
        assert_case(bytes == good[i].bytes, good[i].text);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        uint64_t bytes;
        struct error error;
        assert_case(!units_parse_bytes(bad[i], "--limit", &bytes, &error), bad[i]);
        assert_case(strncmp(error.message, "--limit: ", 9) == 0, error.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_durations),
        cmocka_unit_test(refuses_other_durations),
        cmocka_unit_test(reads_percentages),
        cmocka_unit_test(reads_rates),
        cmocka_unit_test(reads_addresses),
        cmocka_unit_test(reads_whole_numbers),
        cmocka_unit_test(writes_microseconds),
        cmocka_unit_test(writes_delays_as_they_were_set),
        cmocka_unit_test(writes_percentages_rates_and_clocks),
        cmocka_unit_test(numbers_are_short_and_exact),
        cmocka_unit_test(the_locale_changes_nothing),
        cmocka_unit_test(sizes_have_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
