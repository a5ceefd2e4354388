// SPDX-License-Identifier: Apache-2.0
// How reference sets are written, as JSON: as callers give it, and as what was written is known by later.

package import KerchunkBytes
package import KerchunkModel
import KerchunkStorage

extension SavingOptions {
    /// - Parameter declared: options that forms have of their own.
    /// - Throws: kind `usage` for an option that there is not, and for a value of the wrong type.
    package init(
        json members: JSONObject, declared: [any DeclaredOption]
    ) throws(KerchunkError) {
        self.init()
        let reader = OptionMembers(members)
        try reader.checkNames(
            ["zarr_format", "record_sources", "durable", "jobs", "in_place"] + declared.map(\.name),
            of: "saving")
        zarrFormat = try reader.zarrFormat() ?? 2
        isDurable = try reader.flag("durable") ?? false
        recordsSources = try reader.flag("record_sources") ?? true
        replacesInPlace = try reader.flag("in_place") ?? false
        threadCount = Int(try reader.integer("jobs", in: 1...4096) ?? UInt64(Platform.coreCount))
        for option in declared {
            if let value = reader.value(option.name) { try set(option, value) }
        }
    }

    /// What the options of a scan say of how its references will be saved.
    package init(ofScan members: JSONObject) throws(KerchunkError) {
        self.init()
        let reader = OptionMembers(members)
        zarrFormat = try reader.zarrFormat() ?? 2
        fillLimit = try reader.integer("fill_limit", in: 0...UInt64.max) ?? fillLimit
    }
}

extension MemberReading {
    /// The Zarr version that is asked for.
    package func zarrFormat() throws(KerchunkError) -> Int? {
        try integer("zarr_format", in: 2...3).map { Int($0) }
    }
}
