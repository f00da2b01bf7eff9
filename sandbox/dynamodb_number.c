#include "sandbox/dynamodb_number.h"

#include <stdio.h>
#include <string.h>

/* Of "d.ddd × 10^n", the form in which the limits are given. */
#define POWER_MAX 125
#define POWER_MIN (-130)
/* A written exponent beyond this is out of range whatever stands before it: so many digits fit in no item. */
#define WRITTEN_EXPONENT_MAX 10000000

/* Two numbers side by side: a digit for each power of ten from 10^POWER_MAX down to the last digit of
 * the smallest number, and one for what a sum carries over. */
#define COLUMNS (1 + POWER_MAX - POWER_MIN + NUMBER_DIGITS_MAX)

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The exponent behind an "e" up to the end; false if it is none. */
static bool read_exponent(const char *text, size_t length, long *exponent)
{
    size_t at = 0;
    bool negative = length > 0 && text[0] == '-';

    if (length > 0 && (text[0] == '-' || text[0] == '+'))
        at++;
    if (at == length)
        return false;
    for (; at < length; at++) {
        if (!is_digit(text[at]))
            return false;
        if (*exponent < WRITTEN_EXPONENT_MAX)
            *exponent = *exponent * 10 + (text[at] - '0');
    }
    if (negative)
        *exponent = -*exponent;
    return true;
}

/* Cuts zeros at the end, and looks at the limits. */
static enum number_status finish(struct number *number, long exponent, bool too_precise)
{
    while (number->count > 0 && number->digits[number->count - 1] == 0)
        number->count--;
    if (number->count == 0) {
        *number = (struct number){0};
        return NUMBER_FINE;
    }
    if (exponent - 1 > POWER_MAX)
        return NUMBER_OVERFLOW;
    if (exponent - 1 < POWER_MIN)
        return NUMBER_UNDERFLOW;
    number->exponent = (int)exponent;
    return too_precise ? NUMBER_TOO_PRECISE : NUMBER_FINE;
}

enum number_status number_read(struct number *number, const char *text, size_t length)
{
    size_t at = 0;
    long before_point = 0, exponent = 0;
    bool point = false, any = false, too_precise = false;

    *number = (struct number){.negative = length > 0 && text[0] == '-'};
    if (length > 0 && (text[0] == '-' || text[0] == '+'))
        at++;
    for (; at < length && (is_digit(text[at]) || (text[at] == '.' && !point)); at++) {
        if (text[at] == '.') {
            point = true;
            continue;
        }
        uint8_t digit = (uint8_t)(text[at] - '0');
        any = true;
        if (number->count == 0 && digit == 0) {
            before_point -= point; /* a zero before the first digit moves it */
            continue;
        }
        before_point += !point;
        if (number->count < NUMBER_DIGITS_MAX)
            number->digits[number->count++] = digit;
        else
            too_precise = too_precise || digit != 0;
    }
    if (!any)
        return NUMBER_MALFORMED;
    if (at < length && (text[at] | 0x20) == 'e') {
        if (!read_exponent(text + at + 1, length - at - 1, &exponent))
            return NUMBER_MALFORMED;
        at = length;
    }
    return at < length ? NUMBER_MALFORMED : finish(number, before_point + exponent, too_precise);
}

void number_print(const struct number *number, char text[NUMBER_TEXT_MAX])
{
    size_t at = 0;

    if (number->negative)
        text[at++] = '-';
    if (number->exponent <= 0)
        text[at++] = '0';
    for (int i = 0; i < number->exponent; i++)
        text[at++] = (char)('0' + (i < number->count ? number->digits[i] : 0));
    if (number->count > number->exponent) {
        text[at++] = '.';
        for (int i = number->exponent; i < 0; i++)
            text[at++] = '0';
        for (int i = number->exponent > 0 ? number->exponent : 0; i < number->count; i++)
            text[at++] = (char)('0' + number->digits[i]);
    }
    text[at] = '\0';
}

static int compare_magnitudes(const struct number *a, const struct number *b)
{
    if (a->count == 0 || b->count == 0)
        return (a->count > 0) - (b->count > 0);
    if (a->exponent != b->exponent)
        return a->exponent < b->exponent ? -1 : 1;
    for (int i = 0; i < a->count && i < b->count; i++) {
        if (a->digits[i] != b->digits[i])
            return a->digits[i] < b->digits[i] ? -1 : 1;
    }
    return (a->count > b->count) - (a->count < b->count);
}

int number_compare(const struct number *a, const struct number *b)
{
    if (a->negative != b->negative)
        return a->negative ? -1 : 1;
    return a->negative ? compare_magnitudes(b, a) : compare_magnitudes(a, b);
}

static void spread(const struct number *number, int columns[COLUMNS], int sign)
{
    int first = 1 + POWER_MAX - (number->exponent - 1);

    for (int i = 0; i < number->count; i++)
        columns[first + i] += sign * number->digits[i];
}

enum number_status number_add(const struct number *a, const struct number *b, bool minus,
                              struct number *result)
{
    int columns[COLUMNS] = {0}, sign = b->negative == (a->negative != minus) ? 1 : -1, first = 0;
    bool swapped = sign < 0 && compare_magnitudes(a, b) < 0, too_precise = false;
    struct number sum = {.negative = a->negative != swapped};

    /* The larger magnitude first, so that no column ends below 0. */
    spread(swapped ? b : a, columns, 1);
    spread(swapped ? a : b, columns, sign);
    for (int i = COLUMNS - 1; i > 0; i--) {
        int carry = columns[i] < 0 ? -1 : columns[i] / 10;
        columns[i] -= 10 * carry;
        columns[i - 1] += carry;
    }
    while (first < COLUMNS && columns[first] == 0)
        first++;
    for (int i = first; i < COLUMNS; i++) {
        if (sum.count < NUMBER_DIGITS_MAX)
            sum.digits[sum.count++] = (uint8_t)columns[i];
        else
            too_precise = too_precise || columns[i] != 0;
    }
    *result = sum;
    return finish(result, POWER_MAX + 2 - first, too_precise);
}

/* A byte for the sign and the exponent, then two digits a byte, all complemented for a number below 0:
 * its bytes end with 0xff, so that the longer of two that begin alike stands first. */
size_t number_encode(const struct number *number, unsigned char bytes[NUMBER_BYTES_MAX])
{
    size_t length = 0;

    if (number->count == 0) {
        bytes[0] = 0x80;
        bytes[1] = 0;
        return 2;
    }
    bytes[length++] = number->negative ? 0x7f : 0x81;
    bytes[length++] = (unsigned char)(number->exponent - 1 - POWER_MIN);
    for (int i = 0; i < number->count; i += 2)
        bytes[length++] =
            (unsigned char)(1 + 10 * number->digits[i] + (i + 1 < number->count ? number->digits[i + 1] : 0));
    if (number->negative) {
        for (size_t i = 1; i < length; i++)
            bytes[i] = (unsigned char)~bytes[i];
        bytes[length++] = 0xff;
    }
    return length;
}

const char *number_status_text(enum number_status status)
{
    switch (status) {
    case NUMBER_TOO_PRECISE:
        return "Attempting to store more than 38 significant digits in a Number";
    case NUMBER_OVERFLOW:
        return "Number overflow. Attempting to store a number with magnitude larger than supported range";
    case NUMBER_UNDERFLOW:
        return "Number underflow. Attempting to store a number with magnitude smaller than supported range";
    default:
        return "The parameter cannot be converted to a numeric value";
    }
}
