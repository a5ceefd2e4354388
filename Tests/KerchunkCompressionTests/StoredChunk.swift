// SPDX-License-Identifier: Apache-2.0
// Chunks as real writers store them. Made by Fixtures/codecs/make_codecs.py.

import Glibc
import KerchunkBytes
import KerchunkModel
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

    static let all: [StoredChunk] = {
        let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
            .joined(separator: "/") + "/Fixtures/codecs/"
        let blob = contents(folder + "codecs.bin")
        guard let index = try? JSONScanner.parse(contents(folder + "codecs.json")), case .array(let entries) = index
        else { return [] }
        return entries.compactMap { StoredChunk($0, blob) }
    }()

    private init?(_ entry: JSONValue, _ blob: Bytes) {
        guard case .object(let entry) = entry, case .string(let name)? = entry["name"],
            case .array(let specs)? = entry["specs"], let stored = entry["stored"].flatMap({ window($0, blob) })
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

private func contents(_ path: String) -> Bytes {
    guard let file = unsafe fopen(path, "rb") else { return Bytes() }
    // SAFETY: opened above, closed once; `fread` writes at most the buffer's length.
    defer { unsafe fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = unsafe fread(&buffer, 1, buffer.count, file)
        guard count > 0 else { return Bytes(bytes) }
        bytes += buffer[..<count]
    }
}
