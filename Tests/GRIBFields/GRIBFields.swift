// SPDX-License-Identifier: Apache-2.0
// Prints what KerchunkGRIB finds in files, one line of JSON a field, for the oracle of headers. Not shipped.

import KerchunkGRIB
import KerchunkStorage

@main
struct GRIBFields {
    static func main() throws {
        var arguments = Array(CommandLine.arguments.dropFirst())
        guard !arguments.isEmpty else {
            print("usage: grib-fields [--time] FILE...")
            return
        }
        let isTimed = arguments[0] == "--time"
        if isTimed { arguments.removeFirst() }
        for path in arguments {
            let source = try LocalFile(path)
            if isTimed {
                for _ in 0..<5 {
                    let clock = ContinuousClock()
                    var count = 0
                    let time = try clock.measure { count = try FieldReport.count(source) }
                    print(path, count, time)
                }
                continue
            }
            for line in try FieldReport.lines(source) { print(line) }
        }
    }
}
