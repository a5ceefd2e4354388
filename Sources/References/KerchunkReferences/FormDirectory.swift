// SPDX-License-Identifier: Apache-2.0
// Which form a reference set has: one that is there, and one that is to be written.

public import KerchunkBytes
public import KerchunkModel
public import KerchunkStorage

/// Forms of reference sets. The first is that of outputs whose names tell nothing.
public struct FormDirectory: Sendable {
    public let forms: [any ReferenceForm]

    /// - Parameter first: the form of outputs whose names tell nothing, which may go to standard output, too.
    public init(_ first: any FileReferenceForm, _ others: [any ReferenceForm]) {
        standard = first
        forms = [first] + others
    }

    /// The form of outputs whose names tell nothing.
    public let standard: any FileReferenceForm

    /// The form of the options that plans have for an output in partitions.
    public var partitioned: (any PartitionedReferenceForm)? { forms.lazy.compactMap(\.partitioned).first }

    /// The form of this id.
    /// - Throws: kind `usage` where there is none.
    public func form(id: String) throws(KerchunkError) -> any ReferenceForm {
        if let form = forms.first(where: { $0.id == id }) { return form }
        let known = forms.map { "\"\($0.id)\"" }.joined(separator: ", ")
        throw KerchunkError(.usage, "unknown form of reference sets \"\(id)\"; known forms: \(known)")
    }

    /// The form that an output of the name `location` gets. Nothing needs to be there; where a folder is, that counts.
    public func form(ofOutput location: String) -> any ReferenceForm {
        claimant(of: location, among: forms.filter { $0.writableZarrFormats != nil }) ?? standard
    }

    /// The form whose ending the name `location` has; nil where it has none, and a folder may be meant that is to hold many
    /// sets.
    public func form(byEndingOf location: String) -> (any ReferenceForm)? {
        forms.first { $0.writableZarrFormats != nil && $0.claim(on: location, isFolder: false) == .byEnding }
    }

    /// The form of sets that are folders and have names like `location`, which need not be there.
    public func folderForm(named location: String) -> (any ReferenceForm)? {
        claimant(of: location, among: forms).flatMap { $0.isFolder ? $0 : nil }
    }

    private func claimant(of location: String, among forms: [any ReferenceForm]) -> (any ReferenceForm)? {
        var isFolder = location.hasSuffix("/")
        if case .local(let path) = Location(location), Platform.statusIfAny(path)?.isDirectory == true {
            isFolder = true
        }
        return forms.first { $0.claim(on: location, isFolder: isFolder) != nil }
    }

    /// The form of a file that starts with `start`; nil where it is no reference set.
    public func form(ofFileStartingWith start: Bytes) -> (any ReferenceForm)? {
        forms.first { $0.recognizes(start) }
    }

    /// Whether a file that starts with `start` is a reference set, and nothing else.
    public func isCertainlyReferences(_ start: Bytes) -> Bool {
        forms.contains { $0.isSurely(start) }
    }

    /// Forms whose sets are folders.
    public var folderForms: [any ReferenceForm] { forms.filter(\.isFolder) }

    /// The state of what is at `path` on this machine, a set of any form.
    public func state(ofLocal path: String) -> OutputState {
        let markers = folderForms.flatMap(\.markers)
        let marker = markers.first { Platform.exists(path.withoutClosingSlashes + "/" + $0) }
        return OutputState(local: path, marker: marker ?? markers.first ?? "")
    }

    /// All options that forms have of their own.
    public var options: [any DeclaredOption] { forms.flatMap(\.options) }

    /// Whether a file that starts with `start` may give way to a reference set: it is one, or has no bytes.
    public func isReplaceable(_ start: Bytes) -> Bool {
        start.isEmpty || form(ofFileStartingWith: start) != nil
    }
}
