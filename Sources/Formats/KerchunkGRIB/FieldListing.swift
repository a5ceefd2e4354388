// SPDX-License-Identifier: Apache-2.0
// All fields of a file.

import KerchunkBytes
import KerchunkGRIBPacking
import KerchunkScanning
package import KerchunkStorage

/// The fields of a file, and what is wrong with it.
struct FieldListing: Sendable {
    var fields: [Field] = []
    /// What `gridIndex` of fields means.
    var grids: [GridDescription] = []
    var issues: [ParseError] = []
    /// Bytes outside of messages.
    var passedBytes: UInt64 = 0

    /// Reads the headers of all messages.
    /// - Throws: where the file cannot be read; what is wrong with a message is an issue.
    init(
        _ source: any ByteSource, finder: NameFinder = NameFinder(), limits: ScanLimits = ScanLimits(),
        cancellation: Cancellation = Cancellation()
    ) throws {
        var walk = try MessageWalk(source, limits: limits, cancellation: cancellation)
        var reader = FieldReader(finder)
        while let message = try walk.next() {
            for sections in message.fields {
                do throws(ParseError) {
                    fields.append(try reader.field(sections, of: message))
                } catch {
                    issues.append(error)
                }
            }
        }
        grids = reader.grids
        issues += walk.issues.map(\.error)
        passedBytes = try source.size() - walk.messageBytes
    }
}
