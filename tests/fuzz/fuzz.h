/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one function of a fuzz target, called by libFuzzer or replay.c. */
#ifndef SK_TESTS_FUZZ_H
#define SK_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
