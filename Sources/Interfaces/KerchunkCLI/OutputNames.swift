// SPDX-License-Identifier: Apache-2.0
// What outputs are called after their inputs.

import Kerchunk

/// The parts of a path that stand for `input`: those of the file, then those of members of archives. None of them leads
/// out of a folder.
func outputComponents(of input: String) -> [String] {
    guard let chain = try? LocationChain(input) else {
        return absolutePath(shownURL(input)).split(separator: "/").map(String.init)
    }
    return ([absolutePath(shownURL(chain.outer))] + chain.steps.map(\.member)).flatMap { name in
        name.split(separator: "/").map(String.init).filter { $0 != "." && $0 != ".." }
    }
}
