// SPDX-License-Identifier: Apache-2.0
// A codec's settings, read from JSON with their bounds.

import KerchunkBytes
import KerchunkModel

/// The members of a codec's JSON object. A member that is absent or null takes its default.
struct CodecSettings {
    /// The codec's id, for errors.
    let id: String
    private let object: JSONObject

    init(_ id: String, _ object: JSONObject) {
        self.id = id
        self.object = object
    }

    /// - Parameter standard: the value where the member is absent; nil makes it obligatory.
    func integer(
        _ name: String, in range: ClosedRange<Int> = Int.min...Int.max, else standard: Int? = nil
    ) throws(KerchunkError) -> Int {
        switch object[name] {
        case nil, .null:
            guard let standard else { throw error("needs \"\(name)\"") }
            return standard
        case .number(.integer(let value)):
            guard let value = Int(exactly: value), range.contains(value) else {
                throw error("has \"\(name)\" \(value), expected \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        default: throw error("has a \"\(name)\" that is not an integer")
        }
    }

    /// A number that must be there.
    func real(_ name: String) throws(KerchunkError) -> Double {
        guard let number = object[name]?.number else { throw error("needs a number \"\(name)\"") }
        return number.double
    }

    /// One of a few words.
    func word<Word: RawRepresentable<String> & CaseIterable>(
        _ name: String, else standard: Word? = nil
    ) throws(KerchunkError) -> Word {
        switch object[name] {
        case nil, .null:
            guard let standard else { throw error("needs \"\(name)\"") }
            return standard
        case .string(let text):
            guard let word = Word(rawValue: text) else {
                let words = Word.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
                throw error("has \"\(name)\" \"\(text)\", expected one of \(words)")
            }
            return word
        default: throw error("has a \"\(name)\" that is not a string")
        }
    }

    /// A nested object.
    func settings(_ name: String) throws(KerchunkError) -> CodecSettings {
        guard case .object(let member) = object[name] else { throw error("needs an object \"\(name)\"") }
        return CodecSettings(id, member)
    }

    /// A list of nested objects.
    func list(_ name: String) throws(KerchunkError) -> [CodecSettings] {
        guard case .array(let members) = object[name] else { throw error("needs a list \"\(name)\"") }
        var list: [CodecSettings] = []
        for member in members {
            guard case .object(let member) = member else {
                throw error("has a \"\(name)\" that is not a list of objects")
            }
            list.append(CodecSettings(id, member))
        }
        return list
    }

    /// The text of a member; nil where it is absent or null.
    func optionalText(_ name: String) throws(KerchunkError) -> String? {
        switch object[name] {
        case nil, .null: return nil
        case .string(let text): return text
        default: throw error("has a \"\(name)\" that is not a string")
        }
    }

    func error(_ problem: String) -> KerchunkError {
        KerchunkError(.malformed, "codec \"\(id)\" \(problem)")
    }
}
