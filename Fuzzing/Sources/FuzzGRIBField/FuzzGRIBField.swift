// SPDX-License-Identifier: Apache-2.0
// Any bytes as a GRIB message: values and coordinates of its fields within the limit, or an error; never a trap.
//
// The first byte chooses field, rows and what is asked for; a message whose lengths are wrong gets the right one, so that
// mutations of other bytes are not lost at the door.

import Kerchunk

private let limit = 1 << 20

/// `bytes` with the length of the message in its place.
private func framed(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.count >= 24 else { return bytes }
    var bytes = bytes
    let octets = bytes[7] == 1 ? 4..<7 : 8..<16
    for (index, place) in octets.reversed().enumerated() {
        bytes[place] = UInt8(truncatingIfNeeded: bytes.count >> (8 * index))
    }
    return bytes
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard count > 1 else { return 0 }
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let choice = bytes[0]
    let names: [JSONValue] = ["t", "t", "latitude", "longitude"]
    let spec = CodecSpec(
        "swift_kerchunk.grib",
        [
            "var": names[Int(choice & 3)], "dtype": choice & 4 == 0 ? "float64" : "float32",
            "field": .integer(Int(choice >> 3 & 3)), "rows": choice & 32 == 0 ? "turned" : "stored",
        ])
    guard let codec = try? BuiltinCodecs.directory.codec(spec) else { fatalError("no such codec") }
    let message = Array(bytes.dropFirst())
    for message in [message, framed(message)] {
        guard let decoded = try? codec.decode(Bytes(message), as: nil, limit: limit) else { continue }
        precondition(decoded.count <= limit && decoded.count % 4 == 0)
    }
    return 0
}
