// SPDX-License-Identifier: Apache-2.0
// The codecs that are known.

import KerchunkBytes
public import KerchunkModel

/// Codecs by id. A value: no registry, no registration.
public struct CodecDirectory: Sendable {
    /// In the order in which they were given.
    public let entries: [CodecEntry]
    private let places: [String: Int]
    /// Places by names of Zarr v3.
    private let v3Places: [String: Int]

    /// - Parameter entries: of two with the same id, or name in Zarr v3, the later one counts.
    public init(_ entries: [CodecEntry]) {
        self.entries = entries
        places = Dictionary(entries.indices.map { (entries[$0].id, $0) }) { _, later in later }
        v3Places = Dictionary(
            entries.indices.flatMap { place in
                switch entries[place].v3Name {
                case .none: [(String, Int)]()
                case .same(let name): [(name, place)]
                case .translated(_, let names): names.keys.map { ($0, place) }
                }
            }
        ) { _, later in later }
    }

    /// The codec `id`; nil for one that is not known.
    public subscript(id: String) -> CodecEntry? { places[id].map { entries[$0] } }

    /// Whether the codec `id` can be made.
    public func contains(_ id: String) -> Bool { places[id].map { entries[$0].maker != nil } ?? false }

    /// - Throws: kind `unsupported` for a codec that is not at hand, `malformed` for settings that make no sense.
    public func codec(_ spec: CodecSpec) throws(KerchunkError) -> any Codec {
        guard let place = places[spec.id], let make = entries[place].maker else {
            if case .otherPackage(let name, _) = self[spec.id]?.reader {
                throw KerchunkError(.unsupported, "only the Python package \(name) decodes \"\(spec.id)\"")
            }
            throw KerchunkError(.unsupported, "no codec \"\(spec.id)\" is available")
        }
        return try make(spec.configuration)
    }

    /// `spec` without the settings that do not change how it decodes.
    package func decodingPart(of spec: CodecSpec) -> CodecSpec {
        switch self[spec.id]?.encodingSettings ?? .none {
        case .none: spec
        case .all: CodecSpec(spec.id)
        case .named(let names):
            CodecSpec(
                spec.id,
                JSONObject(spec.configuration.filter { !names.contains($0.name) }.map { ($0.name, $0.value) })
            )
        }
    }
}

extension CodecDirectory: CodecNaming {
    public func stage(of id: String) -> CodecStage? { self[id]?.stage }

    public func v3Codec(_ spec: CodecSpec) -> V3Codec? {
        switch self[spec.id]?.v3Name ?? .none {
        case .none: nil
        case .same(let name): V3Codec(name, spec.configuration)
        case .translated(let translate, _): translate(spec.configuration)
        }
    }

    public func spec(_ codec: V3Codec) -> CodecSpec? {
        guard let place = v3Places[codec.name] else { return nil }
        let entry = entries[place]
        if case .translated(_, let names) = entry.v3Name, let translate = names[codec.name] {
            return CodecSpec(entry.id, translate(codec.configuration))
        }
        return CodecSpec(entry.id, codec.configuration)
    }
}
