// SPDX-License-Identifier: Apache-2.0
// XML documents, piece by piece. Spec: expat.h of expat 2.4 and newer.
#include <expat.h>
