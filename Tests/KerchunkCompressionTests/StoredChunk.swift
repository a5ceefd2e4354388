// SPDX-License-Identifier: Apache-2.0
// Chunks as real writers store them. Made by Fixtures/codecs/make_codecs.py.

import KerchunkBytes
import KerchunkModel
import KerchunkTestKit
import Testing

struct StoredChunk: Sendable, CustomTestStringConvertible {
    enum Expectation: Sendable {
        case bytes(Bytes)
        /// For long content: its FNV-1a hash.
        case hash(String, size: Int)
    }

    let name: String
    let specs: [CodecSpec]
    let stored: Bytes
    let expectation: Expectation
    let texts: [String]?

    var testDescription: String { name }

    var decodedSize: Int {
        switch expectation {
        case .bytes(let bytes): bytes.count
        case .hash(_, let size): size
        }
    }

    func expects(_ decoded: Bytes) -> Bool {
        switch expectation {
        case .bytes(let bytes): bytes == decoded
        case .hash(let hash, let size): decoded.count == size && fnv1a(decoded) == hash
        }
    }

    /// The chunk for the suite of codecs.
    var vector: CodecVector {
        CodecVector(name, stored: stored, decodedSize: decodedSize, isDecoded: expects)
    }

    static let all: [StoredChunk] = {
        let blob = fixture("codecs/codecs.bin")
        guard let index = try? JSONScanner.parse(fixture("codecs/codecs.json")),
            case .array(let entries) = index
        else { return [] }
        return entries.compactMap { StoredChunk($0, blob) }
    }()

    private init?(_ entry: JSONValue, _ blob: Bytes) {
        guard case .object(let entry) = entry, case .string(let name)? = entry["name"],
            case .array(let specs)? = entry["specs"],
            let stored = entry["stored"].flatMap({ window($0, blob) })
        else { return nil }
        self.name = name
        self.stored = stored
        self.specs = specs.compactMap { spec in
            guard case .object(var object) = spec, case .string(let id)? = object["id"] else { return nil }
            object["id"] = nil
            return CodecSpec(id, object)
        }
        if case .object(let hashed)? = entry["decoded"], case .string(let hash)? = hashed["fnv1a"],
            case .number(let size)? = hashed["size"]
        {
            expectation = .hash(hash, size: Int(size.double))
        } else if let bytes = entry["decoded"].flatMap({ window($0, blob) }) {
            expectation = .bytes(bytes)
        } else {
            return nil
        }
        if case .array(let texts)? = entry["texts"] {
            self.texts = texts.map { if case .string(let text) = $0 { text } else { "" } }
        } else {
            texts = nil
        }
    }
}

private func window(_ place: JSONValue, _ blob: Bytes) -> Bytes? {
    guard case .array(let numbers) = place, numbers.count == 2, case .number(let offset) = numbers[0],
        case .number(let length) = numbers[1]
    else { return nil }
    let start = Int(offset.double)
    let end = start + Int(length.double)
    return end <= blob.count ? blob[start..<end] : nil
}

private func fnv1a(_ bytes: Bytes) -> String {
    let hash = bytes.array.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
