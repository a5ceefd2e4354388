// SPDX-License-Identifier: Apache-2.0
// Missing data in Zarr v2: xarray masks by `fill_value`, which is what is unwritten as well; by the attribute `_FillValue`
// only where `fill_value` is null, which reads as zeros.
// The table: docs/differences.md, "Fill values".

import KerchunkBytes

package enum V2MissingData {
    /// What `fill_value` says.
    static func read(_ fill: FillValue) -> MissingData { .masking(fill) }

    /// `fill_value` for what version 2 can say.
    static func fillValue(_ array: VirtualArray) -> JSONValue {
        array.missing.masked == .unwritten ? array.missing.unwritten.json(for: array.dataType) : .null
    }

    /// How version 2 says an array's missing data.
    package struct Saying {
        package var missing: MissingData
        /// Whether an attribute `_FillValue` stays.
        package var keepsAttribute: Bool
        /// What missing chunks must be embedded as, since `fill_value` says something else; nil where they stay missing.
        package var embedded: FillValue?
        /// How many missing chunks will be masked, as they are more than may be embedded.
        package var masksMissing: UInt64?
    }

    /// - Parameter limit: missing chunks that are embedded at most.
    /// - Returns: nil where version 2 says the array as it is.
    package static func saying(
        _ array: VirtualArray, fillLimit limit: UInt64
    ) throws -> Saying? {
        let own = array.missing.unwritten
        switch array.missing.masked {
        case .unwritten: return nil
        case .attribute where own == .none: return nil
        case .attribute, .value: break
        }
        let type = array.dataType
        let zero = FillValue.zero(of: type)
        let unwritten = array.unwrittenValue
        let masked = array.exactMaskedValue
        func masking(_ value: FillValue, embedding: FillValue? = nil, _ masksMissing: UInt64? = nil) -> Saying
        {
            Saying(
                missing: .masking(value), keepsAttribute: masked == nil, embedded: embedding,
                masksMissing: masksMissing)
        }
        func nothing(embedding: FillValue? = nil) -> Saying {
            Saying(missing: MissingData(), keepsAttribute: true, embedded: embedding)
        }
        if let masked, unwritten.isSame(as: masked, in: type) { return masking(masked) }
        let isStructure = if case .structure = type { true } else { false }
        if masked == nil, unwritten == zero, !isStructure { return nothing() }
        let missing = try array.chunks.missingCount()
        let canEmbed = missing <= limit
        guard let masked else {
            // No `_FillValue`, or none that `fill_value` can be: it stays an attribute like any other.
            if missing == 0 { return nothing() }
            // zarr-python cannot make elements of a structure from a null fill value.
            if unwritten == zero { return masking(zero) }
            if canEmbed { return nothing(embedding: unwritten) }
            if type.isCharacters || type == .bool {
                var saying = nothing()
                saying.masksMissing = missing
                return saying
            }
            return masking(unwritten, missing)
        }
        if missing == 0 { return masking(masked) }
        // xarray does not mask characters by an attribute, which JSON makes a text.
        if unwritten == zero, !(type.isCharacters && canEmbed) { return nothing() }
        return canEmbed ? masking(masked, embedding: unwritten) : masking(masked, missing)
    }
}

extension VirtualArray {
    /// The value that is masked, where `fill_value` can be it.
    fileprivate var exactMaskedValue: FillValue? {
        if missing.masked == .attribute {
            switch dataType {
            // An attribute is text, and not the base64 of metadata.
            case .fixedBytes, .raw, .structure, .fixedText, .object: return nil
            default: break
            }
        }
        return maskedValue
    }
}

extension DataType {
    /// Whether a fill value that is not asked for would turn characters into NaN in xarray.
    fileprivate var isCharacters: Bool {
        switch self {
        case .fixedBytes, .fixedText: true
        default: false
        }
    }
}
