// SPDX-License-Identifier: Apache-2.0
// The table that Scripts/grib-tables writes, as bytes of the program: nothing is read or decoded before a name is asked for.
#include "CGRIBNames.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char names[KERCHUNK_GRIB_NAMES_SIZE] __attribute__((aligned(8))) = {
#embed "GRIBNames.bin"
};

const unsigned char *kerchunk_grib_names(void) { return names; }
