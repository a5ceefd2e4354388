// SPDX-License-Identifier: Apache-2.0
// szip streams through libaec. Spec: szlib.h of libaec 1.0.
#include <szlib.h>
