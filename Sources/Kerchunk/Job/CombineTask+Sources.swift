// SPDX-License-Identifier: Apache-2.0
// Files that changed between plan and execution: references to them would lead to other values.

import KerchunkModel
import KerchunkStorage

extension CombineTask {
    /// Throws where a local file is not what it was when it was scanned. Files that are not there, and remote ones, are
    /// looked at where they are read: references to them may be for another machine.
    func checkSources() throws(KerchunkError) {
        for source in recordedSources where source.stamp != SourceStamp() {
            guard case .local(let path) = Location(source.url), let status = Platform.statusIfAny(path),
                let change = source.stamp.change(
                    to: SourceStamp(size: status.size, modificationTime: status.modificationTime))
            else { continue }
            throw KerchunkError(
                .changed,
                "the file has changed since it was scanned, so its references may lead to other values: \(change); scan it again",
                url: source.url)
        }
    }
}
