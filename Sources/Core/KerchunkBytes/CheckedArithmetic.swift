// SPDX-License-Identifier: Apache-2.0
// Arithmetic on numbers that a file claims.

extension FixedWidthInteger {
    /// The sum; nil where it does not fit.
    @inlinable public func adding(_ other: Self) -> Self? {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? nil : sum
    }

    /// The product; nil where it does not fit.
    @inlinable public func multiplied(by other: Self) -> Self? {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? nil : product
    }
}

extension UInt64 {
    /// The quotient rounded up; `divisor` must not be zero.
    @inlinable public func dividedRoundingUp(by divisor: UInt64) -> UInt64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder == 0 ? quotient : quotient + 1
    }
}

/// The product of all `factors`, 1 for none; nil where it does not fit.
@inlinable public func checkedProduct(_ factors: some Sequence<UInt64>) -> UInt64? {
    var product: UInt64 = 1
    for factor in factors {
        guard let next = product.multiplied(by: factor) else { return nil }
        product = next
    }
    return product
}
