// SPDX-License-Identifier: Apache-2.0
// Whether the chunks of one input's array can stand beside those of another's.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import KerchunkReading
import KerchunkReferences

extension DataType {
    /// The same type without regard to its byte order.
    fileprivate var littleEndian: DataType {
        switch self {
        case .integer(let isSigned, let width, _): .integer(isSigned: isSigned, width: width, .little)
        case .float(let width, _): .float(width: width, .little)
        case .datetime(let unit, _): .datetime(unit: unit, .little)
        case .timedelta(let unit, _): .timedelta(unit: unit, .little)
        case .fixedText(let length, _): .fixedText(length: length, .little)
        default: self
        }
    }
}

enum Compatibility {
    /// Attributes that say what numbers mean, and the check that compares them.
    private static let meaningful: [(name: String, check: CombineRequest.Check)] =
        ValueAttributes.time.map { ($0, .units) } + ValueAttributes.packing.map { ($0, .packing) }
        + ValueAttributes.masking.map { ($0, .fill) }

    /// Where metadata differ so that values would; shapes are left to the caller.
    static func differences(
        _ one: VirtualArray, _ other: VirtualArray, _ overrides: Set<CombineRequest.Check>
    ) -> [Difference] {
        var found: [Difference] = []
        func compare(
            _ what: String, _ a: JSONValue, _ b: JSONValue, _ check: CombineRequest.Check?,
            isLoadable: Bool = true, isType: Bool = false
        ) {
            // Times that convert are converted, whatever is passed over.
            let isPassedOver = check.map { overrides.contains($0) } ?? false
            guard a != b, !isPassedOver || (check == .units && isTime(one, other)) else { return }
            found.append(
                Difference(
                    what: what, one: a.serialized(), other: b.serialized(), check: check,
                    isLoadable: isLoadable, isType: isType))
        }
        let isOrder = one.dataType.littleEndian == other.dataType.littleEndian
        compare(
            isOrder ? "the byte order of the dtype" : "the type", one.dataType.v2Name, other.dataType.v2Name,
            nil,
            isType: true)
        compare(
            "the fill value", one.missing.unwritten.json(for: one.dataType),
            other.missing.unwritten.json(for: other.dataType),
            .fill)
        compare("the list of dimensions", names(one), names(other), nil, isLoadable: false)
        for (name, check) in meaningful {
            let a = one.attributes[name] ?? .null
            let b = other.attributes[name] ?? .null
            if name == "calendar", let one = CFTime.Calendar(name: a.string),
                one == CFTime.Calendar(name: b.string)
            {
                continue
            }
            if check == .units, let one = TimeUnits(of: one), let other = TimeUnits(of: other),
                one.means(other)
            {
                continue
            }
            compare(
                "the attribute \"\(name)\"", a, b, check, isLoadable: check != .units || isTime(one, other))
            guard let last = found.indices.last, found[last].what == "the attribute \"\(name)\"" else {
                continue
            }
            switch check {
            case .packing: found[last].error = Difference.errorOfPacking(one, other)
            case .units: found[last].error = Difference.errorOfTimes(TimeUnits(of: one), TimeUnits(of: other))
            default: break
            }
        }
        return found
    }

    /// Where stored chunks differ in what readers make of them.
    static func chunkDifferences(
        _ one: VirtualArray, _ other: VirtualArray, _ codecs: CodecDirectory
    ) -> [Difference] {
        var found: [Difference] = []
        if one.chunkShape != other.chunkShape {
            found.append(
                Difference(
                    what: "the chunk shape", one: "\(one.chunkShape)", other: "\(other.chunkShape)",
                    check: nil, isLoadable: true, isChunkShape: true))
        }
        if let codecs = ArrayAgreement.codecDisagreement(one, other, codecs) {
            found.append(
                Difference(
                    what: codecs.what, one: codecs.one, other: codecs.other, check: nil, isLoadable: true))
        }
        return found
    }

    /// Names of attributes that differ and do not change values.
    static func otherAttributes(_ one: JSONObject, _ other: JSONObject) -> [String] {
        ArrayAgreement.otherAttributes(one, other)
    }

    /// Whether the numbers of both are times, which convert.
    private static func isTime(_ one: VirtualArray, _ other: VirtualArray) -> Bool {
        guard let one = TimeUnits(of: one), let other = TimeUnits(of: other) else { return false }
        return TimeConversion(from: one, to: other)?.isPossible ?? false
    }

    private static func names(_ array: VirtualArray) -> JSONValue {
        array.dimensionNames.map { .strings($0) } ?? .null
    }
}
