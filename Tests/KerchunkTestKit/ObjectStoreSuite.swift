// SPDX-License-Identifier: Apache-2.0
// What readers and writers rely on in a store of objects.

public import KerchunkBytes
import KerchunkModel
import KerchunkReading
public import KerchunkStorage
import Synchronization

/// Checks that `store` has `objects`. A new kind of store is checked for this:
///
/// - Each object is a source as `checkByteSource` wants it; what is not there is `notFound`, when it is opened or read.
/// - A listing has all objects whose keys start with a prefix, which may end inside a name; sorted, each once, with its
///   size, and none where nothing starts so.
/// - A listing of one level has the objects and folders of that level, and no others.
///
/// - Parameters:
///   - objects: by key; all that the store has below `prefix`.
///   - prefix: what their keys start with: empty, or up to a `/`.
///   - isListed: whether the store can list; one that cannot must say so.
/// - Returns: what is wrong; empty where all is well.
public func checkObjectStore(
    _ store: any ObjectStore, holding objects: [String: Bytes], below prefix: String = "",
    isListed: Bool = true
) -> [String] {
    let findings = Findings()
    let check = ObjectStoreCheck(store: store, prefix: prefix, findings: findings)
    check.reads(objects)
    if isListed {
        check.listings(objects)
        check.levels(objects)
    } else {
        findings.failure("list of a store that cannot", [.unsupported]) { try store.list(prefix: prefix) }
    }
    return findings.list
}

/// Checks what is written to `store`, below `prefix`, where nothing may be yet, and nothing is left. Besides
/// `checkObjectStore`, a new kind of store that can be written is checked for this:
///
/// - An object appears whole when it is committed and not before; one that is given up never does.
/// - Objects of no bytes, of many pieces, and with awkward names are as they were written.
/// - An object that is written again is the new one, with another stamp; of two that are written at once, one stays, whole.
/// - What is removed is gone; to remove what is not there is no error.
///
/// - Parameter prefix: up to a `/`.
/// - Returns: what is wrong; empty where all is well.
public func checkWritableStore(_ store: any WritableStore, below prefix: String) -> [String] {
    let findings = Findings()
    let check = WritableStoreCheck(store: store, prefix: prefix, findings: findings)
    findings.expect(
        (try? store.list(prefix: prefix))?.isEmpty == true, "something lies below \(prefix) already")
    check.appearing()
    check.contents()
    check.replacing()
    check.writingAtOnce()
    check.removing()
    return findings.list
}

private struct ObjectStoreCheck {
    let store: any ObjectStore
    let prefix: String
    let findings: Findings

    func reads(_ objects: [String: Bytes]) {
        for (key, content) in objects.sorted(by: { $0.key < $1.key }) {
            guard let source = findings.result("open \(key)", { try store.open(key) }) else { continue }
            for sentence in checkByteSource(source, holds: content, batches: 5) {
                findings.add("\(key): \(sentence)")
            }
        }
        for name in ["absent", "absent/x", (objects.keys.min() ?? prefix).dropFirst(prefix.count) + "x"] {
            findings.failure("open \(prefix + name)", [.notFound]) {
                let source = try store.open(prefix + name)
                _ = try source.size()
                return try source.read([ByteRange(0..<1)])
            }
        }
    }

    /// Prefixes that end before, inside and behind names and folders.
    private func prefixes(_ objects: [String: Bytes]) -> [String] {
        var found: Set<String> = [prefix, prefix + "nothing/starts so"]
        for key in objects.keys {
            let name = key.dropFirst(prefix.count)
            for length in [1, name.count / 2, name.count - 1, name.count] {
                found.insert(prefix + name.prefix(length))
            }
            for slash in name.indices where name[slash] == "/" { found.insert(prefix + name[...slash]) }
        }
        return found.sorted()
    }

    func listings(_ objects: [String: Bytes]) {
        for prefix in prefixes(objects) {
            let right = objects.filter { $0.key.hasPrefix(prefix) }.map {
                ObjectInfo(key: $0.key, size: UInt64($0.value.count))
            }.sorted { $0.key < $1.key }
            // A folder that is not there may be one of no objects, or an error.
            let found: [ObjectInfo]
            switch findings.outcome("list \(prefix)", { try store.list(prefix: prefix) }) {
            case .success(let objects): found = objects
            case .failure(let error):
                findings.expect(right.isEmpty && error.kind == .notFound, "list \(prefix) throws: \(error)")
                continue
            }
            findings.expect(
                found == right,
                "list \(prefix): \(found.map { "\($0.key) of \($0.size) bytes" }), not \(right.map { "\($0.key) of \($0.size)" })"
            )
        }
    }

    func levels(_ objects: [String: Bytes]) {
        for level in prefixes(objects) {
            let inside = objects.keys.filter { $0.hasPrefix(level) }
            let isDeeper = { (key: String) in key.dropFirst(level.count).contains("/") }
            let rightFolders = Set(
                inside.filter(isDeeper).map { key in
                    level + key.dropFirst(level.count).prefix { $0 != "/" } + "/"
                }
            ).sorted()
            let found: (objects: [ObjectInfo], folders: [String])
            switch findings.outcome("listLevel \(level)", { try store.listLevel(prefix: level) }) {
            case .success(let level): found = level
            case .failure(let error):
                findings.expect(
                    inside.isEmpty && error.kind == .notFound, "listLevel \(level) throws: \(error)")
                continue
            }
            findings.expect(
                found.objects.map(\.key) == inside.filter { !isDeeper($0) }.sorted(),
                "listLevel \(level): the objects \(found.objects.map(\.key))")
            findings.expect(
                found.objects.allSatisfy { object in
                    objects[object.key].map { UInt64($0.count) } == object.size
                },
                "listLevel \(level): other sizes")
            findings.expect(found.folders == rightFolders, "listLevel \(level): the folders \(found.folders)")
        }
    }
}

private struct WritableStoreCheck {
    let store: any WritableStore
    let prefix: String
    let findings: Findings

    private static func content(_ count: Int, _ seed: UInt8 = 0) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) &+ seed }
    }

    private func write(_ name: String, _ bytes: [UInt8], piece: Int = 1 << 20) throws {
        try Self.write(store, prefix + name, bytes, piece: piece)
    }

    private static func write(_ store: any WritableStore, _ key: String, _ bytes: [UInt8], piece: Int) throws
    {
        let upload = try store.begin(key)
        var start = 0
        while start < bytes.count {
            try upload.write(Array(bytes[start..<min(bytes.count, start + piece)]))
            start += piece
        }
        try upload.commit()
    }

    private func read(_ name: String) throws -> Bytes {
        let source = try store.open(prefix + name)
        return try source.read([ByteRange(0..<source.size())])[0]
    }

    private func names() -> [String]? {
        findings.result("list \(prefix)") {
            try store.list(prefix: prefix).map { String($0.key.dropFirst(prefix.count)) }
        }
    }

    func appearing() {
        _ = findings.result("writing an object in pieces") {
            let upload = try store.begin(prefix + "a")
            try upload.write(Self.content(1000))
            findings.expect(names() == [], "an object is listed before it is committed")
            findings.failure("open an object before it is committed", [.notFound]) { try read("a") }
            try upload.write(Self.content(10))
            try upload.commit()
            findings.expect(names() == ["a"], "an object is not listed when it is committed")
        }
        _ = findings.result("giving up an object") {
            for bytes in [[], Self.content(1000)] {
                let upload = try store.begin(prefix + "b")
                try upload.write(bytes)
                upload.abort()
                findings.expect(names() == ["a"], "an object that was given up is listed")
            }
            // A new state that is given up leaves the old one.
            let upload = try store.begin(prefix + "a")
            try upload.write(Self.content(5))
            upload.abort()
            findings.expect(
                try read("a") == Bytes(Self.content(1000) + Self.content(10)),
                "an object is another one after its next state was given up")
            try store.remove([prefix + "a"])
        }
    }

    func contents() {
        let names = [
            "plain", "deep/er/one", "deep/er/two", "deep/x", "deeper", "a b/+ & =.nc", "100%25.nc", "é/日本.nc",
            "tilde~'(1)!*", "a#b?c", "-", "empty",
        ]
        var objects: [String: Bytes] = [:]
        for (index, name) in names.enumerated() {
            let bytes = name == "empty" ? [] : Self.content(100 + index, UInt8(index))
            if findings.result("writing \"\(name)\"", { try write(name, bytes, piece: 7) }) != nil {
                objects[prefix + name] = Bytes(bytes)
            }
        }
        let long = Self.content(300_000)
        if findings.result("writing 300,000 bytes", { try write("long", long, piece: 65_537) }) != nil {
            objects[prefix + "long"] = Bytes(long)
        }
        for sentence in checkObjectStore(store, holding: objects, below: prefix) { findings.add(sentence) }
    }

    func replacing() {
        _ = findings.result("writing an object again") {
            try write("plain", Self.content(50))
            let before = try store.open(prefix + "plain").stamp
            // Of the same size: only the ETag or the time tells.
            try write("plain", Self.content(50, 1))
            findings.expect(
                try read("plain") == Bytes(Self.content(50, 1)),
                "an object that was written again is the old one")
            let after = try store.open(prefix + "plain").stamp
            findings.expect(
                before.change(to: after) != nil,
                "the stamp of an object that was written again is the old one")
        }
    }

    func writingAtOnce() {
        let contents = (0..<4).map { Self.content(50_000, UInt8($0)) }
        let failures = Mutex<[String]>([])
        let (shared, key) = (store, prefix + "once")
        WorkerPool(width: 4).forEach(4) { worker in
            do {
                try Self.write(shared, key, contents[worker], piece: 10_000)
            } catch {
                failures.withLock { $0.append("writing an object at once with others throws: \(error)") }
            }
        }
        for sentence in failures.withLock({ $0 }) { findings.add(sentence) }
        let found = findings.result("reading what several wrote at once", { try read("once") })
        findings.expect(
            found.map { contents.map { Bytes($0) }.contains($0) } ?? true,
            "an object that several wrote at once is a mix of them")
    }

    func removing() {
        _ = findings.result("removing") {
            try store.remove([prefix + "plain", prefix + "never there"])
            findings.failure("open what was removed", [.notFound]) { try read("plain") }
            findings.expect(names()?.contains("plain") == false, "what was removed is listed")
            try store.remove([])
            try store.remove(names()?.map { prefix + $0 } ?? [])
            findings.expect(names() == [], "something is left when all is removed")
        }
    }
}
