// RFC 3339 text of a timestamp. Written in UTC with `Z`, milliseconds only when they are not zero; read with any offset.

extension Timestamp {
    /// `2026-03-15T19:00:00Z`, or with three digits of fraction when the milliseconds are not zero.
    public var rfc3339: String {
        String(unsafeUninitializedCapacity: 24) { buffer in write(rfc3339: UnsafeMutableRawBufferPointer(buffer)) }
    }

    /// Writes the text into at least 24 bytes and returns its length. Years outside 0 to 9999 are clamped by the caller's data.
    func write(rfc3339 target: UnsafeMutableRawBufferPointer) -> Int {
        let days = microseconds.flooredQuotient(86_400_000_000)
        let date = CivilDate(daysSinceEpoch: days)
        let inDay = microseconds - days * 86_400_000_000
        let second = Int(inDay / 1_000_000)
        let milliseconds = Int(inDay % 1_000_000 / 1000)
        var position = 0
        func digits(_ value: Int, _ count: Int) {
            var rest = value
            for index in stride(from: count - 1, through: 0, by: -1) {
                target[position + index] = UInt8(truncatingIfNeeded: rest % 10) &+ UInt8(ascii: "0")
                rest /= 10
            }
            position += count
        }
        func mark(_ character: Unicode.Scalar) {
            target[position] = UInt8(ascii: character)
            position += 1
        }
        digits(max(0, min(9999, date.year)), 4)
        mark("-")
        digits(date.month, 2)
        mark("-")
        digits(date.day, 2)
        mark("T")
        digits(second / 3600, 2)
        mark(":")
        digits(second / 60 % 60, 2)
        mark(":")
        digits(second % 60, 2)
        if milliseconds != 0 {
            mark(".")
            digits(milliseconds, 3)
        }
        mark("Z")
        return position
    }

    /// Reads `date-time` of RFC 3339 §5.6 (`T` and `Z` in either case, a space for `T`, up to nine digits of fraction); nil for anything
    /// else.
    public init?(rfc3339 text: String) {
        var reader = DigitReader(bytes: Array(text.utf8))
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"), let day = reader.number(2),
            let date = CivilDate(year: year, month: month, day: day),
            reader.skip("T") || reader.skip("t") || reader.skip(" "),
            let hour = reader.number(2), reader.skip(":"), let minute = reader.number(2), reader.skip(":"), let second = reader.number(2),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        var fraction = 0
        if reader.skip(".") {
            guard let value = reader.fraction() else { return nil }
            fraction = value
        }
        guard let offset = reader.offset(), reader.isAtEnd else { return nil }
        let inDay = Int64(hour * 3600 + minute * 60 + second - offset)
        microseconds = (date.daysSinceEpoch * 86_400 + inDay) * 1_000_000 + Int64(fraction)
    }
}

/// Fixed-width decimal fields read from left to right.
private struct DigitReader {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func digit() -> Int? {
        guard position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) else { return nil }
        defer { position += 1 }
        return Int(bytes[position] - UInt8(ascii: "0"))
    }

    mutating func number(_ count: Int) -> Int? {
        var value = 0
        for _ in 0..<count {
            guard let next = digit() else { return nil }
            value = value * 10 + next
        }
        return value
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    /// One to nine digits as microseconds; finer ones are dropped.
    mutating func fraction() -> Int? {
        var value = 0
        var count = 0
        while let next = digit() {
            guard count < 9 else { return nil }
            if count < 6 { value = value * 10 + next }
            count += 1
        }
        guard count > 0 else { return nil }
        for _ in min(count, 6)..<6 { value *= 10 }
        return value
    }

    /// Seconds east of UTC.
    mutating func offset() -> Int? {
        if skip("Z") || skip("z") { return 0 }
        let sign = skip("+") ? 1 : skip("-") ? -1 : 0
        guard sign != 0, let hours = number(2), skip(":"), let minutes = number(2), hours < 24, minutes < 60 else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }
}
