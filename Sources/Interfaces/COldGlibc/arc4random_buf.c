// SPDX-License-Identifier: Apache-2.0
// What Swift's random numbers come from, which glibc has only since 2.36.

#include "old_glibc.h"
#include <stdlib.h>
#include <sys/random.h>

void arc4random_buf(void *buffer, size_t count) {
    unsigned char *place = buffer;
    while (count > 0) {
        ssize_t written = getrandom(place, count, 0);
        if (written <= 0) continue;  // only interrupted: small requests do not fail otherwise
        place += written;
        count -= (size_t)written;
    }
}
