// SPDX-License-Identifier: Apache-2.0
// Names of GRIB parameters and levels. Written by Scripts/grib-tables; not to be edited.
//
// Source: the concept files and code tables (definitions) of ECMWF's ecCodes 2.47.0, commit
// 29ab75a8c814f37d5265d73215a122b956ecf1e2, https://github.com/ecmwf/eccodes.
// (C) Copyright 2005- ECMWF. Licensed under the Apache License, Version 2.0 (LICENSE). In applying this licence, ECMWF does
// not waive the privileges and immunities granted to it by virtue of its status as an intergovernmental organisation nor
// does it submit to any jurisdiction. Changed: the files were parsed, and what they say is written in another form.
#ifndef KERCHUNK_GRIB_NAMES_H
#define KERCHUNK_GRIB_NAMES_H

#define KERCHUNK_GRIB_NAMES_SIZE 1397068
#define KERCHUNK_GRIB_NAMES_SHA256 "6d8e2d0bcfe8edf25fa26bb4581bc5d34b9357b85f1ec1cf1e26f41e2918db55"

/// The table; its form is in KerchunkGRIB/Translate/NameTable.swift.
const unsigned char *kerchunk_grib_names(void);

#endif
