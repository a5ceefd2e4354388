// SPDX-License-Identifier: Apache-2.0
// What a format says of a file: groups and variables by the names that the file gives them.

public import KerchunkBytes
public import KerchunkModel
import KerchunkStorage

/// The facts about a file. A scanner fills it; `FormatScanner.scan` makes a dataset of it.
///
/// What all formats do stands here and behind it: which variables are wanted, names that no reader can open, trouble in one
/// variable that leaves the others alone.
public struct ScannedTree: Sendable {
    /// A group that was added.
    public struct GroupIndex: Hashable, Sendable {
        let row: Int
        public static let root = GroupIndex(row: 0)
    }

    /// A place for a variable.
    public struct ArrayIndex: Hashable, Sendable { let row: Int }

    struct Group: Sendable {
        /// As the file has it, for issues: "" of the root, else `/a/b`.
        let path: String
        /// The same as readers open it.
        let shownPath: String
        let name: String
        let parent: Int?
        var attributes: JSONObject
        /// Names that are taken.
        var taken: Set<ExactText> = []
        /// Whether some variable of it is not wanted.
        var hasUnwanted = false
    }

    struct Entry: Sendable {
        let group: Int
        /// As readers open it.
        let name: String
        /// As the file has it, for issues.
        let path: String
        /// Nil where it is left out.
        var array: ScannedArray?
    }

    enum Member: Sendable { case group(Int), array(Int) }

    public var sources = Sources()
    /// What was left out, or is not as in the file.
    public var issues: [Issue] = []
    /// What is good to know, and is no trouble.
    public var notes: [Note] = []
    private(set) var groups: [Group] = [
        Group(path: "", shownPath: "", name: "", parent: nil, attributes: [:])
    ]
    private(set) var arrays: [Entry] = []
    /// In the order in which they were added.
    private(set) var members: [Member] = []
    private let selection: VariableSelection
    private let salvages: Bool
    private let cancellation: Cancellation

    public init(in context: ScanContext) {
        selection = VariableSelection(context.options)
        salvages = context.options.salvages
        cancellation = context.cancellation
    }

    /// Notes where a file is cut off.
    /// - Parameter fullSize: bytes that it says it has; nil where it does not say.
    /// - Throws: where it is, and nobody asked for what is left of it.
    public mutating func expectWhole(size: UInt64, fullSize: UInt64?) throws {
        guard let fullSize, fullSize > size else { return }
        let truncation = Truncation(size: size, fullSize: fullSize)
        guard salvages else { throw truncation.error }
        issues.append(truncation.issue)
    }

    /// Attributes of the root.
    public var attributes: JSONObject {
        get { groups[0].attributes }
        set { groups[0].attributes = newValue }
    }

    /// Adds what there is to say about the root or another group.
    public mutating func add(_ remarks: [Remark], about group: GroupIndex = .root) {
        let path = groups[group.row].path
        issues += remarks.map { $0.issue(of: path.isEmpty ? "/" : path) }
    }

    /// Adds a group.
    /// - Returns: nil where it can have no name, which is an issue: what is in it is not added either.
    public mutating func addGroup(
        _ name: FileText, in parent: GroupIndex = .root, attributes: JSONObject = [:]
    ) -> GroupIndex? {
        let path = groups[parent.row].path + "/" + name.string
        guard let shown = take(name, in: parent, path: path, kind: "group") else { return nil }
        members.append(.group(groups.count))
        groups.append(
            Group(
                path: path, shownPath: groups[parent.row].shownPath + "/" + shown, name: shown,
                parent: parent.row, attributes: attributes))
        return GroupIndex(row: groups.count - 1)
    }

    /// A place for a variable, in the order of the file; nil where the variable is not wanted, or can have no name. Ask for it
    /// before anything is read for this variable alone, such as an index of chunks.
    public mutating func place(for name: FileText, in group: GroupIndex = .root) -> ArrayIndex? {
        let (own, shown) = (groups[group.row].path, groups[group.row].shownPath)
        let path = own + "/" + name.string
        guard
            selection.isAll
                || selection.includes(path, shownAs: shown + "/" + Names.readable(name.string))
        else {
            groups[group.row].hasUnwanted = true
            return nil
        }
        guard let shown = take(name, in: group, path: path, kind: "variable") else { return nil }
        members.append(.array(arrays.count))
        arrays.append(Entry(group: group.row, name: shown, path: path))
        return ArrayIndex(row: arrays.count - 1)
    }

    /// Sets the variable at `place`.
    /// - Parameter translate: an error in it is an issue of this variable; `LeftOut` says why in words.
    /// - Throws: where the error says nothing about the variable: the scan was cancelled, or may find it when it is tried again.
    public mutating func fill(_ place: ArrayIndex, _ translate: () throws -> ScannedArray) throws {
        try cancellation.check()
        do {
            arrays[place.row].array = try translate()
        } catch {
            issues.append(try Issue(leavingOut: arrays[place.row].path, because: error))
        }
    }

    /// Adds a variable, where it is wanted: its place, and what it is.
    public mutating func addArray(
        _ name: FileText, in group: GroupIndex = .root, _ translate: () throws -> ScannedArray
    ) throws {
        if let place = place(for: name, in: group) { try fill(place, translate) }
    }

    /// The name that a member has here; nil where it can have none.
    private mutating func take(
        _ name: FileText, in group: GroupIndex, path: String, kind: String
    ) -> String? {
        func note(_ reason: String) { issues.append(Issue(object: path, reason: reason)) }
        if !name.isUTF8 { note("its name is not UTF-8; its bytes are shown as Latin-1") }
        if name.string.isEmpty {
            note("left out: a \(kind) without a name cannot be opened")
            return nil
        }
        let shown = Names.readable(name.string)
        if !shown.isExactly(name.string) { note(Names.change(of: name.string, to: shown)) }
        guard groups[group.row].taken.insert(ExactText(shown)).inserted else {
            note("left out: another \(kind) has the same name")
            return nil
        }
        return shown
    }
}
