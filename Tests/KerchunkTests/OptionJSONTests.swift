// SPDX-License-Identifier: Apache-2.0
import Kerchunk
import Testing

/// Options as JSON, from which callers make them, and by which what was made is known.
@Suite struct OptionJSONTests {
    private let declared = Session().formatOptions

    @Test func scanOptionsComeBackAsTheyWere() throws {
        var options = ScanOptions()
        options.inlineThreshold = 7
        options.maximumChunkSize = 1 << 20
        options.codecs = .all
        options.followsExternal = true
        options.group = "/g"
        options.included = ["a", "b*"]
        options.excluded = ["c"]
        options.salvages = true
        options.allowsUnmatchedNames = true
        options[HDF5Scanner.followsLinks] = false
        options[HDF5Scanner.stringEncoding] = .leave
        #expect(try ScanOptions(json: options.json, declared: declared) == options)
        let standard = ScanOptions()
        #expect(try ScanOptions(json: standard.json, declared: declared) == standard)
        #expect(
            JSONValue.object(standard.json).serialized()
                == #"{"inline_threshold":500,"max_chunk_size":null,"codecs":"auto","follow_external":false,"#
                + #""salvage":false,"group":"/","include":[],"exclude":[],"allow_unmatched":false}"#)
    }

    @Test func wrongOptionsAreNamed() {
        func message(_ read: () throws -> Void) -> String {
            let error = #expect(throws: KerchunkError.self) { try read() }
            #expect(error?.kind == .usage)
            return error?.message ?? ""
        }
        #expect(
            message { _ = try ScanOptions(json: ["grup": "/"], declared: declared) }
                .hasPrefix("scan has no option \"grup\"; known options: inline_threshold"))
        #expect(
            message { _ = try ScanOptions(json: ["group": 3], declared: declared) }
                == "\"group\" must be a string, not 3")
        #expect(
            message { _ = try CombineRequest(json: ["order": "up"]) }
                == "\"order\" must be one of \"coordinates\", \"input\", not \"up\"")
        #expect(
            message { _ = try SavingOptions(json: ["zarr_format": 4], declared: []) }
                == "\"zarr_format\" must be a whole number from 2 to 3, not 4")
    }

    @Test func namesAreComparedByTheirBytes() throws {
        // "é" in one scalar and in two.
        let request = try CombineRequest(
            json: [
                "coord_dtype": ["\u{E9}": "i4", "e\u{301}": "i8"],
                "fill_value": ["\u{E9}": 1, "e\u{301}": 2],
            ])
        #expect(request.coordinateTypes.count == 2 && request.fillValues.count == 2)
        #expect(request.coordinateTypes["e\u{301}"]?.v2Name == "<i8")
        let renaming = SourceRenaming([("\u{E9}", "one"), ("e\u{301}", "two")])
        #expect(renaming.renamed("\u{E9}") == "one" && renaming.renamed("e\u{301}") == "two")
    }
}
