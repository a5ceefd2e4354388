// SPDX-License-Identifier: Apache-2.0
// A store that fails when it is told to, and tells what was asked of it.

import KerchunkModel
public import KerchunkStorage
import Synchronization

/// What is asked of a store, in order; one step may be made to fail.
// A class because all who use it share what is noted.
public final class ChaosStore: WritableStore {
    public enum Step: Hashable, Sendable {
        case open(String)
        case list(String)
        case begin(String)
        case commit(String)
        case abort(String)
        case remove(Int)

        public var writes: Bool {
            switch self {
            case .begin, .commit: true
            default: false
            }
        }
    }

    private let base: any WritableStore
    private let state: Mutex<(steps: [Step], failing: Int?)>
    private let onStep: @Sendable (Step) -> Void

    /// - Parameters:
    ///   - failing: the number of the begun or committed object that fails, and all that follow.
    ///   - onStep: called before each step is made.
    public init(
        _ base: any WritableStore, failing: Int? = nil, onStep: @escaping @Sendable (Step) -> Void = { _ in }
    ) {
        self.base = base
        self.onStep = onStep
        state = Mutex((steps: [], failing: failing))
    }

    public var steps: [Step] { state.withLock { $0.steps } }
    private let unfinished = Atomic(0)
    /// Uploads that were begun, and neither committed nor given up.
    public var unfinishedCount: Int { unfinished.load(ordering: .relaxed) }
    fileprivate func finishOne() { unfinished.subtract(1, ordering: .relaxed) }

    fileprivate func note(_ step: Step) throws {
        onStep(step)
        let fails = state.withLock { state in
            state.steps.append(step)
            guard let failing = state.failing, step.writes else { return false }
            return state.steps.count(where: \.writes) > failing
        }
        if fails { throw KerchunkError(.network, "the line is cut") }
    }

    public func open(_ key: String) throws -> any ByteSource {
        try note(.open(key))
        return try base.open(key)
    }

    public func list(prefix: String) throws -> [ObjectInfo] {
        try note(.list(prefix))
        return try base.list(prefix: prefix)
    }

    public func begin(_ key: String) throws -> any Upload {
        try note(.begin(key))
        unfinished.add(1, ordering: .relaxed)
        return ChaosUpload(try base.begin(key), key: key, store: self)
    }

    public func remove(_ keys: [String]) throws {
        try note(.remove(keys.count))
        try base.remove(keys)
    }
}

private final class ChaosUpload: Upload {
    private let base: any Upload
    private let key: String
    private let store: ChaosStore
    private var isOpen = true

    init(_ base: any Upload, key: String, store: ChaosStore) {
        self.base = base
        self.key = key
        self.store = store
    }

    func write(_ bytes: RawSpan) throws { try base.write(bytes) }

    func commit() throws {
        try store.note(.commit(key))
        try base.commit()
        finish()
    }

    private func finish() {
        if isOpen { store.finishOne() }
        isOpen = false
    }

    func abort() {
        try? store.note(.abort(key))
        base.abort()
        finish()
    }
}
