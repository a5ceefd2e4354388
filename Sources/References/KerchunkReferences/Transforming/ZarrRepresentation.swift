// SPDX-License-Identifier: Apache-2.0
// Fill values from one Zarr version to the other. In version 2 xarray masks by `fill_value`; in version 3 it masks by
// the attribute `_FillValue`, and `fill_value` is only what missing chunks hold.
// The rules for version 2: docs/differences.md, "Fill values".

import KerchunkBytes
public import KerchunkCodecs
public import KerchunkModel

extension VirtualDataset {
    /// The same values, masked alike, in metadata of another Zarr version.
    /// - Parameters:
    ///   - old: the version that this dataset was read from.
    ///   - codecs: those of arrays whose missing chunks must be embedded.
    ///   - limit: missing chunks of one array that are embedded at most.
    /// - Returns: the dataset, and arrays that will be masked where they were not.
    public func changingZarrFormat(
        from old: Int, to new: Int, codecs: CodecDirectory, fillLimit limit: UInt64 = 10_000
    ) throws(KerchunkError) -> (dataset: VirtualDataset, issues: [Issue]) {
        guard old != new else { return (self, []) }
        var issues: [Issue] = []
        var changed = self
        changed.root = try root.mappingArrays { (path, array) throws(KerchunkError) in
            if new == 3 { return array.withFillAttribute }
            do throws(KerchunkError) {
                return try array.withMaskingFill(codecs, limit) { reason in
                    issues.append(Issue(object: "/" + path, reason: reason))
                }
            } catch {
                throw error.locating(object: "/" + path)
            }
        }
        return (changed, issues)
    }
}

extension VirtualArray {
    private static let fillAttribute = "_FillValue"

    private var isNumber: Bool {
        switch dataType {
        case .integer, .float: true
        default: false
        }
    }

    /// For version 3: the fill value that masks is an attribute.
    fileprivate var withFillAttribute: VirtualArray {
        guard isNumber, fillValue != .none, attributes[Self.fillAttribute] == nil else { return self }
        var changed = self
        changed.attributes[Self.fillAttribute] = fillValue.json(for: dataType)
        return changed
    }

    /// For version 2: `fill_value` is what masks; missing chunks that hold something else are embedded.
    fileprivate func withMaskingFill(
        _ codecs: CodecDirectory, _ limit: UInt64, note: (String) -> Void
    ) throws(KerchunkError) -> VirtualArray {
        var changed = self
        if fillValue == .text("") { changed.fillValue = .none }  // blank texts are no gaps
        guard case .element(let own) = fillValue else { return changed }
        let isZero = own.array.allSatisfy { $0 == 0 }
        guard isNumber else {
            if isZero { changed.fillValue = .none }
            return changed
        }
        let masking = attributes[Self.fillAttribute].flatMap { try? FillValue(json: $0, for: dataType) }
        if masking == fillValue {
            changed.attributes[Self.fillAttribute] = nil
            return changed
        }
        let missing: UInt64
        do {
            missing = try ChunkSurvey(self).missing
        } catch {
            throw KerchunkError(wrapping: error)
        }
        if isZero, missing > 0 {
            changed.fillValue = .none
            return changed
        }
        changed.fillValue = masking ?? .none
        changed.attributes[Self.fillAttribute] = nil
        guard missing > 0 else { return changed }
        guard missing <= limit else {
            note(
                "\(missing) missing chunks hold a value that Zarr version 2 will mask; --zarr-format 3 keeps it"
            )
            return self
        }
        changed.chunks = FilledManifest(base: chunks, fill: try FillChunk.encoded(self, codecs: codecs))
        return changed
    }
}

/// A manifest with the same bytes for all chunks that are missing.
private struct FilledManifest: ManifestSource {
    let base: any ManifestSource
    let fill: Bytes

    var grid: ChunkGrid { base.grid }
    var preferredRun: UInt64 { base.transformedRun }
    var minimumRun: UInt64 { base.minimumRun }

    func rows(_ positions: Range<UInt64>) throws -> ChunkManifest {
        let old = try base.rows(positions)
        return try .building(old.positionCount, expecting: Int(old.positionCount)) { builder in
            var next: UInt64 = 0
            func fillUp(to end: UInt64) {
                while next < end {
                    builder.set(next, .inline(fill))
                    next += 1
                }
            }
            old.forEachPresent { position, location in
                fillUp(to: position)
                builder.set(position, location)
                next = position + 1
            }
            fillUp(to: old.positionCount)
        }
    }
}
