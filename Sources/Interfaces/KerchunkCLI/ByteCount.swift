// SPDX-License-Identifier: Apache-2.0
// Sizes as users write them.

import ArgumentParser
import Kerchunk

/// A number of bytes: `500`, `64MiB`, `1.5GB`.
struct ByteCount: ExpressibleByArgument {
    let bytes: UInt64

    private static let units: [String: Double] = [
        "": 1, "b": 1, "k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9, "t": 1e12, "tb": 1e12,
        "kib": 0x1p10, "mib": 0x1p20, "gib": 0x1p30, "tib": 0x1p40, "ki": 0x1p10, "mi": 0x1p20, "gi": 0x1p30,
        "ti": 0x1p40,
    ]

    init?(argument: String) {
        let number = argument.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = argument.dropFirst(number.count).drop { $0 == " " }.lowercased()
        guard let factor = Self.units[unit] else { return nil }
        if unit.isEmpty || unit == "b", let whole = UInt64(number) {
            bytes = whole
        } else {
            guard let value = Double(number), value * factor < 0x1p63 else { return nil }
            bytes = UInt64(value * factor)
        }
    }

    /// `bytes` for people: `512 B`, `1.2 MiB`.
    static func text(_ bytes: UInt64) -> String {
        if bytes < 1024 { return "\(bytes) B" }
        var value = Double(bytes)
        var unit = ""
        for next in ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] where value >= 1024 {
            value /= 1024
            unit = next
        }
        return "\((value * 10).rounded() / 10) \(unit)"
    }
}
