// SPDX-License-Identifier: Apache-2.0
// HDF5's client data become the codecs that the fixtures' maker, written separately, expects.

import KerchunkBytes
import KerchunkModel
import KerchunkTestKit
import Testing

@testable import KerchunkHDF5

@Suite struct FilterTranslationTests {
    private struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let filters: [Filter]
        let elementSize: Int
        let specs: [CodecSpec]

        var testDescription: String { name }

        static let all: [Case] = {
            guard let entries = try? JSONScanner.parse(fixture("codecs/codecs.json")).array else { return [] }
            return entries.compactMap(Case.init)
        }()

        init?(_ entry: JSONValue) {
            guard let entry = entry.object, let filters = entry["filters"]?.array,
                let specs = entry["specs"]?.array, let size = entry["element_size"]?.number?.uint64
            else { return nil }
            name = entry["name"]?.string ?? ""
            elementSize = Int(size)
            self.filters = filters.compactMap { filter in
                guard let id = filter.object?["id"]?.number?.uint64 else { return nil }
                let values = filter.object?["client_data"]?.array ?? []
                return Filter(
                    id: UInt16(id), name: nil, isOptional: false,
                    clientData: values.map { UInt32($0.number?.uint64 ?? 0) })
            }
            self.specs = specs.compactMap { spec in
                guard var object = spec.object, let id = object["id"]?.string else { return nil }
                object["id"] = nil
                return CodecSpec(id, object)
            }
        }
    }

    @Test func fixturesAreThere() { #expect(Case.all.count > 200) }

    @Test(arguments: Case.all) private func clientDataBecomeSettings(_ given: Case) throws {
        let translations = try given.filters.map { try FilterTranslation($0, elementSize: given.elementSize) }
        #expect(translations.compactMap(\.codec) == given.specs)
    }

    @Test(arguments: Case.all) private func missingParametersNeverTrap(_ given: Case) {
        for filter in given.filters {
            for count in 0..<filter.clientData.count {
                let short = Filter(
                    id: filter.id, name: nil, isOptional: false,
                    clientData: Array(filter.clientData[..<count]))
                _ = try? FilterTranslation(short, elementSize: given.elementSize)
            }
            for place in filter.clientData.indices {
                for value: UInt32 in [0, 1, 2, 3, 4, 5, 1 << 31, .max] {
                    var odd = filter.clientData
                    odd[place] = value
                    let changed = Filter(id: filter.id, name: nil, isOptional: false, clientData: odd)
                    _ = try? FilterTranslation(changed, elementSize: given.elementSize)
                }
            }
        }
    }

    @Test(arguments: [305, 32_024, 32_028, 60_000] as [UInt16]) func unknownFiltersAreNamed(_ id: UInt16) {
        let filter = Filter(id: id, name: nil, isOptional: true, clientData: [])
        do {
            _ = try FilterTranslation(filter, elementSize: 4)
            Issue.record("filter \(id) was translated")
        } catch {
            #expect(error.kind == .unsupported)
            #expect(error.message.contains("\(id)"))
        }
    }

    @Test func theHeaderOfZFPIsKeptBesideItsChunks() throws {
        // What H5Z-ZFP 1.1 writes for 16 x 16 float32 at a rate of 16.
        let words: [UInt32] = [0x1010_5111, 0x0570_667A, 0xF000_00F6, 0x0FF0_0000]
        let filter = Filter(id: 32_013, name: nil, isOptional: true, clientData: words)
        let translation = try FilterTranslation(filter, elementSize: 4)
        #expect(translation.codec == CodecSpec("swift_kerchunk.zfp", ["header": "7a667005f60000f00000f00f"]))
        #expect(throws: KerchunkError.self) {
            _ = try FilterTranslation(filter, elementSize: 4, isBigEndian: true)
        }
        // Longer headers end inside a byte.
        let longer = Filter(id: 32_013, name: nil, isOptional: true, clientData: words + [0, 0])
        #expect(throws: KerchunkError.self) { _ = try FilterTranslation(longer, elementSize: 4) }
    }

    @Test func filtersThatOnlyRoundNeedNoCodec() throws {
        let filter = Filter(id: 32_023, name: nil, isOptional: true, clientData: [3])
        #expect(try FilterTranslation(filter, elementSize: 4).codec == nil)
    }
}
