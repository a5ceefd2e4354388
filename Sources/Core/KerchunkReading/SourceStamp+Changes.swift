// SPDX-License-Identifier: Apache-2.0
// What shows that a file is no longer what was scanned.

public import KerchunkModel

extension SourceStamp {
    /// How the state `now` of the file differs from this one, in words; nil where nothing shows a change. Where both have an
    /// ETag it is what counts, else the modification time.
    public func change(to now: SourceStamp) -> String? {
        if let before = size, let size = now.size, before != size {
            return "\(size) bytes, but \(before) when it was scanned"
        }
        if let before = eTag, let eTag = now.eTag {
            return Self.opaque(before) == Self.opaque(eTag)
                ? nil : "ETag \(eTag), but \(before) when it was scanned"
        }
        if let before = modificationTime, let time = now.modificationTime, before != time {
            return "modified at \(Self.text(time)), but at \(Self.text(before)) when it was scanned"
        }
        return nil
    }

    /// An ETag without what clients write differently: quotes, and the mark of weak ones.
    private static func opaque(_ tag: String) -> Substring {
        var text = tag[...]
        if text.hasPrefix("W/") { text = text.dropFirst(2) }
        if text.count > 1, text.hasPrefix("\""), text.hasSuffix("\"") { text = text.dropFirst().dropLast() }
        return text
    }

    /// A time in UTC.
    private static func text(_ nanoseconds: Int64) -> String {
        let clock = CFTime(units: "seconds since 1970-01-01", calendar: "proleptic_gregorian")
        return clock?.moment(Double(nanoseconds) / 1e9).map { "\($0) UTC" } ?? "\(nanoseconds) ns"
    }
}
