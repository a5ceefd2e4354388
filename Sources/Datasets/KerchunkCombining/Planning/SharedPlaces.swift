// SPDX-License-Identifier: Apache-2.0
// What several inputs say of the same places: a line of latitudes that all tiles of a row have, a map that all steps of
// its tile have.

import KerchunkBytes
import KerchunkModel

/// Occurrences of a variable that must say what others say of the same places.
struct SharedPlaces {
    let join: VariableJoin
    let cells: Cells
    /// Numbers of the occurrences that are held against those that fill the cells.
    let sharers: [Int]
    /// Whether inputs store the values in different ways; else their elements are the same ones.
    var comparesValues = false

    /// Bytes up to which values are compared without being asked for, as those of variables without a joined dimension.
    static let limit: UInt64 = 1 << 24

    /// Whether there are not too many values to be compared.
    var isComparable: Bool {
        guard join.reference.dataType != .object,
            let size = ValueLoading.size(join.shape, join.reference.dataType)
        else { return false }
        return size <= Self.limit
    }

    /// Occurrences that fill some cell which a sharer lies in, and the places of the output, which their values go into.
    var owners: Set<Int> {
        var owners: Set<Int> = []
        for sharer in sharers { forEachSharedCell(of: sharer) { owners.insert(Int(cells.owners[$0])) } }
        return owners
    }

    private func forEachSharedCell(of sharer: Int, _ body: (Int) -> Void) {
        cells.forEachCell(of: join.pieces(join.occurrences[sharer])) { cell in
            if cells.owners[cell] >= 0, cells.owners[cell] != Int32(sharer) { body(cell) }
        }
    }

    /// The values of the owners where they land.
    struct Canvas {
        fileprivate let elements: [UInt8]
        fileprivate let keys: [CoordinateKey]
    }

    /// Whether elements are compared by what they mean, not by their bytes.
    private var isByValue: Bool { comparesValues || join.reference.dataType == .text }

    /// What all elements of an occurrence mean.
    private func keys(_ bytes: Bytes, _ occurrence: Occurrence) throws(KerchunkError) -> [CoordinateKey] {
        let array = occurrence.variable.schema.array
        guard comparesValues else { return try ElementCoding(array.dataType).keys(bytes) }
        return try ValueComparison(one: join.reference, other: array).keys(bytes, of: array)
    }

    /// - Parameter values: by owner, in the byte order of its type.
    func canvas(_ values: [Int: Bytes]) throws(KerchunkError) -> Canvas {
        let count = Int(clamping: checkedProduct(join.shape) ?? 0)
        let width = join.reference.dataType.size
        var elements = [UInt8](repeating: 0, count: isByValue ? 0 : count * width)
        var meant = [CoordinateKey](repeating: .text(""), count: isByValue ? count : 0)
        var known: [Int: [CoordinateKey]] = [:]
        for (cell, owner) in cells.owners.enumerated() {
            let number = Int(owner)
            guard let bytes = values[number] else { continue }
            let occurrence = join.occurrences[number]
            if isByValue {
                var keys = known[number] ?? []
                if known[number] == nil { keys = try self.keys(bytes, occurrence) }
                known[number] = keys
                join.forEachElement(of: cell, in: cells, occurrence) { old, new in
                    guard old < keys.count else { return false }
                    meant[new] = keys[old]
                    return true
                }
            } else {
                let source = bytes.array
                join.forEachElement(of: cell, in: cells, occurrence) { old, new in
                    guard (old + 1) * width <= source.count else { return false }
                    for part in 0..<width { elements[new * width + part] = source[old * width + part] }
                    return true
                }
            }
        }
        return Canvas(elements: elements, keys: meant)
    }

    /// The cell in which `sharer` says something else than `canvas`; nil where it says the same everywhere.
    func disagreement(_ bytes: Bytes, of sharer: Int, with canvas: Canvas) throws(KerchunkError) -> Int? {
        let width = join.reference.dataType.size
        let keys = isByValue ? try self.keys(bytes, join.occurrences[sharer]) : []
        let source = isByValue ? [] : bytes.array
        var other: Int?
        forEachSharedCell(of: sharer) { cell in
            if other != nil { return }
            join.forEachElement(of: cell, in: cells, join.occurrences[sharer]) { old, new in
                let isSame: Bool
                if isByValue {
                    isSame = old < keys.count && keys[old] == canvas.keys[new]
                } else {
                    isSame =
                        (old + 1) * width <= source.count
                        && (0..<width).allSatisfy {
                            source[old * width + $0] == canvas.elements[new * width + $0]
                        }
                }
                if !isSame { other = cell }
                return isSame
            }
        }
        return other
    }
}
