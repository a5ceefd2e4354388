// SPDX-License-Identifier: Apache-2.0
// Functions that are defined here so that binaries need no newer glibc.

#pragma once

float hypotf(float x, float y);
