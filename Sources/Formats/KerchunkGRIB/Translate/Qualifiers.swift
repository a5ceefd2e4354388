// SPDX-License-Identifier: Apache-2.0
// What else fields differ in that have the same name, level and time. Spec: WMO Manual on Codes I.2, edition 2, templates 4.x.

/// A number by which a field is told from others, and its name as a coordinate.
struct Qualifier: Hashable, Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case percentile, quantile
        /// Limits of what is probable; which of them hold, `probabilityType` says.
        case lowerLimit, upperLimit, probabilityType
        /// Degrees, and hertz.
        case direction, frequency
        /// Metres.
        case firstWavelength, secondWavelength, firstSize, secondSize
        case constituentType
        /// Seconds.
        case lowerWavePeriodLimit, upperWavePeriodLimit
        case tileIndex, tileAttribute, partitionNumber, modeNumber, randomFieldNumber
        /// Channels of satellites.
        case satelliteSeries, satelliteNumber, instrumentType, centralWaveNumber
        /// Of the ensemble: its mean, its spread.
        case derivedForecast
        /// Seconds since 1970: the date that a hindcast was made for.
        case modelVersion
        /// Seconds of the interval of a statistic.
        case interval
        case sourceSink
    }

    let kind: Kind
    let value: Double
}

extension Field {
    /// All that the product says of this kind, in the order of `Kind`.
    var qualifiers: [Qualifier] {
        Qualifier.Kind.allCases.compactMap { kind in value(kind).map { Qualifier(kind: kind, value: $0) } }
    }

    private func value(_ kind: Qualifier.Kind) -> Double? {
        switch kind {
        case .percentile: whole(.percentileValue)
        case .quantile: quantile
        case .lowerLimit: scaled(.scaledValueOfLowerLimit, .scaleFactorOfLowerLimit)
        case .upperLimit: scaled(.scaledValueOfUpperLimit, .scaleFactorOfUpperLimit)
        case .probabilityType: whole(.probabilityType)
        case .direction:
            spectrum(
                product.scaledWaveDirections, keys[.waveDirectionNumber], keys[.scaleFactorOfWaveDirections])
                ?? whole(.directionNumber)
        case .frequency:
            spectrum(
                product.scaledWaveFrequencies, keys[.waveFrequencyNumber], keys[.scaleFactorOfWaveFrequencies]
            )
                ?? whole(.frequencyNumber)
        case .firstWavelength:
            limit(.typeOfWavelengthInterval, .scaledValueOfFirstWavelength, .scaleFactorOfFirstWavelength)
        case .secondWavelength:
            limit(.typeOfWavelengthInterval, .scaledValueOfSecondWavelength, .scaleFactorOfSecondWavelength)
        case .firstSize: limit(.typeOfSizeInterval, .scaledValueOfFirstSize, .scaleFactorOfFirstSize)
        case .secondSize: limit(.typeOfSizeInterval, .scaledValueOfSecondSize, .scaleFactorOfSecondSize)
        case .constituentType: whole(.constituentType)
        case .lowerWavePeriodLimit:
            scaled(.scaledValueOfLowerWavePeriodLimit, .scaleFactorOfLowerWavePeriodLimit)
        case .upperWavePeriodLimit:
            scaled(.scaledValueOfUpperWavePeriodLimit, .scaleFactorOfUpperWavePeriodLimit)
        case .tileIndex: whole(.tileIndex)
        case .tileAttribute: whole(.attributeOfTile)
        case .partitionNumber: whole(.partitionNumber)
        case .modeNumber: whole(.modeNumber)
        case .randomFieldNumber: whole(.randomFieldNumber)
        case .satelliteSeries: whole(.satelliteSeries)
        case .satelliteNumber: whole(.satelliteNumber)
        case .instrumentType: whole(.instrumentType)
        case .centralWaveNumber: scaled(.scaledValueOfCentralWaveNumber, .scaleFactorOfCentralWaveNumber)
        case .derivedForecast: whole(.derivedForecast)
        case .modelVersion: keys.modelVersion.map(Double.init)
        case .interval:
            if let start = times.start, let end = times.step, end != start {
                Double(end - start)
            } else {
                nil
            }
        case .sourceSink: whole(.sourceSinkChemicalPhysicalProcess)
        }
    }

    private func whole(_ key: GRIBKey) -> Double? { keys.given(key).map(Double.init) }

    private var quantile: Double? {
        guard let value = keys.given(.quantileValue), let count = keys.given(.totalNumberOfQuantiles),
            count > 0
        else { return nil }
        return Double(value) / Double(count)
    }

    /// scaled value · 10^-factor.
    private func scaled(_ value: GRIBKey, _ factor: GRIBKey) -> Double? {
        guard let value = keys.given(value), let factor = keys.given(factor) else { return nil }
        return Decimal.scaled(value, by: factor)
    }

    /// A limit of an interval; nil where there is no interval (code table 4.91: 255).
    private func limit(_ type: GRIBKey, _ value: GRIBKey, _ factor: GRIBKey) -> Double? {
        keys[type] == 255 ? nil : scaled(value, factor)
    }

    /// Entry number `number` (from 1) of a list of directions or frequencies.
    private func spectrum(_ list: [Int], _ number: Int?, _ factor: Int?) -> Double? {
        guard let number, let factor, list.indices.contains(number - 1) else { return nil }
        return Decimal.scaled(list[number - 1], by: factor)
    }
}

/// Decimal fractions with the fewest roundings.
private enum Decimal {
    static func scaled(_ value: Int, by factor: Int) -> Double {
        var power = 1.0
        // factors are single octets
        for _ in 0..<min(abs(factor), 127) { power *= 10 }
        return factor < 0 ? Double(value) * power : Double(value) / power
    }
}
