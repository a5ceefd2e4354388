// SPDX-License-Identifier: Apache-2.0
// HDF5's filters as codecs of Zarr: ids and settings that stand in files for ever. See docs/codecs.md.
// Spec: HDF5 File Format Specification 3.0, IV.A.2.l; The HDF Group, "Registered Filter Plugins".

import KerchunkBytes
import KerchunkModel

/// What a filter is to Zarr.
struct FilterTranslation: Hashable, Sendable {
    /// The codec that undoes the filter; nil for a filter that leaves its bytes as they were.
    let codec: CodecSpec?

    /// - Parameters:
    ///   - elementSize: bytes of an element of the dataset.
    ///   - isBigEndian: whether its elements are numbers with the highest byte first.
    /// - Throws: `unsupported` for a filter that nobody here can undo, `malformed` for parameters that make no sense.
    init(_ filter: Filter, elementSize: Int, isBigEndian: Bool = false) throws(KerchunkError) {
        let parameters = FilterParameters(filter)
        switch filter.id {
        case 1: self.init(numcodecs: "zlib", ["level": parameters.number(0, else: 6)])
        case 2:
            let size = parameters[0].map { JSONNumber($0) } ?? JSONNumber(elementSize)
            self.init(numcodecs: "shuffle", ["elementsize": .number(size)])
        case 3: self.init(numcodecs: "fletcher32", [:])
        case 4: self.init(ours: "szip", try parameters.szip())
        case 5: try self.init(ours: "nbit", parameters.nbit())
        case 6: try self.init(ours: "scaleoffset", parameters.scaleOffset())
        case 307: self.init(numcodecs: "bz2", ["level": parameters.number(0, else: 9)])
        case 32_000: self.init(ours: "lzf", [:])
        case 32_001: self.init(numcodecs: "blosc", try parameters.blosc())
        case 32_004: self.init(ours: "lz4", ["blocksize": parameters.number(0, else: 0)])
        case 32_008: self.init(ours: "bitshuffle", try parameters.bitshuffle(elementSize: elementSize))
        case 32_013: self.init(ours: "zfp", try parameters.zfp(isBigEndian: isBigEndian))
        case 32_015: self.init(numcodecs: "zstd", ["level": parameters.signedNumber(0, else: 3)])
        case 32_018: self.init(ours: "jpegls", [:])
        case 32_026: self.init(ours: "blosc2", [:])
        // They round when writing; nothing is to be done when reading.
        case 32_022, 32_023: self.init(codec: nil)
        default: throw FilterTranslation.unsupported(filter)
        }
    }

    private init(codec: CodecSpec?) { self.codec = codec }

    private init(numcodecs id: String, _ configuration: JSONObject) {
        self.init(codec: CodecSpec(id, configuration))
    }

    /// - Parameter configuration: nil where the parameters say that the filter did nothing.
    private init(ours name: String, _ configuration: JSONObject?) {
        self.init(codec: configuration.map { CodecSpec("swift_kerchunk.\(name)", $0) })
    }

    private static func unsupported(_ filter: Filter) -> KerchunkError {
        let name = knownNames[filter.id] ?? filter.name
        let names = name.map { " (\($0))" } ?? ""
        return KerchunkError(.unsupported, "HDF5 filter \(filter.id)\(names) is not supported")
    }

    /// Filters that the Python package hdf5plugin brings to h5py.
    static let inHDF5Plugin: Set<UInt16> = [32_013, 32_017, 32_018, 32_024, 32_026, 32_028]

    /// Names of registered filters that have no codec here, for messages.
    private static let knownNames: [UInt16: String] = [
        305: "LZO", 32_002: "MAFISC", 32_003: "snappy", 32_005: "APAX", 32_006: "CBF", 32_007: "JPEG-XR",
        32_009: "SPDP", 32_010: "LPC-Rice", 32_011: "CCSDS-123", 32_012: "JPEG-LS", 32_013: "ZFP",
        32_014: "FPZip",
        32_016: "B3D", 32_017: "SZ", 32_018: "FCIDECOMP", 32_019: "JPEG", 32_020: "VBZ", 32_021: "FAPEC",
        32_024: "SZ3", 32_025: "Delta-Rice", 32_026: "Blosc2", 32_027: "FLAC", 32_028: "SPERR",
        32_029: "TERSE",
        32_030: "FFMPEG",
    ]
}

/// The client data of one filter.
struct FilterParameters {
    private let values: [UInt32]
    private let id: UInt16

    init(_ filter: Filter) {
        values = filter.clientData
        id = filter.id
    }

    var count: Int { values.count }

    subscript(index: Int) -> UInt32? { values.indices.contains(index) ? values[index] : nil }

    /// A value that must be there.
    func required(_ index: Int) throws(KerchunkError) -> Int {
        guard let value = self[index] else {
            throw malformed("needs \(index + 1) parameters, but has \(count)")
        }
        return Int(value)
    }

    func number(_ index: Int, else standard: Int64) -> JSONValue {
        .number(.integer(self[index].map(Int64.init) ?? standard))
    }

    func signedNumber(_ index: Int, else standard: Int64) -> JSONValue {
        .number(.integer(self[index].map { Int64(Int32(bitPattern: $0)) } ?? standard))
    }

    func malformed(_ problem: String) -> KerchunkError {
        KerchunkError(.malformed, "malformed parameters of HDF5 filter \(id): \(problem)")
    }
}
