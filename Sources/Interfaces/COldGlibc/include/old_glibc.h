// SPDX-License-Identifier: Apache-2.0
// Functions that are defined here so that binaries need no newer glibc.

#pragma once

#include <stddef.h>

float hypotf(float x, float y);
void arc4random_buf(void *buffer, size_t count);
