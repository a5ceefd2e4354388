// SPDX-License-Identifier: Apache-2.0
// Numbers of attributes as elements of a variable.

package import KerchunkBytes

extension DataType {
    /// `value` as one element of this type; nil where it is no such value, or not exactly.
    package func element(_ value: JSONValue) -> Bytes? {
        switch (self, value) {
        case (.integer, .number(let number)): exactly { $0.bits(exactly: number) }
        // Reals of two bytes are no elements here: what their attributes say stays an attribute.
        case (.float(let width, _), .number(let number)) where width > 2:
            exactly { $0.bits(exactly: number.double) }
        case (.bool, .bool(let value)): Bytes([value ? 1 : 0])
        default: nil
        }
    }

    private func exactly(_ bits: (NumberFormat) -> UInt64?) -> Bytes? {
        guard let format = NumberFormat(self), let bits = bits(format) else { return nil }
        return Bytes(format.element(bits))
    }
}
