// SPDX-License-Identifier: Apache-2.0
// What readers of a dataset have to install.

import KerchunkCodecs
package import KerchunkModel

/// What codecs of a dataset need beside zarr and numcodecs.
package struct ReaderNeeds {
    /// Ids of codecs, sorted.
    package let codecs: [String]
    /// Packages on PyPI, ours first.
    package let packages: [String]

    package init(_ dataset: VirtualDataset, _ known: CodecDirectory) {
        var ids: Set<String> = []
        var latest: [CodecSpec] = []
        dataset.root.forEachArray { _, array in
            // Most arrays have those of the one before.
            if array.codecs == latest { return }
            latest = array.codecs
            for codec in array.codecs { ids.insert(codec.id) }
        }
        var packages: [String] = []
        var codecs: [String] = []
        for id in ids.sorted() {
            let needed = known[id]?.neededPackages ?? []
            if needed.isEmpty { continue }
            codecs.append(id)
            packages += needed.filter { !packages.contains($0) }
        }
        self.codecs = codecs
        self.packages = packages
    }

    /// One note, or none where zarr and numcodecs decode all.
    package var notes: [Note] {
        if codecs.isEmpty { return [] }
        return [
            Note(
                "readers need \(codecs.count == 1 ? "the codec" : "the codecs") "
                    + codecs.map { "\"\($0)\"" }.joined(separator: ", "),
                remedy: "pip install " + packages.joined(separator: " "))
        ]
    }
}
