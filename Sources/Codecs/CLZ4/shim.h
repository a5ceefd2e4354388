// SPDX-License-Identifier: Apache-2.0
// LZ4 blocks. Spec: lz4.h of lz4 1.9.
#include <lz4.h>
