// Points in time as microseconds since the Unix epoch, which is PostgreSQL's resolution; text is RFC 3339 in UTC.
import CLinux

/// A moment in UTC with microsecond resolution.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Microseconds since 1970-01-01T00:00:00Z.
    public var microseconds: Int64

    /// From microseconds since the Unix epoch; negative ones lie before 1970.
    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// From whole seconds since the Unix epoch.
    public init(seconds: Int64) {
        microseconds = seconds * 1_000_000
    }

    /// The system's clock.
    public static func now() -> Timestamp {
        Timestamp(microseconds: clinux_realtime_us())
    }

    /// Whole seconds since the Unix epoch, rounded down.
    public var seconds: Int64 {
        microseconds.flooredQuotient(1_000_000)
    }

    /// The moment so many seconds later, or earlier when negative.
    public func adding(seconds: Int) -> Timestamp {
        Timestamp(microseconds: microseconds + Int64(seconds) * 1_000_000)
    }

    /// The same to the microsecond; finer fractions are cut off.
    public func adding(seconds: Double) -> Timestamp {
        Timestamp(microseconds: microseconds + Int64(seconds * 1_000_000))
    }

    /// The time from `right` to `left`; negative when `right` is the later one.
    public static func - (left: Timestamp, right: Timestamp) -> Duration {
        .microseconds(left.microseconds - right.microseconds)
    }

    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }

    public var description: String { rfc3339 }
}

extension Int64 {
    /// Division that rounds towards negative infinity, as calendars need it before 1970.
    func flooredQuotient(_ divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}

/// A day of the proleptic Gregorian calendar, and its number counted from 1970-01-01.
public struct CivilDate: Hashable, Sendable {
    let year: Int
    let month: Int
    let day: Int

    /// From a day count; Howard Hinnant's public-domain `civil_from_days` algorithm, valid for all years.
    public init(daysSinceEpoch: Int64) {
        let shifted = daysSinceEpoch + 719_468
        let era = shifted.flooredQuotient(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
        month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
        year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
    }

    /// A calendar day; nil when it does not exist.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...12).contains(month), day >= 1, day <= CivilDate.length(of: month, in: year) else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    /// Days since 1970-01-01.
    public var daysSinceEpoch: Int64 {
        let shiftedYear = Int64(month <= 2 ? year - 1 : year)
        let era = shiftedYear.flooredQuotient(400)
        let yearOfEra = shiftedYear - era * 400
        let shiftedMonth = Int64(month > 2 ? month - 3 : month + 9)
        let dayOfYear = (153 * shiftedMonth + 2) / 5 + Int64(day) - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    static func length(of month: Int, in year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
