/*
 * fuzz: the one function that every fuzz target defines (libFuzzer's interface).
 */
#ifndef SHAKETABLE_TESTS_FUZZ_H
#define SHAKETABLE_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
