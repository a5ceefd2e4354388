// SPDX-License-Identifier: Apache-2.0
// Chunks that a truncated file should have: readers must see that there is no value, never a zero.

package import KerchunkBytes
package import KerchunkModel

/// How readers see that chunks of a variable are lost.
package struct LostChunks {
    /// The element that lost chunks are made of, and that readers mask.
    package let mark: Bytes
    /// For issues: what the elements of lost chunks read as.
    package let reading: String

    /// A variable that marks missing values itself.
    /// - Parameter fill: its `_FillValue`.
    package init(fill: Bytes) {
        mark = fill
        reading = "as its fill value"
    }

    /// A variable without a `_FillValue`: its `missing_value`, NaN, or the value that netCDF itself fills integers with.
    /// Nil where no value can mark that there is none: of single bytes each may be a value, and readers mask no text.
    package init?(_ type: DataType, attributes: JSONObject) {
        if let value = attributes["missing_value"].flatMap({ type.element($0) }) {
            mark = value
            reading = "as its missing_value"
            return
        }
        guard let format = NumberFormat(type) else { return nil }
        switch type {
        case .float:
            mark = Bytes(format.element(format.bits(nearest: .nan)))
            reading = "as NaN"
        case .integer(let isSigned, let width, _) where width > 1:
            // netcdf.h: NC_FILL_SHORT, NC_FILL_INT, NC_FILL_INT64, NC_FILL_USHORT, NC_FILL_UINT, NC_FILL_UINT64.
            let largest = UInt64.max >> UInt64(64 - 8 * width)
            let smallest = largest / 2 + 1
            let further: UInt64 = width == 8 ? 1 : 0
            mark = Bytes(format.element(isSigned ? smallest + 1 + further : largest - further))
            reading =
                "as \(FillValue.element(mark).json(for: type).serialized()), which is netCDF's own fill value and its _FillValue here, so that it decodes as floats"
        default: return nil
        }
    }

    /// The reason for leaving out a variable whose lost chunks nothing can mark.
    package static let unmarkable =
        "it is left out, as nothing can show that they are missing (it has no _FillValue that readers mask)"
}
