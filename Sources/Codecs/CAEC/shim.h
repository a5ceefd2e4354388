// SPDX-License-Identifier: Apache-2.0
// Adaptive entropy coding, which szip is a form of. Spec: libaec.h of libaec 1.0.
#include <libaec.h>
