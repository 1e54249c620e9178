// PostgreSQL's binary `numeric`: groups of four decimal digits, most significant first, with the weight of the first group.

/// A numeric value as it stands in a result.
struct PostgresNumeric {
    enum Sign { case positive, negative, notANumber }

    let sign: Sign
    /// The first group counts 10000 to this power.
    let weight: Int
    /// Decimal digits after the point, as the column declares them.
    let scale: Int
    let groups: [Int]

    /// nil when the bytes are not a numeric.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 8, bytes.count % 2 == 0 else { return nil }
        func word(_ index: Int) -> UInt16 { UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)) }
        let count = Int(word(0))
        guard bytes.count == 8 + count * 2 else { return nil }
        weight = Int(Int16(bitPattern: word(1)))
        switch word(2) {
        case 0x0000: sign = .positive
        case 0x4000: sign = .negative
        default: sign = .notANumber
        }
        scale = Int(word(3))
        groups = (0..<count).map { Int(word(4 + $0)) }
    }

    /// The value when it is whole and fits.
    var whole: Int64? {
        guard sign != .notANumber else { return nil }
        var value: Int64 = 0
        for (index, group) in groups.enumerated() where weight < index {
            guard group == 0 else { return nil }
        }
        guard weight >= 0 else { return 0 }
        for index in 0...weight {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10000)
            // Built up with its sign, because the smallest number has no positive twin.
            let group = Int64(index < groups.count ? groups[index] : 0)
            let (sum, carry) = product.addingReportingOverflow(sign == .negative ? -group : group)
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value
    }

    /// Plain decimal text with as many digits after the point as the column declares.
    var text: String {
        guard sign != .notANumber else { return "NaN" }
        var integral = ""
        if weight >= 0 {
            for index in 0...weight {
                let group = String(index < groups.count ? groups[index] : 0)
                integral += integral.isEmpty ? group : String(repeating: "0", count: 4 - group.count) + group
            }
        }
        if integral.isEmpty { integral = "0" }
        var fraction = ""
        var power = -1
        while fraction.utf8.count < scale {
            let index = weight - power
            let group = String(index >= 0 && index < groups.count ? groups[index] : 0)
            fraction += String(repeating: "0", count: 4 - group.count) + group
            power -= 1
        }
        let body = scale > 0 ? integral + "." + fraction.prefix(scale) : integral
        return sign == .negative ? "-" + body : body
    }
}
