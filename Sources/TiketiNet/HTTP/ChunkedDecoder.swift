// Bodies whose length nobody knew when they began; used by the server for requests and by the client for responses.

/// Decodes the chunked transfer coding (RFC 9112 §7.1) strictly, in any split; extensions and trailers are checked, bounded and dropped.
///
/// Trailers are never merged into the headers: a field that comes after the body was not there when the request was routed and authorised.
struct ChunkedDecoder {
    private enum State {
        case sizeStart, size, extensions, sizeLF
        case data
        case dataCR, dataLF
        case trailerStart, trailerName, trailer, trailerLF, endLF
        case done
    }

    private var state = State.sizeStart
    private var remaining = 0
    private var digits = 0
    /// Framing bytes beyond what honest chunks need; stops bodies that are all framing.
    private var overhead = 0
    private var trailerBytes = 0

    static let maxOverhead = 16 * 1024
    static let maxTrailerBytes = 8 * 1024

    init() {}

    var isDone: Bool { if case .done = state { true } else { false } }

    /// Takes input until it ends, the body ends, or `limit` bytes have been appended; returns how many input bytes were used.
    mutating func decode(
        _ input: UnsafeRawBufferPointer, into output: inout [UInt8], limit: Int = .max
    ) throws(HTTPBodyError) -> Int {
        var at = 0
        while at < input.count {
            if case .data = state {
                let room = limit - output.count
                if room <= 0 { return at }
                let take = min(remaining, input.count - at, room)
                output.append(contentsOf: UnsafeRawBufferPointer(rebasing: input[at..<at + take]))
                at += take
                remaining -= take
                overhead = max(0, overhead - take)
                if remaining == 0 { state = .dataCR }
                continue
            }
            if case .done = state { return at }
            try step(input[at])
            at += 1
        }
        return at
    }

    private mutating func step(_ byte: UInt8) throws(HTTPBodyError) {
        switch state {
        case .sizeStart, .size:
            if let digit = Byte.hexValue(byte) {
                // 15 digits are more than any memory and can't overflow.
                digits += 1
                if digits > 15 { throw .malformed }
                remaining = remaining << 4 | Int(digit)
                state = .size
            } else if digits == 0 {
                throw .malformed
            } else {
                try afterSize(byte)
            }
        case .extensions:
            if byte == Byte.cr {
                state = .sizeLF
            } else {
                try spend()
                if byte < 32 && byte != Byte.tab || byte == 127 { throw .malformed }
            }
        case .sizeLF:
            if byte != Byte.lf { throw .malformed }
            digits = 0
            overhead += 4
            if overhead > Self.maxOverhead { throw .malformed }
            state = remaining == 0 ? .trailerStart : .data
        case .dataCR:
            if byte != Byte.cr { throw .malformed }
            state = .dataLF
        case .dataLF:
            if byte != Byte.lf { throw .malformed }
            state = .sizeStart
        case .trailerStart:
            if byte == Byte.cr {
                state = .endLF
            } else {
                // A field line starts with a token; a folded line is refused like in the head.
                if !HTTPHeaders.isTokenByte(byte) { throw .malformed }
                state = .trailerName
                try trailer(byte)
            }
        case .trailerName:
            // RFC 9112 §5.1: a name, then the colon, and nothing between them.
            if byte == Byte.colon {
                state = .trailer
            } else if !HTTPHeaders.isTokenByte(byte) {
                throw .malformed
            }
            try trailer(byte)
        case .trailer: try trailer(byte)
        case .trailerLF:
            if byte != Byte.lf { throw .malformed }
            state = .trailerStart
        case .endLF:
            if byte != Byte.lf { throw .malformed }
            state = .done
        case .data, .done: break
        }
    }

    private mutating func afterSize(_ byte: UInt8) throws(HTTPBodyError) {
        switch byte {
        case Byte.cr: state = .sizeLF
        // `;`, or the white space before it that RFC 9112 §7.1.1 lets a recipient accept.
        case 59, Byte.space, Byte.tab:
            state = .extensions
            try spend()
        default: throw .malformed
        }
    }

    private mutating func trailer(_ byte: UInt8) throws(HTTPBodyError) {
        trailerBytes += 1
        if trailerBytes > Self.maxTrailerBytes { throw .malformed }
        if byte == Byte.cr {
            state = .trailerLF
        } else if byte < 32 && byte != Byte.tab || byte == 127 {
            throw .malformed
        }
    }

    private mutating func spend() throws(HTTPBodyError) {
        overhead += 1
        if overhead > Self.maxOverhead { throw .malformed }
    }
}
