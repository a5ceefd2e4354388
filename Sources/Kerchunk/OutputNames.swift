// SPDX-License-Identifier: Apache-2.0
// What outputs are called after their inputs.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage

extension Kerchunk {
    /// The outputs of a scan of many files into one directory: `<file name>.json` each, as the form of one file has it; where names collide, all outputs
    /// keep their folders below the one that the inputs share.
    /// - Throws: where two inputs would have the same output all the same.
    package static func outputNames(
        of inputs: [String], in directory: String, session: Session = Session()
    ) throws(KerchunkError) -> [String] {
        let base = directory.hasSuffix("/") ? directory : directory + "/"
        let ending = session.forms.standard.endings[0]
        let outputs = spread(inputs).map { base + $0 + ending }
        var seen: Set<ExactText> = []
        if let twice = outputs.first(where: { !seen.insert($0).inserted }) {
            throw KerchunkError(
                .usage, "several inputs would have this output; scan them one by one", url: twice)
        }
        return outputs
    }

    private static func spread(_ inputs: [String]) -> [String] {
        let paths = inputs.map(components)
        let names = zip(inputs, paths).map { $1.last ?? $0 }
        if Set(exactly: names).count == names.count { return names }
        var shared = paths[0].dropLast()
        for path in paths {
            let common = zip(shared, path.dropLast()).prefix { $0.isExactly($1) }.count
            shared = shared.prefix(common)
        }
        return paths.map { $0.dropFirst(shared.count).joined(separator: "/") }
    }

    /// The parts of a path that stand for `input`: those of the file, then those of members of archives. None of them leads
    /// out of a folder.
    private static func components(of input: String) -> [String] {
        guard let chain = try? LocationChain(input) else {
            return absolutePath(shownURL(input)).split(separator: "/").map(String.init)
        }
        return ([absolutePath(shownURL(chain.outer))] + chain.steps.map(\.member)).flatMap { name in
            name.split(separator: "/").map(String.init).filter { $0 != "." && $0 != ".." }
        }
    }
}
