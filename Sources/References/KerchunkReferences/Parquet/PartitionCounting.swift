// SPDX-License-Identifier: Apache-2.0
// How many references a partition holds that was written before.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import KerchunkParquet
import KerchunkStorage

struct PartitionCounting: Sendable {
    let codecs: CodecDirectory
    /// Rows that a file may have.
    let recordSize: UInt64

    /// References in the partition that `open` gives, inline ones included.
    /// - Parameters:
    ///   - count: chunks of the partition.
    ///   - isOurs: whether the file has exactly that many rows, as this package writes it.
    ///   - fill: what stands for missing chunks; an inline chunk of the same bytes is taken for one of them.
    /// - Returns: nil where there is no such file, or one that is not whole.
    func references(
        count: UInt64, isOurs: Bool, fill: Bytes?, _ open: () throws -> any ByteSource
    ) throws(KerchunkError) -> UInt64? {
        let source: any ByteSource
        do {
            source = try open()
            // Stores look only when they are asked for something.
            _ = try source.size()
        } catch {
            let failure = KerchunkError(wrapping: error)
            if failure.kind == .notFound { return nil }
            throw failure
        }
        let limits = ParquetLimits(rows: Int(min(recordSize, ParquetLayout.largestPartition)))
        // After a failure of power a file may have its name, and not its content.
        guard
            let file = try whole({ try ParquetFile(source, codecs: codecs, limits: limits, tailSize: 4096) }),
            !isOurs || UInt64(file.rowCount) == count
        else { return nil }
        if fill == nil, let paths = file.presentCount(of: "path"), let raws = file.presentCount(of: "raw"),
            let sum = paths.adding(raws), sum <= UInt64(file.rowCount), UInt64(file.rowCount) <= count
        {
            return sum
        }
        let decoder = PartitionDecoder(codecs: codecs, sources: SourceTable())
        guard
            let rows = try whole({ try decoder.rows(0..<count, source, count: count, recordSize: recordSize) }
            )
        else { return nil }
        var references: UInt64 = 0
        rows.manifest.forEachPresent { _, location in
            if case .inline(let bytes) = location, bytes == fill { return }
            references += 1
        }
        return references
    }

    /// Nil for a file that is not what it should be; others that cannot be read are errors.
    private func whole<R>(_ read: () throws -> R) throws(KerchunkError) -> R? {
        do {
            return try read()
        } catch {
            let failure = KerchunkError(wrapping: error)
            switch failure.kind {
            case .network, .permission, .cancelled: throw failure
            default: return nil
            }
        }
    }
}
