// SPDX-License-Identifier: Apache-2.0
// Swift's own module of the system names `hypotf`, whose newest version came with glibc 2.35; nothing here calls it. With a
// definition of our own, binaries run with glibc 2.34.

#include "old_glibc.h"
#include <math.h>

// The squares of floats neither overflow nor vanish in a double.
float hypotf(float x, float y) {
    if (isinf(x) || isinf(y)) return INFINITY;
    return (float)sqrt((double)x * x + (double)y * y);
}
