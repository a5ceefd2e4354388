// SPDX-License-Identifier: Apache-2.0
// One way through a JSON reference set, from its text to a dataset.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import KerchunkStorage

/// Thrown where chunks came before what they need to be placed; then the text is gone through twice.
struct OutlineNeeded: Error {}

/// Goes through the members of a reference set.
///
/// The first attempt knows nothing: documents come as they come, and few members that wait for theirs are kept. Where
/// that does not do, `outline` goes through the text for all that is not references, and a second attempt knows it.
struct ReferenceScan: ~Copyable {
    private var window: TextWindow
    private var outline: ReferenceOutline
    /// Whether `outline` was complete from the start.
    private let isInformed: Bool
    private var placement: ChunkPlacement
    private let limits: ReferenceLimits
    private let cancellation: Cancellation
    /// Members whose arrays are not known yet, behind each other.
    private var waiting: [UInt8] = []
    /// Whether some stood beside others that only version 1, or only version 0, has.
    private var hasFlatMembers = false
    private var hasEntered = false
    /// Whether consolidated metadata have come that were not read yet.
    private var hasConsolidated = false

    private static let longestWaiting = 2 << 20

    /// - Parameter outline: all that is not references, where it is known.
    init(
        _ input: consuming StoredText, knowing outline: ReferenceOutline? = nil, reader: JSONReferenceReader,
        cancellation: Cancellation
    ) {
        window = TextWindow(input, memberLimit: reader.limits.memberSize)
        self.outline = outline ?? ReferenceOutline(codecs: reader.codecs)
        isInformed = outline != nil
        limits = reader.limits
        self.cancellation = cancellation
        placement = ChunkPlacement(
            target: reader.target, limits: reader.limits, expectedSize: window.expectedSize)
        if let templates = outline?.templates { placement.use(templates) }
    }

    /// Goes through all of the text.
    /// - Throws: `OutlineNeeded` where that must be known first.
    consuming func dataset() throws -> Opened {
        if isInformed { try defineArrays() }
        try scanMembers()
        if !isInformed {
            try defineArrays()
            try placeWaiting()
        }
        try generate()
        return try finish()
    }

    private mutating func scanMembers() throws {
        try window.open()
        var isFirst = true
        let isFlat = isInformed && outline.version == 0
        while true {
            if isFlat || (hasFlatMembers && outline.version == nil), !isFirst {
                placement.placeRun(in: &window)
            }
            switch try window.next(isFirst: &isFirst, entering: isFlat ? nil : "refs") {
            case .entered:
                hasEntered = true
                try scanReferences()
            case .member(let member): try takeBesideReferences(member, isFlat: isFlat)
            case .end:
                try window.close()
                return try checkVersion()
            }
        }
    }

    private mutating func scanReferences() throws {
        var isFirst = true
        while true {
            if !isFirst { placement.placeRun(in: &window) }
            switch try window.next(isFirst: &isFirst) {
            case .member(let member): try takeReference(member)
            case .entered, .end: return
            }
        }
    }

    private mutating func takeBesideReferences(_ member: TextWindow.Member, isFlat: Bool) throws {
        if isFlat { return try takeReference(member) }
        if isInformed { return }
        let hadTemplates = outline.templates != nil
        if try outline.take(member, in: window, limits: limits) {
            if !hadTemplates, let templates = outline.templates {
                // URLs that came before may have been taken as they stand.
                if hasEntered { throw OutlineNeeded() }
                placement.use(templates)
            }
            return
        }
        if outline.version == 1 {
            try outline.unknown.add(try window.text(of: member.name))
        } else {
            hasFlatMembers = true
            try takeReference(member)
        }
    }

    /// Which version it is may show only at the end.
    private mutating func checkVersion() throws {
        if isInformed { return }
        if outline.version == nil {
            if hasEntered || outline.templates != nil || !outline.rules.isEmpty || !outline.stamps.isEmpty {
                throw OutlineNeeded()
            }
            outline.version = 0
        } else if hasFlatMembers {
            throw OutlineNeeded()
        } else if !hasEntered, outline.rules.isEmpty {
            throw KerchunkError(.malformed, "the reference set has no \"refs\"")
        }
    }

    private mutating func takeReference(_ member: TextWindow.Member) throws {
        if try DocumentMember.isDocument(member, in: window) {
            if !isInformed { try takeDocument(member) }
        } else if try !placement.place(member, in: window) {
            if isInformed { return try placement.keep(member, in: window) }
            if try defineConsolidated(), try placement.place(member, in: window) { return }
            try wait(member)
        }
    }

    private mutating func takeDocument(_ member: TextWindow.Member) throws {
        switch try outline.addDocument(member, in: window, limits: limits) {
        case .consolidated: hasConsolidated = true
        case .nothing: break
        case .one(let path, let kind, let document):
            define(path, kind, document)
            if path.isEmpty, kind == .node, document["consolidated_metadata"] != nil { try defineKnown() }
        }
    }

    /// Makes the array that `document` describes known; those that make no sense are found again at the end.
    private mutating func define(_ path: String, _ kind: DocumentTable.Kind, _ document: JSONObject) {
        guard kind.describesArray(document) else { return }
        do throws(KerchunkError) {
            placement.define(path, try outline.hierarchy.metadata(kind, document))
        } catch {}
    }

    /// Makes all arrays known of which documents came.
    private mutating func defineKnown() throws {
        try outline.hierarchy.forEachArray(isFinal: false) { placement.define($0.path, $0.metadata) }
    }

    /// Makes arrays known that only consolidated metadata describe.
    /// - Returns: false where there is nothing to be read.
    private mutating func defineConsolidated() throws -> Bool {
        guard hasConsolidated else { return false }
        hasConsolidated = false
        try outline.hierarchy.readConsolidated()
        try defineKnown()
        return true
    }

    private mutating func wait(_ member: TextWindow.Member) throws {
        guard waiting.count + member.text.count <= Self.longestWaiting else { throw OutlineNeeded() }
        waiting.append(waiting.isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ","))
        waiting += window.memory[member.text]
    }

    /// Makes all arrays known; the documents in the end must be those that chunks were placed by.
    private mutating func defineArrays() throws {
        try outline.hierarchy.readConsolidated()
        let known = placement.arrays.count
        if known == outline.hierarchy.arrayCount, !outline.hierarchy.hasReplacedArrays { return }
        var agreeing = 0
        try outline.hierarchy.forEachArray(isFinal: false) { found in
            if let array = placement.array(at: found.path), array.number < known {
                guard array.agrees(with: found.metadata) else { throw OutlineNeeded() }
                agreeing += 1
            } else {
                placement.define(found.path, found.metadata)
            }
        }
        guard agreeing == known else { throw OutlineNeeded() }
    }

    private mutating func placeWaiting() throws {
        guard !waiting.isEmpty else { return }
        waiting.append(UInt8(ascii: "}"))
        let input = try StoredText(
            MemorySource(Bytes(waiting)), codecs: .init([]), cancellation: cancellation)
        var window = TextWindow(input, memberLimit: limits.memberSize)
        var isFirst = true
        do {
            try window.open()
            while case .member(let member) = try window.next(isFirst: &isFirst) {
                if try !placement.place(member, in: window) { try placement.keep(member, in: window) }
            }
        } catch {
            // Places of errors mean the whole text.
            throw OutlineNeeded()
        }
    }

    private mutating func generate() throws {
        var made: UInt64 = 0
        for rule in outline.rules {
            try rule.forEach(placement.templates) { key, url, range throws in
                if made % 4096 == 0 { try cancellation.check() }
                made += 1
                let bytes = try range.map { range throws(KerchunkError) in
                    guard let end = range.offset.adding(range.length), range.length != .max else {
                        throw KerchunkError(
                            .malformed,
                            "the \"gen\" of the reference set makes ranges beyond the largest offset")
                    }
                    return ByteRange(range.offset..<end)
                }
                if !placement.place(key, url: url, bytes) { placement.keep(key, url: url, bytes) }
            }
        }
    }

    private consuming func finish() throws -> Opened {
        var root = outline.hierarchy.emptyRoot
        let hasWaited = !waiting.isEmpty
        try outline.hierarchy.forEachArray(isFinal: true) { found in
            var array = found.metadata.array
            if let collected = placement.take(found.path) {
                let (manifest, replacedCount) = collected.finish()
                // Of two chunks with one key the later counts; those that waited were placed too late.
                if replacedCount > 0, hasWaited { throw OutlineNeeded() }
                array.chunks = manifest
            }
            root.place(array, at: found.path)
        }
        let sources = placement.sources
        if !outline.stamps.isEmpty {
            for row in 0..<UInt32(sources.count) {
                let source = SourceIndex(row: row)
                if let stamp = outline.stamps[sources[source].url] { sources.setStamp(stamp, of: source) }
            }
            // That a file was truncated counts where nothing that is left refers to it, too.
            for (url, stamp) in outline.stamps.sorted(by: { $0.key < $1.key }) where stamp.fullSize != nil {
                _ = sources.intern(url.text, stamp: stamp)
            }
        }
        var issues = outline.hierarchy.issues + placement.loose.issues
        let looseKeys = placement.takeLooseKeys(with: outline.hierarchy.unread)
        // Most likely this is no reference set at all.
        if let looseKeys, outline.hierarchy.isEmpty { issues.append(looseKeys.issue("and there is none")) }
        issues += outline.unknown.issues(
            one: "next to \"refs\" is unknown", several: "next to \"refs\" are unknown")
        var opened = Opened(
            VirtualDataset(root: root, sources: sources, looseKeys: looseKeys), issues: issues,
            from: .references(JSONForm()), zarrFormat: outline.hierarchy.zarrFormat)
        opened.recordedStamps = outline.stamps
        return opened
    }
}

extension ReferenceScan {
    /// All of a reference set that is not references.
    static func outline(
        _ input: consuming StoredText, reader: JSONReferenceReader
    ) throws -> ReferenceOutline {
        let limits = reader.limits
        var window = TextWindow(input, memberLimit: limits.memberSize)
        // What a flat set would say; whether it is one shows at the end.
        var flat = ReferenceOutline(codecs: reader.codecs)
        var outline = ReferenceOutline(codecs: reader.codecs)
        var hasEntered = false
        var isFirst = true
        try window.open()
        members: while true {
            switch try window.next(isFirst: &isFirst, entering: "refs") {
            case .entered:
                hasEntered = true
                var isFirstReference = true
                while case .member(let member) = try window.next(isFirst: &isFirstReference) {
                    guard try DocumentMember.isDocument(member, in: window) else { continue }
                    _ = try outline.addDocument(member, in: window, limits: limits)
                }
            case .member(let member):
                if try outline.take(member, in: window, limits: limits) { continue }
                if try DocumentMember.isDocument(member, in: window) {
                    _ = try flat.addDocument(member, in: window, limits: limits)
                }
                try outline.unknown.add(try window.text(of: member.name))
            case .end: break members
            }
        }
        try window.close()
        if outline.version == nil {
            flat.version = 0
            return flat
        }
        guard hasEntered || !outline.rules.isEmpty else {
            throw KerchunkError(.malformed, "the reference set has no \"refs\"")
        }
        return outline
    }
}
