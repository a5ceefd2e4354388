// SPDX-License-Identifier: Apache-2.0
// The parts that templates of products are made of. Spec: WMO Manual on Codes I.2, edition 2, templates 4.x.

import KerchunkBytes
import KerchunkGRIBPacking

/// A part of section 4 that several templates have.
enum ProductBlock: Hashable, Sendable {
    /// Category and number of the parameter.
    case parameter
    /// The generating process, the time of the forecast, and two surfaces.
    case processTimeLevel
    case processTime
    case process, surfaces
    /// As `processTime`; a forecast time of 2 bytes where the section has just room for that.
    case forecastOf44
    case observation, quality
    case member, memberWithoutType, largeMember
    case derived, largeDerived
    /// A cluster of members, whose domain takes `domain` bytes.
    case cluster(domain: Int)
    case probability, largeProbability
    case percentile, quantile
    case intervals, singleInterval
    case localTime, localTimeIntervals
    case constituent, source, size, wavelength, distribution, radionuclides
    case postProcessing, spatialProcessing
    case partition, categories, tile, generalisedTile
    case wave, waveSpectra, wavePeriod, randomPatterns
    case modelVersion, referencePeriod
    case satellite, satelliteOf30, extendedSatellite

    /// Numbers at the start of the part, or all of it.
    var layout: [Octets] {
        switch self {
        case .parameter: Self.parameterLayout
        case .process: Self.processLayout
        case .processTime: Self.processLayout + Self.timeLayout
        case .processTimeLevel: Self.processTimeLevelLayout
        case .surfaces: Self.surfacesLayout
        case .forecastOf44: []
        case .observation: [Octets(.typeOfGeneratingProcess, 1), Octets(.generatingProcessIdentifier, 1)]
        case .quality: [.skip(1)]
        case .member: [Octets(.typeOfEnsembleForecast, 1)] + Self.memberLayout
        case .memberWithoutType: Self.memberLayout
        case .largeMember:
            [
                Octets(.typeOfEnsembleForecast, 1), Octets(.perturbationNumber, 4),
                Octets(.numberOfForecastsInEnsemble, 4),
            ]
        case .derived: [Octets(.derivedForecast, 1), Octets(.numberOfForecastsInEnsemble, 1)]
        case .largeDerived: [Octets(.derivedForecast, 1), Octets(.numberOfForecastsInEnsemble, 4)]
        case .cluster(let domain):
            [
                Octets(.clusterIdentifier, 1), .skip(2), Octets(.totalNumberOfClusters, 1), .skip(1 + domain),
                Octets(.numberOfForecastsInTheCluster, 1), .skip(10),
            ]
        case .probability: Self.probabilityLayout
        case .largeProbability:
            [Octets(.typeOfEnsembleForecast, 1), Octets(.numberOfForecastsInEnsemble, 4)]
                + Self.probabilityLayout
        case .percentile: [Octets(.percentileValue, 1)]
        case .quantile: [Octets(.totalNumberOfQuantiles, 2), Octets(.quantileValue, 2)]
        case .intervals: Self.intervalsLayout
        case .singleInterval: [.skip(4)] + Self.intervalLayout
        case .localTime: [.skip(1), Octets(.numberOfForecastsUsedInLocalTime, 1)]
        case .localTimeIntervals:
            [
                Octets(.typeOfStatisticalProcessing, 1), Octets(.indicatorOfUnitForTimeRange, 1),
                Octets(.lengthOfTimeRange, 4), .skip(1),
            ]
        case .constituent: [Octets(.constituentType, 2)]
        case .source: [Octets(.sourceSinkChemicalPhysicalProcess, 1)]
        case .size:
            Self.interval(
                .typeOfSizeInterval, (.scaleFactorOfFirstSize, .scaledValueOfFirstSize),
                (.scaleFactorOfSecondSize, .scaledValueOfSecondSize))
        case .wavelength:
            Self.interval(
                .typeOfWavelengthInterval, (.scaleFactorOfFirstWavelength, .scaledValueOfFirstWavelength),
                (.scaleFactorOfSecondWavelength, .scaledValueOfSecondWavelength))
        case .distribution:
            [
                Octets(.numberOfModeOfDistribution, 2), Octets(.modeNumber, 2),
                Octets(.typeOfDistributionFunction, 2),
                Octets(.numberOfDistributionFunctionParameters, 1),
            ]
        case .radionuclides: [.skip(22)]
        case .postProcessing:
            [
                Octets(.inputProcessIdentifier, 2), Octets(.inputOriginatingCentre, 2),
                Octets(.typeOfPostProcessing, 1),
            ]
        case .spatialProcessing:
            [Octets(.statisticalProcess, 1), Octets(.spatialProcessing, 1), Octets(.numberOfPointsUsed, 1)]
        case .partition: [Octets(.partitionTable, 1), Octets(.numberOfPartitions, 1)]
        case .categories: [Octets(.numberOfCategories, 1)]
        case .tile:
            [
                Octets(.tileClassification, 1), Octets(.totalNumberOfTileAttributePairs, 1),
                Octets(.numberOfUsedSpatialTiles, 1), Octets(.tileIndex, 1),
                Octets(.numberOfUsedTileAttributes, 1),
                Octets(.attributeOfTile, 1),
            ]
        case .generalisedTile:
            [
                Octets(.tileClassification, 1), Octets(.typeOfTile, 2), Octets(.numberOfUsedSpatialTiles, 1),
                .skip(1),
                Octets(.numberOfUsedTileAttributes, 1),
            ]
        case .wave:
            [
                Octets(.waveDirectionNumber, 2), Octets(.numberOfWaveDirections, 2),
                Octets(.waveFrequencyNumber, 2),
                Octets(.numberOfWaveFrequencies, 2),
            ]
        case .waveSpectra: []
        case .wavePeriod:
            [
                Octets(.typeOfWavePeriodInterval, 1),
                Octets(.scaleFactorOfLowerWavePeriodLimit, 1, .signedOptional),
                Octets(.scaledValueOfLowerWavePeriodLimit, 4, .optional),
                Octets(.scaleFactorOfUpperWavePeriodLimit, 1, .signedOptional),
                Octets(.scaledValueOfUpperWavePeriodLimit, 4, .optional),
            ]
        case .randomPatterns:
            [
                Octets(.randomFieldNumber, 2), Octets(.totalNumberOfRandomFields, 2),
                Octets(.spatioTemporalScaleNumber, 2, .optional),
                Octets(.totalNumberOfSpatioTemporalScales, 2, .optional),
                .skip(10),
            ]
        case .modelVersion: Self.modelVersionLayout
        case .referencePeriod:
            [Octets(.typeOfReferenceDataset, 1), Octets(.typeOfRelationToReferenceDataset, 1), .skip(1)]
        case .satellite, .satelliteOf30, .extendedSatellite: []
        }
    }

    // MARK: Layouts

    private static let parameterLayout = [Octets(.parameterCategory, 1), Octets(.parameterNumber, 1)]
    private static let processLayout = [
        Octets(.typeOfGeneratingProcess, 1), Octets(.backgroundProcess, 1),
        Octets(.generatingProcessIdentifier, 1),
    ]
    private static let timeLayout = [
        .skip(3), Octets(.indicatorOfUnitForForecastTime, 1), Octets(.forecastTime, 4, .signed),
    ]
    private static let surfacesLayout = [
        Octets(.typeOfFirstFixedSurface, 1), Octets(.scaleFactorOfFirstFixedSurface, 1, .signedOptional),
        Octets(.scaledValueOfFirstFixedSurface, 4, .optional), Octets(.typeOfSecondFixedSurface, 1),
        Octets(.scaleFactorOfSecondFixedSurface, 1, .signedOptional),
        Octets(.scaledValueOfSecondFixedSurface, 4, .optional),
    ]
    private static let processTimeLevelLayout = processLayout + timeLayout + surfacesLayout
    private static let memberLayout = [
        Octets(.perturbationNumber, 1), Octets(.numberOfForecastsInEnsemble, 1),
    ]
    private static let probabilityLayout = [
        Octets(.forecastProbabilityNumber, 1), Octets(.totalNumberOfForecastProbabilities, 1),
        Octets(.probabilityType, 1), Octets(.scaleFactorOfLowerLimit, 1, .signedOptional),
        Octets(.scaledValueOfLowerLimit, 4, .signedOptional),
        Octets(.scaleFactorOfUpperLimit, 1, .signedOptional),
        Octets(.scaledValueOfUpperLimit, 4, .signedOptional),
    ]
    private static let intervalsLayout = [
        Octets(.yearOfEndOfOverallTimeInterval, 2), Octets(.monthOfEndOfOverallTimeInterval, 1),
        Octets(.dayOfEndOfOverallTimeInterval, 1), Octets(.hourOfEndOfOverallTimeInterval, 1),
        Octets(.minuteOfEndOfOverallTimeInterval, 1), Octets(.secondOfEndOfOverallTimeInterval, 1),
        Octets(.numberOfTimeRanges, 1), .skip(4),
    ]
    static let intervalLayout = [
        Octets(.typeOfStatisticalProcessing, 1), Octets(.typeOfTimeIncrement, 1),
        Octets(.indicatorOfUnitForTimeRange, 1), Octets(.lengthOfTimeRange, 4), .skip(5),
    ]
    private static let modelVersionLayout = [
        Octets(.yearOfModelVersion, 2), Octets(.monthOfModelVersion, 1), Octets(.dayOfModelVersion, 1),
        Octets(.hourOfModelVersion, 1), Octets(.minuteOfModelVersion, 1), Octets(.secondOfModelVersion, 1),
    ]
    static let localForecastLayout = [
        Octets(.yearOfForecastUsedInLocalTime, 2), Octets(.monthOfForecastUsedInLocalTime, 1),
        Octets(.dayOfForecastUsedInLocalTime, 1), Octets(.hourOfForecastUsedInLocalTime, 1),
        Octets(.minuteOfForecastUsedInLocalTime, 1), Octets(.secondOfForecastUsedInLocalTime, 1), .skip(11),
    ]
    static let bandLayout = [
        Octets(.satelliteSeries, 2), Octets(.satelliteNumber, 2), Octets(.instrumentType, 2),
        Octets(.scaleFactorOfCentralWaveNumber, 1, .optional),
        Octets(.scaledValueOfCentralWaveNumber, 4, .optional),
    ]
    static let bandOf30Layout = [
        Octets(.satelliteSeries, 2), Octets(.satelliteNumber, 2), Octets(.instrumentType, 1),
        Octets(.scaleFactorOfCentralWaveNumber, 1, .optional),
        Octets(.scaledValueOfCentralWaveNumber, 4, .optional),
    ]
    static let extendedBandLayout = [
        Octets(.satelliteSeries, 2), Octets(.satelliteNumber, 2), Octets(.instrumentType, 2),
        Octets(.channelNumber, 2),
        Octets(.scaleFactorOfCentralWaveNumber, 1, .optional),
        Octets(.scaledValueOfCentralWaveNumber, 4, .optional),
        .skip(6),
    ]

    /// A kind of interval and its two limits.
    private static func interval(
        _ type: GRIBKey, _ first: (GRIBKey, GRIBKey), _ second: (GRIBKey, GRIBKey)
    ) -> [Octets] {
        [
            Octets(type, 1), Octets(first.0, 1, .signed), Octets(first.1, 4, .signed),
            Octets(second.0, 1, .signedOptional), Octets(second.1, 4, .signedOptional),
        ]
    }
}
