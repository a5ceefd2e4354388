// SPDX-License-Identifier: Apache-2.0
// Chunks that a truncated file should have: readers must see that there is no value, never a zero.

import KerchunkBytes
import KerchunkModel

/// How readers see that chunks of a variable are lost.
struct LostChunks {
    /// The element that lost chunks are made of, and that readers mask.
    let mark: Bytes
    /// For issues: what the elements of lost chunks read as.
    let reading: String

    /// Nil where nothing can mark them.
    init?(of array: ScannedArray) {
        switch array.dataType {
        case .float, .integer: break
        // xarray masks characters by no fill value that is a text, and the rest by none.
        default: return nil
        }
        guard case .value(.element(let fill)) = array.missing.masked else {
            self.init(array.dataType, attributes: array.attributes)
            return
        }
        self.init(mark: fill, reading: "as its fill value")
    }

    private init(mark: Bytes, reading: String) {
        self.mark = mark
        self.reading = reading
    }

    /// A variable without a `_FillValue`: its `missing_value`, NaN, or the value that netCDF itself fills integers with.
    /// Nil where no value can mark that there is none: of single bytes each may be a value, and readers mask no text.
    private init?(_ type: DataType, attributes: JSONObject) {
        if let value = attributes["missing_value"].flatMap({ type.element($0) }) {
            self.init(mark: value, reading: "as its missing_value")
            return
        }
        guard let format = NumberFormat(type) else { return nil }
        switch type {
        case .float:
            self.init(mark: Bytes(format.element(format.bits(nearest: .nan))), reading: "as NaN")
        case .integer(let isSigned, let width, _) where width > 1:
            // netcdf.h: NC_FILL_SHORT, NC_FILL_INT, NC_FILL_INT64, NC_FILL_USHORT, NC_FILL_UINT, NC_FILL_UINT64.
            let largest = UInt64.max >> UInt64(64 - 8 * width)
            let smallest = largest / 2 + 1
            let further: UInt64 = width == 8 ? 1 : 0
            let mark = Bytes(format.element(isSigned ? smallest + 1 + further : largest - further))
            self.init(
                mark: mark,
                reading:
                    "as \(FillValue.element(mark).json(for: type).serialized()), netCDF's default fill value, which becomes its _FillValue here, so that it decodes as floats"
            )
        default: return nil
        }
    }

    /// The reason for leaving out a variable whose lost chunks nothing can mark.
    static let unmarkable =
        "it is left out, because nothing can mark them as missing (it has no _FillValue that readers mask)"
}
