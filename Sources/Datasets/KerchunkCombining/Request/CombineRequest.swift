// SPDX-License-Identifier: Apache-2.0
// What a user asks of a combination.

package import KerchunkBytes
public import KerchunkModel

/// How datasets are to be made one.
public struct CombineRequest: Sendable {
    /// Whose rules hold where they differ.
    public enum Semantics: String, Sendable {
        /// As `xarray.open_mfdataset` with `data_vars="minimal"`: variables without a dimension stay as they are.
        case xarray
        /// As kerchunk's `MultiZarrToZarr`: variables that lack a joined dimension gain it, in front.
        case kerchunk
    }

    public enum Order: String, Sendable, CaseIterable {
        /// By coordinate values, in the direction in which the inputs themselves run.
        case coordinates
        /// As given.
        case input
    }

    /// What becomes of two inputs with the same coordinate values.
    public enum Duplicates: String, Sendable, CaseIterable { case error, first, last }

    /// What becomes of variables that not all inputs have.
    public enum Absences: String, Sendable, CaseIterable {
        case error
        /// They are kept, and read as missing where no input has them.
        case union
        /// They are left out.
        case intersection
    }

    /// What is compared between inputs, and can be left uncompared.
    public enum Check: String, Sendable, CaseIterable {
        /// `units` and `calendar` of variables.
        case units
        /// `scale_factor`, `add_offset`, `_Unsigned`.
        case packing
        /// Fill values, `missing_value`.
        case fill
        /// Coordinate values of the other dimensions.
        case coordinates
        /// Values of variables that lack the joined dimensions.
        case values
    }

    /// Dimensions to join along, outermost first; found by what differs where it is empty.
    public var concatDimensions: [String] = []
    /// Variables that are taken from the first input, unseen.
    public var identicalDimensions: [String] = []
    /// Where the values of dimensions come from; by default from the variable of the same name. The name `var` stands
    /// for the output's name of an input's variable.
    public var coordinates: [CoordinateRule] = []
    /// Types of coordinates in the output; datetimes are made of times.
    package private(set) var coordinateTypes: [ExactText: DataType] = [:]
    public var semantics = Semantics.xarray
    public var order = Order.coordinates
    public var duplicates = Duplicates.error
    public var absences = Absences.error
    /// Bytes up to which a variable that cannot be joined by reference is read and joined as values.
    public var loadThreshold: UInt64 = 1 << 20
    /// Variables that are read whatever their size; names or paths, with `*` and `?`.
    public var loaded: [String] = []
    /// Fill values for variables without one that get gaps.
    package private(set) var fillValues: [ExactText: CoordinateKey] = [:]
    public var overrides: Set<Check> = []
    /// Whether uncompressed chunks may be cut to a common length.
    public var subchunks = false
    /// Whether names of variables to drop, rename or load that no input has are errors; patterns may fit nothing.
    public var checksNames = true
    /// What is done to each input first.
    public var preprocessing: [DatasetEdit] = []
    /// What is done to the result.
    public var postprocessing: [DatasetEdit] = []

    public init() {}

    /// Asks for the type of a coordinate in the output.
    public mutating func setType(_ type: DataType, ofCoordinate name: String) { coordinateTypes[name] = type }

    /// Asks for a fill value for variables, a name or path with `*` and `?`, where they have none and get gaps.
    public mutating func setFillValue(_ value: CoordinateKey, of name: String) { fillValues[name] = value }

    /// The fill value that was asked for the variable at `path`.
    func fillValue(of path: String) -> CoordinateKey? {
        fillValues.keys.sorted().first { CombineNames([$0.text]).contain(path) }.flatMap { fillValues[$0] }
    }

    /// A dimension, and how to find its values.
    public struct CoordinateRule: Sendable {
        public var dimension: String
        public var selector: CoordinateSelector

        public init(_ dimension: String, _ selector: CoordinateSelector) {
            self.dimension = dimension
            self.selector = selector
        }
    }

    /// The dimension that stands for the names of variables.
    public static let variableDimension = "var"

    public init(concatDimensions: [String]) { self.concatDimensions = concatDimensions }
}
