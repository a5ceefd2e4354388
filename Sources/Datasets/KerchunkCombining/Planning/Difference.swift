// SPDX-License-Identifier: Apache-2.0
// A difference between arrays of two inputs, and what comes of passing over it.

import KerchunkBytes
import KerchunkModel
import KerchunkReading

/// A difference between an array of the first input and that of another.
struct Difference {
    /// `the type`, `the attribute "units"`.
    let what: String
    let one: String
    let other: String
    /// What can be told not to be looked at; nil where it cannot be passed over.
    let check: CombineRequest.Check?
    /// Whether reading the values makes up for it.
    let isLoadable: Bool
    /// Whether it is only that chunks have another shape.
    var isChunkShape = false
    /// Whether it is the type.
    var isType = false
    /// How values change where it is not looked at; nil where that is not known.
    var error: String?

    func text(_ first: String, _ second: String) -> String {
        "\(what) is \(one) in \(first), but \(other) in \(second)"
    }

    /// What an override does to the values of the second input.
    func consequence(_ first: String, _ second: String) -> String? {
        switch check {
        case .packing:
            "values of \(second) are then read with that of \(first), \(error ?? "which gives other values")"
        case .units:
            "numbers of \(second) are then read as \(one)\(error.map { ", \($0)" } ?? ", unconverted")"
        case .fill: "missing data of \(second) may then read as values, and values as missing"
        case .coordinates, .values, nil: nil
        }
    }
}

// MARK: How much is wrong

extension Difference {
    /// How far the numbers of `other` are off where they are read with the packing of `one`.
    static func errorOfPacking(_ one: VirtualArray, _ other: VirtualArray) -> String? {
        func number(_ array: VirtualArray, _ name: String, _ usual: Double) -> Double {
            array.attributes[name]?.number?.double ?? usual
        }
        guard one.attributes["_Unsigned"] == other.attributes["_Unsigned"] else { return nil }
        let scale = number(one, "scale_factor", 1) - number(other, "scale_factor", 1)
        let offset = number(one, "add_offset", 0) - number(other, "add_offset", 0)
        if scale == 0 { return "off by \(rounded(abs(offset)))" }
        guard case .integer(var isSigned, let width, _) = other.dataType else { return nil }
        switch other.attributes["_Unsigned"]?.string {
        case "true": isSigned = false
        case "false": isSigned = true
        default: break
        }
        let span = Double(sign: .plus, exponent: 8 * width, significand: 1)
        let ends = isSigned ? [-span / 2, span / 2 - 1] : [0, span - 1]
        let worst = ends.map { abs(scale * $0 + offset) }.max() ?? 0
        return "off by up to \(rounded(worst))"
    }

    /// How far the times of `other` are off where their numbers are taken for those of `one`.
    static func errorOfTimes(_ one: TimeUnits?, _ other: TimeUnits?) -> String? {
        guard let one = one?.time, let other = other?.time, one.calendar == other.calendar,
            let seconds = one.secondsAhead(of: other)
        else { return nil }
        let size = abs(seconds)
        let parts = [("days", 86_400.0), ("hours", 3600), ("minutes", 60), ("seconds", 1)]
        let (name, length) = parts.first { size >= $0.1 } ?? ("seconds", 1)
        return "off by \(rounded(size / length)) \(name)"
    }

    /// Four digits that count.
    private static func rounded(_ value: Double) -> String {
        guard value > 0, value.isFinite else { return "\(value)" }
        var factor = 1.0
        while value * factor < 1000 && factor < 1e12 { factor *= 10 }
        let short = (value * factor).rounded() / factor
        return short == short.rounded() && short < 1e15 ? "\(Int64(short))" : "\(short)"
    }
}
