// SPDX-License-Identifier: Apache-2.0
// How reference sets are written: what holds for all forms, and what each form declares for itself.

public import KerchunkBytes
public import KerchunkModel
public import KerchunkStorage

/// How a reference set is written.
public struct SavingOptions: Hashable, Sendable {
    /// Zarr version of the metadata: 2 or 3.
    public var zarrFormat = 2
    /// Missing chunks of one array that are embedded at most, where the Zarr version cannot say what they hold.
    public var fillLimit: UInt64 = 10_000
    /// Whether the state of each source is recorded, so that later changes can be seen.
    public var recordsSources = true
    /// Threads that encode and write.
    public var threadCount = 1
    /// Whether the output is on its device when it appears.
    public var isDurable = false
    /// Whether a set of many files that is there already in an object store is removed before the new one is written. Until
    /// that is whole there is none; the old one is lost if writing fails. Of no account elsewhere.
    public var replacesInPlace = false
    /// Where the set is made of the one at its place: what that was.
    public var succession: Succession?
    /// Values of options that belong to a form.
    private var values = OptionValues()

    public init() {}

    /// The value of an option of a form; other forms pass over it.
    public subscript<Value>(_ option: TypedOption<Value>) -> Value {
        get { values[option] }
        set { values[option] = newValue }
    }

    /// The Zarr version of a set of `form`, which may not have the one that is wanted.
    package func zarrFormat(in form: any ReferenceForm) -> Int {
        form.writableZarrFormats.map { min(max(zarrFormat, $0.lowerBound), $0.upperBound) } ?? zarrFormat
    }

    /// Sets an option by its name.
    /// - Throws: kind `usage` where the value is none of the option's.
    public mutating func set(_ option: any DeclaredOption, _ value: JSONValue) throws(KerchunkError) {
        try values.set(option, value)
    }

    /// The values of options that `form` declares, as text: sets that are written with others differ.
    public func text(of form: any ReferenceForm) -> String {
        values.text(of: form.options)
    }
}
