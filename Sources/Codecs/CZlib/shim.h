// SPDX-License-Identifier: Apache-2.0
// zlib and gzip streams. Spec: zlib.h of zlib 1.2.13.
#include <zlib.h>
