// The Date field of one event loop (RFC 9110 §6.6.1): formatted once a second, copied into every head.
import Glibc

/// `Date: Sun, 06 Nov 1994 08:49:37 GMT` with its line end, always 37 bytes. Confined to one event loop.
final class DateLine {
    private var second = Int.min
    private let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 37)

    deinit { bytes.deallocate() }

    func write(to out: inout RawWriter) {
        var time = timespec()
        // Read from the vDSO, 6 ns; a tick (4 ms) late at most.
        clock_gettime(CLOCK_REALTIME_COARSE, &time)
        if time.tv_sec != second { format(time.tv_sec) }
        out.put(UnsafeRawBufferPointer(bytes))
    }

    /// For tests: the line of a given second.
    static func text(at second: Int) -> String {
        let line = DateLine()
        line.format(second)
        return String(decoding: line.bytes, as: UTF8.self)
    }

    private func format(_ second: Int) {
        self.second = second
        var time = time_t(second)
        var parts = tm()
        gmtime_r(&time, &parts)
        let days: StaticString = "SunMonTueWedThuFriSat"
        let months: StaticString = "JanFebMarAprMayJunJulAugSepOctNovDec"
        var out = RawWriter(bytes)
        out.put("Date: ")
        out.put(UnsafeRawBufferPointer(start: days.utf8Start + 3 * Int(parts.tm_wday), count: 3))
        out.put(", ")
        two(Int(parts.tm_mday), &out)
        out.put(32)
        out.put(UnsafeRawBufferPointer(start: months.utf8Start + 3 * Int(parts.tm_mon), count: 3))
        out.put(32)
        out.decimal(Int(parts.tm_year) + 1900)
        out.put(32)
        two(Int(parts.tm_hour), &out)
        out.put(58)
        two(Int(parts.tm_min), &out)
        out.put(58)
        two(Int(parts.tm_sec), &out)
        out.put(" GMT\r\n")
    }

    private func two(_ value: Int, _ out: inout RawWriter) {
        out.put(UInt8(truncatingIfNeeded: 48 + value / 10))
        out.put(UInt8(truncatingIfNeeded: 48 + value % 10))
    }
}
