/*
 * dynamodb_number: DynamoDB's numbers, exact decimals of up to 38 digits from 1E-130 to
 * 9.9999999999999999999999999999999999999E+125, of either sign. Nothing here passes through a double.
 */
#ifndef SHAKETABLE_SANDBOX_DYNAMODB_NUMBER_H
#define SHAKETABLE_SANDBOX_DYNAMODB_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NUMBER_DIGITS_MAX 38
#define NUMBER_TEXT_MAX 192 /* "-0.", 129 zeros, 38 digits, NUL */
#define NUMBER_BYTES_MAX 40

/* 0.d1d2…dn × 10^exponent; d1 and dn are not 0. No digits: zero, which has no sign. */
struct number {
    bool negative;
    int exponent;
    int count;
    uint8_t digits[NUMBER_DIGITS_MAX];
};

enum number_status {
    NUMBER_FINE,
    NUMBER_MALFORMED,
    NUMBER_TOO_PRECISE, /* more than 38 digits */
    NUMBER_OVERFLOW,
    NUMBER_UNDERFLOW,
};

/* "-1.50e+3", as a decimal number is written; leading and trailing zeros don't count. */
enum number_status number_read(struct number *number, const char *text, size_t length);
/* In DynamoDB's one form, which has no exponent and no needless zeros: "-1500", "0.05". */
void number_print(const struct number *number, char text[NUMBER_TEXT_MAX]);
/* Below, at or above 0. */
int number_compare(const struct number *a, const struct number *b);
/* a + b, or a - b where `minus`; the result may be one of them. */
enum number_status number_add(const struct number *a, const struct number *b, bool minus,
                              struct number *result);
/* Bytes that compare (memcmp, the shorter first) as the numbers do; returns how many. */
size_t number_encode(const struct number *number, unsigned char bytes[NUMBER_BYTES_MAX]);
/* What is wrong, in DynamoDB's words; but NUMBER_MALFORMED, which names the text. */
const char *number_status_text(enum number_status status);

#endif
