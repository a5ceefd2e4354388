// SPDX-License-Identifier: Apache-2.0
// The formats that come with this package. The first that recognizes a file wins.

import KerchunkHDF5
import KerchunkNetCDF3
public import KerchunkModel
public import KerchunkScanning

public enum BuiltinFormats {
    public static let all: [any FormatScanner] = [
        HDF5Scanner(), NetCDF3Scanner(),
    ]

    /// All options that formats have of their own; formats may share one, which they then declare alike.
    public static let options: [any DeclaredOption] = {
        var names: Set<String> = []
        return all.flatMap(\.format.options).filter { names.insert($0.name).inserted }
    }()
}
