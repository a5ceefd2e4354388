// SPDX-License-Identifier: Apache-2.0
// Where the sections of one field lie in their message.

/// Places of a field's sections, counted from the start of the message.
///
/// Sections have their numbers of edition 2; those of edition 1 are named by what they are: its section 1 is
/// `identification`, 2 `grid`, 3 `bitmap`, and 4 both `representation` and `data`.
package struct GRIBSections: Hashable, Sendable {
    /// Where it is said which points have a value.
    package enum Bitmap: Hashable, Sendable {
        /// All have.
        case none
        /// A section with a bit for each point.
        case section(Range<Int>)
        /// A bitmap that a centre defined under this number, and no message carries.
        case predefined(Int)
    }

    package var identification: Range<Int>
    package var localUse: Range<Int>?
    package var grid: Range<Int>?
    /// Edition 2 only.
    package var product: Range<Int>?
    package var representation: Range<Int>
    package var bitmap: Bitmap
    package var data: Range<Int>
}
