// SPDX-License-Identifier: Apache-2.0
// Table of constants: types of fields in ECMWF's archive, by the number that local sections have.
// Spec: ECMWF, MARS type codes.

enum MarsTypes {
    /// The abbreviation of a type; its number where it has none.
    static func name(_ number: Int) -> String { names[number] ?? String(number) }

    private static let names: [Int: String] = [
        1: "fg", 2: "an", 3: "ia", 4: "oi", 5: "3v", 6: "4v", 7: "3g", 8: "4g", 9: "fc", 10: "cf", 11: "pf",
        12: "ef", 13: "ea", 14: "cm", 15: "cs", 16: "fp", 17: "em", 18: "es", 19: "fa", 20: "cl", 21: "si",
        22: "s3", 23: "ed", 24: "tu", 25: "ff", 26: "of", 27: "efi", 28: "efic", 29: "pb", 30: "ep",
        31: "bf", 32: "cd", 33: "4i", 34: "go", 35: "me", 36: "pd", 37: "ci", 38: "sot", 39: "eme",
        40: "im", 42: "sim", 43: "wem", 44: "wes", 45: "cr", 46: "ses", 47: "taem", 48: "taes", 50: "sg",
        52: "sf", 60: "pa", 61: "icp", 62: "sv", 63: "as", 64: "svar", 65: "cv", 70: "or", 71: "fx",
        72: "fu", 73: "sfo", 74: "tpa", 75: "if", 80: "fcmean", 81: "fcmax", 82: "fcmin", 83: "fcstdev",
        86: "hcmean", 87: "ssd", 88: "gsd", 89: "ga", 90: "gai", 91: "gbf", 92: "pfc", 93: "ppm", 94: "gwt",
        95: "est", 96: "mpp", 97: "cpf", 98: "emdn",
    ]
}
