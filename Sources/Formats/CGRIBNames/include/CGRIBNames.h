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

#define KERCHUNK_GRIB_NAMES_SIZE 1397016
#define KERCHUNK_GRIB_NAMES_SHA256 "4c22a966255403c80be95fd9edefc12d9bafcaa8ba792609cc6f02b8a83105a4"

/// The table; its form is in KerchunkGRIB/Translate/NameTable.swift.
const unsigned char *kerchunk_grib_names(void);

#endif
