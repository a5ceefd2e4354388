// SPDX-License-Identifier: Apache-2.0
// The formats that come with this package. The first that recognizes a file wins.

import KerchunkHDF5
import KerchunkNetCDF3
public import KerchunkScanning

public enum BuiltinFormats {
    public static let all: [any FormatScanner] = [
        HDF5Scanner(), NetCDF3Scanner(),
    ]
}
