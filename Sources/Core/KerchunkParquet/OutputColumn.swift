// SPDX-License-Identifier: Apache-2.0
// Columns as they are given to the writer.

package import KerchunkBytes

/// A column on its way into a file of one row group.
package struct OutputColumn: Sendable {
    package enum Values: Sendable {
        /// Numbers, none of them null: INT64.
        case integers([UInt64])
        /// Byte strings: for each row 0 for null, else the row of `values` + 1. Written with a dictionary where
        /// `hasDictionary` says so.
        case byteArrays(codes: [UInt32], values: [Bytes], hasDictionary: Bool, isText: Bool)
    }

    let name: String
    let values: Values

    package init(_ name: String, _ values: Values) {
        self.name = name
        self.values = values
    }

    var rowCount: Int {
        switch values {
        case .integers(let numbers): numbers.count
        case .byteArrays(let codes, _, _, _): codes.count
        }
    }

    var nullCount: Int {
        switch values {
        case .integers: 0
        case .byteArrays(let codes, _, _, _): codes.reduce(0) { $0 + ($1 == 0 ? 1 : 0) }
        }
    }

    var type: PhysicalType {
        if case .integers = values { .int64 } else { .byteArray }
    }
}
