// SPDX-License-Identifier: Apache-2.0
// Forms whose sets are single files: what is left to them is to read a file, and to write to an output.

import KerchunkBytes
public import KerchunkModel
public import KerchunkStorage

/// A form of which each set is one file.
public protocol FileReferenceForm: ReferenceForm {
    /// Reads the file `source`.
    /// - Parameter path: that of a file of this machine, which can be opened again.
    func open(
        _ source: any ByteSource, path: String?, _ reading: ReferenceReading
    ) throws(KerchunkError) -> Opened

    /// Writes `dataset`; the caller commits `output`.
    /// - Parameter name: of the file, by which it may be compressed.
    /// - Returns: how many references to chunks were written, inline ones included.
    func write(
        _ dataset: VirtualDataset, to output: any Upload, named name: String, _ writing: ReferenceWriting
    ) throws -> UInt64
}

extension FileReferenceForm {
    public func open(
        _ place: ReferencePlace, _ reading: ReferenceReading
    ) throws(KerchunkError) -> Opened {
        switch place {
        case .file(let source, let path):
            var opened = try open(source, path: path, reading)
            do {
                if source.isRemote { opened.stamp = try source.stamp }
            } catch {
                throw KerchunkError(wrapping: error)
            }
            return opened
        case .folder(_, let name):
            throw KerchunkError(
                .notFound, "a folder is not a reference set in the form \(self.name)", url: name)
        }
    }

    public func check(_ place: OutputPlace, _ writing: ReferenceWriting) throws(KerchunkError) {
        try place.checkFile(overwrite: writing.overwrites, replacing: writing.replacing)
    }

    public func write(
        _ dataset: VirtualDataset, to place: OutputPlace, _ writing: ReferenceWriting
    ) throws(KerchunkError) -> UInt64 {
        let output = try place.beginFile(
            overwrite: writing.overwrites, isDurable: writing.options.isDurable,
            succeeding: writing.options.succession, replacing: writing.replacing)
        return try complete(dataset, output, named: place.name, writing) { () throws(KerchunkError) in
            try dataset.checkNoSource(isAt: place)
            if let succession = writing.options.succession {
                try place.checkUnchanged(since: succession)
            }
        }
    }

    /// Writes `dataset` to `output`, and commits it.
    /// - Parameter name: names the output in errors.
    public func writeAndCommit(
        _ dataset: VirtualDataset, to output: any Upload, named name: String, _ writing: ReferenceWriting
    ) throws(KerchunkError) -> UInt64 {
        try complete(dataset, output, named: name, writing) {}
    }

    private func complete(
        _ dataset: VirtualDataset, _ output: any Upload, named name: String, _ writing: ReferenceWriting,
        checkBeforeCommit: () throws(KerchunkError) -> Void
    ) throws(KerchunkError) -> UInt64 {
        do {
            let count = try write(dataset, to: output, named: name, writing)
            try writing.cancellation.check()
            try checkBeforeCommit()
            try output.commit()
            return count
        } catch {
            output.abort()
            var failure = KerchunkError(wrapping: error)
            if ![.cancelled, .usage, .changed].contains(failure.kind) { failure.kind = .output }
            failure.url = failure.url ?? name
            throw failure
        }
    }
}

extension VirtualDataset {
    /// Throws where a file that references point to is at `place`: overwriting must never cost the data.
    func checkNoSource(isAt place: OutputPlace) throws(KerchunkError) {
        var names = Set(exactly: [place.name])
        if case .local(let path) = place {
            guard Platform.exists(path) else { return }
            names = Set(exactly: [absolutePath(path), Platform.realPath(path)].compactMap { $0 })
        }
        let isSource = sources.sources.contains { source in
            guard case .local(let file) = Location(source.url) else { return names.contains(source.url) }
            return names.contains(file)
        }
        guard !isSource else {
            throw KerchunkError(
                .usage, "the output would replace a file that the references point to", url: place.name)
        }
    }
}
