// SPDX-License-Identifier: Apache-2.0
// Zstandard frames. Spec: zstd.h of zstd 1.5.
#include <zstd.h>
