// SPDX-License-Identifier: Apache-2.0
// What pipelines rely on in a codec.

public import KerchunkBytes
public import KerchunkCodecs
import KerchunkModel
import KerchunkStorage
import Synchronization

/// A chunk as another library stored it.
public struct CodecVector: Sendable {
    public let name: String
    public let stored: Bytes
    /// Bytes.
    public let decodedSize: Int
    /// Whether bytes are those that the chunk decodes to.
    public let isDecoded: @Sendable (Bytes) -> Bool

    public init(
        _ name: String, stored: Bytes, decodedSize: Int, isDecoded: @escaping @Sendable (Bytes) -> Bool
    ) {
        self.name = name
        self.stored = stored
        self.decodedSize = decodedSize
        self.isDecoded = isDecoded
    }

    public init(_ name: String, stored: [UInt8], decoded: [UInt8]) {
        self.init(name, stored: Bytes(stored), decodedSize: decoded.count) { $0.array == decoded }
    }
}

/// Checks a codec, or several behind each other, on a chunk that another library stored. A new codec is checked for this:
///
/// - It decodes what others wrote, each time, from several threads at once, and windows of any size give the same where it
///   can work on streams.
/// - A limit of the decoded size does; one byte less is an error of kind `limit`, and so is whatever swells beyond it.
/// - What it encodes decodes to the same, or it says that it only decodes.
/// - Of no bytes, of every prefix, of flipped bits and of extreme numbers in the header: an error or some bytes, no more than
///   the limit. Never a trap.
///
/// - Parameters:
///   - isExact: whether the limit is that of the decoded bytes; steps in the middle of several may need more.
///   - knowsSize: whether stored bytes tell how many they decode to, so that the limit can be told from damage.
/// - Returns: what is wrong, each with the vector's name; empty where all is well.
public func checkCodec(
    _ codec: any Codec, on vector: CodecVector, isExact: Bool = true, knowsSize: Bool = true
) -> [String] {
    let findings = Findings()
    let check = CodecCheck(codec: codec, vector: vector, isExact: isExact, findings: findings)
    check.decoding(beyondTheLimit: knowsSize ? [.limit] : [.limit, .malformed])
    check.encoding()
    check.windows()
    check.hostileBytes()
    return findings.list.map { "\(vector.name): \($0)" }
}

/// Checks that settings which make no sense are errors when the codec is made, and never a trap when it is used.
///
/// - Parameters:
///   - configuration: settings of a chunk; each is tried as other kinds of values, and out of any bounds.
///   - stored: the chunk.
/// - Returns: what is wrong; empty where all is well.
public func checkCodecSettings(
    _ id: String, _ configuration: JSONObject, in directory: CodecDirectory, stored: Bytes
) -> [String] {
    let findings = Findings()
    let wrong: [JSONValue] = [
        "", "no such word", 0, -1, 3, 255, 65_536, .integer(Int64.max), .integer(Int64.min), 0.5, true, nil,
        [],
        [nil, 1], [[:]], [:], ["x": [:]],
    ]
    for changed in variations(of: .object(configuration), by: wrong) {
        guard case .object(let settings) = changed else { continue }
        let what = "\(id) with \(changed.serialized().prefix(200))"
        guard
            case .success(let codec) = findings.outcome(
                what, { try directory.codec(CodecSpec(id, settings)) })
        else { continue }
        let check = CodecCheck(
            codec: codec, vector: CodecVector(id, stored: stored, decodedSize: 0) { _ in true },
            isExact: false,
            findings: findings)
        check.survive(stored, what)
        check.survive(Bytes(), what + ", no bytes")
        _ = findings.outcome(what + ", encoding", { try codec.encode(Bytes([1, 2, 3, 4, 5, 6, 7, 8])) })
    }
    return findings.list
}

/// `value` with one of the values in it replaced by each of `others`, and with each member left out.
private func variations(of value: JSONValue, by others: [JSONValue]) -> [JSONValue] {
    var found: [JSONValue] = []
    switch value {
    case .object(let members):
        for (name, member) in members {
            for other in [JSONValue?.none] + (others + variations(of: member, by: others)).map(Optional.some)
            {
                var changed = members
                changed[name] = other
                found.append(.object(changed))
            }
        }
    case .array(let items):
        for index in items.indices.prefix(3) {
            for other in others + variations(of: items[index], by: others) {
                var changed = items
                changed[index] = other
                found.append(.array(changed))
            }
        }
    default: break
    }
    return found
}

private struct CodecCheck {
    let codec: any Codec
    let vector: CodecVector
    let isExact: Bool
    let findings: Findings

    private static let limit = 1 << 20
    private static let wideLimit = 1 << 27

    /// The contract's one decoding call.
    private static func decode(_ codec: any Codec, _ stored: Bytes, limit: Int) throws -> Bytes {
        try codec.decode(stored, limit: limit)
    }

    func decoding(beyondTheLimit kinds: Set<KerchunkError.Kind>) {
        let limit = isExact ? vector.decodedSize : Self.wideLimit
        for attempt in 1...2 {
            let decoded = findings.result("decoding") { try Self.decode(codec, vector.stored, limit: limit) }
            findings.expect(
                decoded.map(vector.isDecoded) ?? true, "it decodes to something else (attempt \(attempt))")
        }
        if isExact, vector.decodedSize > 0 {
            for limit in Set([vector.decodedSize - 1, vector.decodedSize / 2, 0]) {
                findings.failure("a limit of \(limit) of \(vector.decodedSize) bytes", kinds) {
                    try Self.decode(codec, vector.stored, limit: limit)
                }
            }
        }
        let wrong = Atomic(0)
        let (shared, stored, isDecoded) = (codec, vector.stored, vector.isDecoded)
        WorkerPool(width: 2).forEach(2) { _ in
            let decoded = try? Self.decode(shared, stored, limit: limit)
            if decoded.map(isDecoded) != true { wrong.add(1, ordering: .relaxed) }
        }
        findings.expect(wrong.load(ordering: .relaxed) == 0, "two threads decode to something else")
    }

    func encoding() {
        guard let decoded = try? Self.decode(codec, vector.stored, limit: Self.wideLimit) else { return }
        switch findings.outcome("encoding", { try codec.encode(decoded) }) {
        case .failure(let error):
            findings.expect(error.kind == .unsupported, "encoding throws: \(error)")
        case .success(let encoded):
            let again = findings.result("decoding what was encoded") {
                try Self.decode(codec, encoded, limit: isExact ? decoded.count : Self.wideLimit)
            }
            findings.expect(again == nil || again == decoded, "what was encoded decodes to something else")
        }
    }

    /// Streams: the same from windows of any size, and no end before the last byte.
    func windows() {
        guard let codec = codec as? any StreamingCodec,
            let whole = try? Self.decode(codec, vector.stored, limit: Self.wideLimit)
        else { return }
        for window in [1, 7, 4096] {
            _ = findings.result("decoding \(window) bytes at a time") {
                let decoder = try codec.streamDecoder()
                var (found, rest, start): ([UInt8], Bytes, Int) = ([], Bytes(), 0)
                while start < vector.stored.count || !rest.isEmpty {
                    if rest.isEmpty {
                        rest = vector.stored[start..<min(vector.stored.count, start + window)]
                        start += rest.count
                    }
                    let piece = try decoder.decode(&rest, limit: 100)
                    findings.expect(piece.count <= 100, "a window is larger than its limit")
                    found += piece.array
                }
                // What is still inside.
                while true {
                    let piece = try decoder.decode(&rest, limit: 100)
                    if piece.isEmpty { break }
                    found += piece.array
                }
                findings.expect(
                    Bytes(found) == whole,
                    "\(window) bytes at a time decode to \(found.count) bytes of \(whole.count)")
                findings.expect(decoder.isComplete, "a stream is not complete at its end")
            }
        }
    }

    // MARK: Bytes that no writer wrote

    /// The number of a failure is its seed.
    func hostileBytes() {
        let stored = vector.stored
        survive(Bytes(), "no bytes")
        for length in prefixLengths(of: stored.count, most: 64) {
            survive(stored[0..<length], "the first \(length) bytes")
        }
        for seed in 0..<UInt64(40) {
            survive(
                flippingBits(of: stored, count: 1 + Int(seed % 4), seed: seed + 1), "flipped bits, \(seed)")
            // Headers are the first bytes: they deserve more.
            let head = flippingBits(of: stored[0..<min(24, stored.count)], count: 2, seed: seed + 77)
            survive(Bytes(head.array + stored.dropping(24).array), "flipped bits of the header, \(seed)")
        }
        for place in 0..<min(28, stored.count) {
            for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
                var bytes = stored.array
                for index in place..<min(place + 4, bytes.count) { bytes[index] = value }
                survive(Bytes(bytes), "\(value) from byte \(place) on")
            }
        }
    }

    func survive(_ stored: Bytes, _ what: @autoclosure () -> String) {
        let outcome = findings.outcome(what()) { try Self.decode(codec, stored, limit: Self.limit) }
        if case .success(let decoded) = outcome {
            findings.expect(
                decoded.count <= Self.limit,
                "\(what()): \(decoded.count) bytes, beyond the limit of \(Self.limit)")
        }
    }
}

/// Checks that what swells is stopped: many equal bytes, which `codec` must make small.
/// - Returns: what is wrong; empty where all is well.
public func checkBomb(_ codec: any Codec, named name: String, size: Int = 3_000_000) -> [String] {
    let findings = Findings()
    guard
        let bomb = findings.result("encoding", { try codec.encode(Bytes(repeatElement(0, count: size))) })
    else { return findings.list }
    findings.expect(bomb.count < size / 10, "\(name): \(size) equal bytes take \(bomb.count)")
    for limit in [0, 1, 1000, size - 1] {
        findings.failure("\(name): a limit of \(limit)", [.limit]) { try codec.decode(bomb, limit: limit) }
    }
    let decoded = findings.result("\(name): decoding", { try codec.decode(bomb, limit: size) })
    findings.expect(decoded?.count ?? size == size, "\(name): \(decoded?.count ?? 0) bytes of \(size)")
    return findings.list
}
