// SPDX-License-Identifier: Apache-2.0
// What users write: selectors, patterns, dates, changes.

import KerchunkBytes
import KerchunkModel
import KerchunkReferences
import Testing

@testable import KerchunkCombining

@Suite struct RequestTests {
    @Test(arguments: [
        ("data:time", "data(\"time\")"), ("cf:a/time", "time(\"a/time\")"),
        ("attr:run", "attribute(\"run\")"),
        ("vattr:tas:level:of", "variableAttribute(variable: \"tas\", name: \"level:of\")"),
        ("index", "index"), ("INDEX", "index"), ("varname", "variableName"), ("VARNAME", "variableName"),
        ("regex:a:(b)", "pattern(\"a:(b)\")"),
        ("date:%Y%m:x:(.*)", "datePattern(\"x:(.*)\", form: \"%Y%m\")"),
        ("date:%Y-%m-%d_%H:%M:%S:Times", "dateVariable(\"Times\", form: \"%Y-%m-%d_%H:%M:%S\")"),
        ("date:%H:%M:_(.*)", "datePattern(\"_(.*)\", form: \"%H:%M\")"),
        ("date:%Y:a%20(.*)", "datePattern(\"a%20(.*)\", form: \"%Y\")"),
        ("value:index", "constant(\"index\")"), ("5", "constant(5)"), ("-0.5", "constant(-0.5)"),
        ("x", "constant(\"x\")"),
        ("list:1,b,2.5", "list([[1], [\"b\"], [2.5]])"), ("list:1,,2", "list([[1], [\"\"], [2]])"),
    ])
    func selectorsAreRead(_ text: String, _ expected: String) throws {
        let written = "\(try CoordinateSelector(parsing: text))".replacing("KerchunkCombining.", with: "")
            .replacing("CoordinateKey.", with: "").replacing("CoordinateSelector.", with: "")
        #expect(written == expected)
    }

    @Test(arguments: [
        "data:", "cf:", "attr:", "vattr:", "vattr:tas", "vattr::x", "vattr:tas:", "regex:(", "date:x",
        "date:Y:(.*)", "date:%Y:(",
    ])
    func otherSelectorsAreWrongUsage(_ text: String) {
        let error = #expect(throws: KerchunkError.self) { try CoordinateSelector(parsing: text) }
        #expect(error?.kind == .usage)
    }

    @Test(arguments: [
        ("%Y%m%d", "20000229", "2000-02-29"), ("%Y-%m", "1850-12", "1850-12-01"),
        ("%Y", "0007", "0007-01-01"),
        ("%Y%j", "2000060", "2000-02-29"), ("%Y%j", "2001365", "2001-12-31"),
        ("%Y.%m.%d_%H%M%S", "2001.02.03_040506", "2001-02-03 04:05:06"),
        ("%d/%m/%YT%H", "31/01/1999T23", "1999-01-31 23:00:00"), ("100%%%Y", "100%2000", "2000-01-01"),
        ("%Y%m%d", "2000022", "2000-02-02"),
    ])
    func datesAreRead(_ form: String, _ text: String, _ expected: String) throws {
        #expect(try DateForm(form: form).date(text) == expected)
    }

    @Test(arguments: [
        ("%Y", "200"), ("%Y%m%d", "200002291"), ("%Y%m%d", "2000-02-2"), ("%Y%j", "2001366"),
        ("%Y%j", "2000000"), ("%m", "02"),
        ("%Y-%m", "2000_01"), ("%Y", ""),
    ])
    func otherDatesAreNot(_ form: String, _ text: String) {
        #expect(throws: KerchunkError.self) { try DateForm(form: form).date(text) }
    }

    @Test func patternsGiveTheFirstGroupOrAll() throws {
        #expect(try FileNamePattern("_(\\d+)_(\\d+)").found(in: "a_12_34.nc") == "12")
        #expect(try FileNamePattern("\\d+").found(in: "a_12_34.nc") == "12")
        #expect(try FileNamePattern("(?P<run>r\\d)").found(in: "a_r1.nc") == "r1")
        #expect(throws: KerchunkError.self) { try FileNamePattern("\\d").found(in: "a.nc") }
    }

    private var sample: VirtualDataset {
        var dataset = VirtualDataset(root: VirtualGroup(attributes: ["title": "a"]))
        dataset.root["time"] = .array(embedded([0], dimensions: ["time"]))
        dataset.root["tas"] = .array(embedded([1], dimensions: ["time"], attributes: ["units": "K"]))
        dataset.root.setGroup("g") { $0["tas"] = .array(embedded([2], dimensions: ["time"])) }
        return dataset
    }

    private func paths(_ dataset: VirtualDataset) -> [String] {
        var paths: [String] = []
        dataset.root.forEachArray { path, array in
            paths.append(path + "(\(array.dimensionNames?.joined() ?? ""))")
        }
        return paths
    }

    @Test func editsChangeWhatTheyName() throws {
        let sample = sample
        #expect(paths(try DatasetEdit.drop(["tas"]).applied(to: sample)) == ["time(time)"])
        #expect(paths(try DatasetEdit.drop(["g/*"]).applied(to: sample)) == ["time(time)", "tas(time)"])
        #expect(
            paths(try DatasetEdit.rename(variable: "tas", to: "t").applied(to: sample))
                == ["time(time)", "t(time)", "g/tas(time)"])
        #expect(
            paths(try DatasetEdit.renameDimension("time", to: "t").applied(to: sample)) == [
                "t(t)", "tas(t)", "g/tas(t)",
            ])
        #expect(throws: KerchunkError.self) {
            try DatasetEdit.rename(variable: "tas", to: "time").applied(to: sample)
        }
        let changed = try [
            DatasetEdit.setAttribute(variable: "tas", name: "units", value: "degC"),
            .deleteAttribute(variable: nil, name: "title"),
        ].applied(to: sample)
        #expect(changed.root.array(at: "tas")?.attributes == ["units": "degC"])
        #expect(changed.root.attributes.isEmpty)
    }
}
