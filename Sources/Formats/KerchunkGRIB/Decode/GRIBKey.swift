// SPDX-License-Identifier: Apache-2.0
// What the sections of a message say, by the names that ecCodes and its concept files have for it.

/// A number of a message that names, levels and steps may depend on.
enum GRIBKey: UInt8, CaseIterable, Sendable {
    // What is so in each message, for concepts.
    case `true`, dummy, dummyc

    // Sections 0 to 2
    case editionNumber, discipline, centre, subCentre, tablesVersion, localTablesVersion
    case significanceOfReferenceTime, year, month, day, hour, minute, second
    case productionStatusOfProcessedData, typeOfProcessedData
    case marsClass, marsType, marsStream, localNumber, localTotalNumber, localElementNumber, generation

    // Section 3
    case gridDefinitionTemplateNumber, numberOfGridInReference

    // Section 4: the parameter
    case productDefinitionTemplateNumber, parameterCategory, parameterNumber
    case constituentType, sourceSinkChemicalPhysicalProcess
    case typeOfSizeInterval, scaleFactorOfFirstSize, scaledValueOfFirstSize, scaleFactorOfSecondSize
    case scaledValueOfSecondSize
    case typeOfWavelengthInterval, scaleFactorOfFirstWavelength, scaledValueOfFirstWavelength
    case scaleFactorOfSecondWavelength, scaledValueOfSecondWavelength
    case numberOfModeOfDistribution, modeNumber, typeOfDistributionFunction
    case numberOfDistributionFunctionParameters
    case inputProcessIdentifier, inputOriginatingCentre, typeOfPostProcessing
    case typeOfWavePeriodInterval, scaleFactorOfLowerWavePeriodLimit, scaledValueOfLowerWavePeriodLimit
    case scaleFactorOfUpperWavePeriodLimit, scaledValueOfUpperWavePeriodLimit
    case waveDirectionNumber, numberOfWaveDirections, waveFrequencyNumber, numberOfWaveFrequencies
    case scaleFactorOfWaveDirections, scaleFactorOfWaveFrequencies
    case partitionTable, numberOfPartitions, partitionNumber
    case tileClassification, totalNumberOfTileAttributePairs, numberOfUsedSpatialTiles, tileIndex
    case numberOfUsedTileAttributes, attributeOfTile, typeOfTile
    case randomFieldNumber, totalNumberOfRandomFields, spatioTemporalScaleNumber
    case totalNumberOfSpatioTemporalScales

    // Section 4: the process, time and place
    case typeOfGeneratingProcess, backgroundProcess, generatingProcessIdentifier
    case indicatorOfUnitForForecastTime, forecastTime
    case typeOfFirstFixedSurface, scaleFactorOfFirstFixedSurface, scaledValueOfFirstFixedSurface
    case typeOfSecondFixedSurface, scaleFactorOfSecondFixedSurface, scaledValueOfSecondFixedSurface
    case satelliteSeries, satelliteNumber, instrumentType, channelNumber
    case scaleFactorOfCentralWaveNumber, scaledValueOfCentralWaveNumber
    case numberOfVerticalCoordinateValues

    // Section 4: the ensemble
    case typeOfEnsembleForecast, perturbationNumber, numberOfForecastsInEnsemble, derivedForecast
    case clusterIdentifier, totalNumberOfClusters, numberOfForecastsInTheCluster
    case forecastProbabilityNumber, totalNumberOfForecastProbabilities, probabilityType
    case scaleFactorOfLowerLimit, scaledValueOfLowerLimit, scaleFactorOfUpperLimit, scaledValueOfUpperLimit
    case percentileValue, quantileValue, totalNumberOfQuantiles
    case numberOfCategories, categoryType
    case statisticalProcess, spatialProcessing, numberOfPointsUsed
    case typeOfReferenceDataset, typeOfRelationToReferenceDataset

    // Section 4: intervals
    case yearOfEndOfOverallTimeInterval, monthOfEndOfOverallTimeInterval, dayOfEndOfOverallTimeInterval
    case hourOfEndOfOverallTimeInterval, minuteOfEndOfOverallTimeInterval, secondOfEndOfOverallTimeInterval
    case numberOfTimeRanges, typeOfStatisticalProcessing, typeOfTimeIncrement, indicatorOfUnitForTimeRange
    case lengthOfTimeRange
    case yearOfModelVersion, monthOfModelVersion, dayOfModelVersion, hourOfModelVersion
    case minuteOfModelVersion, secondOfModelVersion
    case yearOfForecastUsedInLocalTime, monthOfForecastUsedInLocalTime, dayOfForecastUsedInLocalTime
    case hourOfForecastUsedInLocalTime, minuteOfForecastUsedInLocalTime, secondOfForecastUsedInLocalTime
    case numberOfForecastsUsedInLocalTime

    // Edition 1
    case table2Version, indicatorOfParameter, indicatorOfTypeOfLevel, unitOfTimeRange, periodOne, periodTwo
    case timeRangeIndicator, numberIncludedInAverage, yearOfCentury, centuryOfReferenceTimeOfData
    case directionNumber, frequencyNumber, numberOfDirections, numberOfFrequencies
    case verifyingMonth, forecastMonth, indexingDate, indexingTime

    // What follows from the others
    case level, topLevel, bottomLevel, pressureUnits, stepType, genVertHeightCoords
    case isChemical, isChemicalDistfn, isChemicalSrcsink, isAerosol, isAerosolOptical

    /// The key that concept files call `name`; nil for one that no message has here.
    init?(conceptName name: String) {
        guard let key = Self.byName[name] else { return nil }
        self = key
    }

    /// The names of all cases in their order: asking the runtime for them takes longer than reading a file.
    static let caseNames: StaticString = """
        true dummy dummyc editionNumber discipline centre subCentre tablesVersion \
        localTablesVersion significanceOfReferenceTime year month day hour minute second \
        productionStatusOfProcessedData typeOfProcessedData marsClass marsType marsStream \
        localNumber localTotalNumber localElementNumber generation gridDefinitionTemplateNumber \
        numberOfGridInReference productDefinitionTemplateNumber parameterCategory parameterNumber \
        constituentType sourceSinkChemicalPhysicalProcess typeOfSizeInterval scaleFactorOfFirstSize \
        scaledValueOfFirstSize scaleFactorOfSecondSize scaledValueOfSecondSize \
        typeOfWavelengthInterval scaleFactorOfFirstWavelength scaledValueOfFirstWavelength \
        scaleFactorOfSecondWavelength scaledValueOfSecondWavelength numberOfModeOfDistribution \
        modeNumber typeOfDistributionFunction numberOfDistributionFunctionParameters \
        inputProcessIdentifier inputOriginatingCentre typeOfPostProcessing typeOfWavePeriodInterval \
        scaleFactorOfLowerWavePeriodLimit scaledValueOfLowerWavePeriodLimit \
        scaleFactorOfUpperWavePeriodLimit scaledValueOfUpperWavePeriodLimit waveDirectionNumber \
        numberOfWaveDirections waveFrequencyNumber numberOfWaveFrequencies \
        scaleFactorOfWaveDirections scaleFactorOfWaveFrequencies partitionTable numberOfPartitions \
        partitionNumber tileClassification totalNumberOfTileAttributePairs numberOfUsedSpatialTiles \
        tileIndex numberOfUsedTileAttributes attributeOfTile typeOfTile randomFieldNumber \
        totalNumberOfRandomFields spatioTemporalScaleNumber totalNumberOfSpatioTemporalScales \
        typeOfGeneratingProcess backgroundProcess generatingProcessIdentifier \
        indicatorOfUnitForForecastTime forecastTime typeOfFirstFixedSurface \
        scaleFactorOfFirstFixedSurface scaledValueOfFirstFixedSurface typeOfSecondFixedSurface \
        scaleFactorOfSecondFixedSurface scaledValueOfSecondFixedSurface satelliteSeries \
        satelliteNumber instrumentType channelNumber scaleFactorOfCentralWaveNumber \
        scaledValueOfCentralWaveNumber numberOfVerticalCoordinateValues typeOfEnsembleForecast \
        perturbationNumber numberOfForecastsInEnsemble derivedForecast clusterIdentifier \
        totalNumberOfClusters numberOfForecastsInTheCluster forecastProbabilityNumber \
        totalNumberOfForecastProbabilities probabilityType scaleFactorOfLowerLimit \
        scaledValueOfLowerLimit scaleFactorOfUpperLimit scaledValueOfUpperLimit percentileValue \
        quantileValue totalNumberOfQuantiles numberOfCategories categoryType statisticalProcess \
        spatialProcessing numberOfPointsUsed typeOfReferenceDataset \
        typeOfRelationToReferenceDataset yearOfEndOfOverallTimeInterval \
        monthOfEndOfOverallTimeInterval dayOfEndOfOverallTimeInterval \
        hourOfEndOfOverallTimeInterval minuteOfEndOfOverallTimeInterval \
        secondOfEndOfOverallTimeInterval numberOfTimeRanges typeOfStatisticalProcessing \
        typeOfTimeIncrement indicatorOfUnitForTimeRange lengthOfTimeRange yearOfModelVersion \
        monthOfModelVersion dayOfModelVersion hourOfModelVersion minuteOfModelVersion \
        secondOfModelVersion yearOfForecastUsedInLocalTime monthOfForecastUsedInLocalTime \
        dayOfForecastUsedInLocalTime hourOfForecastUsedInLocalTime minuteOfForecastUsedInLocalTime \
        secondOfForecastUsedInLocalTime numberOfForecastsUsedInLocalTime table2Version \
        indicatorOfParameter indicatorOfTypeOfLevel unitOfTimeRange periodOne periodTwo \
        timeRangeIndicator numberIncludedInAverage yearOfCentury centuryOfReferenceTimeOfData \
        directionNumber frequencyNumber numberOfDirections numberOfFrequencies verifyingMonth \
        forecastMonth indexingDate indexingTime level topLevel bottomLevel pressureUnits stepType \
        genVertHeightCoords isChemical isChemicalDistfn isChemicalSrcsink isAerosol \
        isAerosolOptical
        """

    /// Names of concept files: some have two, and those with underscores have capitals here.
    private static let byName: [String: GRIBKey] = {
        var names: [String: GRIBKey] = [:]
        names.reserveCapacity(2 * allCases.count)
        for (key, name) in zip(allCases, caseNames.description.utf8.split(separator: UInt8(ascii: " "))) {
            names[String(Substring(name))] = key
        }
        let others: [(String, GRIBKey)] = [
            ("is_chemical", .isChemical), ("is_chemical_distfn", .isChemicalDistfn),
            ("is_chemical_srcsink", .isChemicalSrcsink), ("is_aerosol", .isAerosol),
            ("is_aerosol_optical", .isAerosolOptical), ("aerosolType", .constituentType),
            ("NV", .numberOfVerticalCoordinateValues),
            ("P1", .periodOne), ("P2", .periodTwo), ("gribTablesVersionNo", .table2Version),
            ("levelType", .indicatorOfTypeOfLevel), ("number", .perturbationNumber),
        ]
        for (name, key) in others { names[name] = key }
        return names
    }()
}
