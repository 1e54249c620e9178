// The client's reader of heads; what it refuses, no caller ever sees.

/// Reads one response head from a buffer in a single strict pass, by the same field rules as the server's request reader.
///
/// It holds no bytes: the connection shows it everything received and not yet used, until the head is complete.
struct ResponseParser {
    /// Bytes known to hold no end of the head.
    private var scanned = 0
    private let maxHead: Int
    private let maxHeaders: Int

    init(maxHead: Int, maxHeaders: Int) {
        self.maxHead = maxHead
        self.maxHeaders = maxHeaders
    }

    /// The head and how many bytes it took, or nil while more are needed.
    mutating func parse(_ bytes: UnsafeRawBufferPointer, forHead isHead: Bool) throws(HTTPClientError) -> (head: ResponseHead, length: Int)?
    {
        guard let end = headEnd(bytes) else {
            if bytes.count > maxHead { throw HTTPClientError(.tooLarge, "response head of more than \(maxHead) bytes", requestSent: true) }
            return nil
        }
        scanned = 0
        if end > maxHead { throw HTTPClientError(.tooLarge, "response head of more than \(maxHead) bytes", requestSent: true) }
        var reader = HeadReader(bytes: UnsafeRawBufferPointer(rebasing: bytes[0..<end]), maxHeaders: maxHeaders)
        do throws(RequestRejection) {
            return (try reader.readResponse(forHead: isHead), end)
        } catch {
            throw HTTPClientError(.malformed, "response head: \(error.message)", requestSent: true)
        }
    }

    /// The offset after the empty line that ends the head.
    private mutating func headEnd(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var at = scanned
        while let lf = Byte.find(Byte.lf, in: bytes, from: at) {
            // An empty line with a bare LF ends the head too: the reader then refuses it.
            if lf >= 1, bytes[lf - 1] == Byte.lf { return lf + 1 }
            if lf >= 2, bytes[lf - 1] == Byte.cr, bytes[lf - 2] == Byte.lf { return lf + 1 }
            at = lf + 1
        }
        scanned = bytes.count
        return nil
    }
}

/// A complete, checked response head.
struct ResponseHead {
    var status: HTTPStatus
    var headers: HTTPHeaders
    var framing: ResponseFraming
    var keepAlive: Bool
}

/// How a response's body ends (RFC 9112 §6.3).
enum ResponseFraming: Equatable {
    case none
    case length(Int)
    case chunked
    /// Until the server closes the connection.
    case untilClose
}

extension HeadReader {
    mutating func readResponse(forHead isHead: Bool) throws(RequestRejection) -> ResponseHead {
        guard let lineEnd = Byte.find(Byte.lf, in: bytes, from: 0), lineEnd > 0, bytes[lineEnd - 1] == Byte.cr else { throw .bareLineEnd }
        let (code, minorVersion) = try Self.statusLine(UnsafeRawBufferPointer(rebasing: bytes[0..<lineEnd - 1]))
        var headers = HTTPHeaders()
        var rejection: RequestRejection?
        // A stored field takes at most three bytes more than its line.
        let capacity = max(8, bytes.count - lineEnd + 3 * min(maxHeaders, (bytes.count - lineEnd) / 4))
        headers.storage = [UInt8](unsafeUninitializedCapacity: capacity) { target, used in
            do throws(RequestRejection) {
                try readFields(from: lineEnd + 1, dropHost: false, into: UnsafeMutableRawBufferPointer(target), &used, &headers)
            } catch { rejection = error }
        }
        if let rejection { throw rejection }
        let status = HTTPStatus(code)
        return ResponseHead(
            status: status, headers: headers, framing: try framing(status, isHead, minorVersion),
            keepAlive: minorVersion >= 1 ? !close : keepAlive && !close)
    }

    private func framing(_ status: HTTPStatus, _ isHead: Bool, _ minorVersion: UInt8) throws(RequestRejection) -> ResponseFraming {
        // Two statements about the length are how responses are smuggled (RFC 9112 §6.3): refused even where neither counts.
        if lengths > 0, codings > 0 { throw .lengthAndCoding }
        if chunked, minorVersion == 0 { throw .badCoding }
        if isHead || status.forbidsBody { return .none }
        if chunked { return .chunked }
        if lengths > 0 { return contentLength == 0 ? .none : .length(contentLength) }
        return .untilClose
    }

    /// RFC 9112 §4: `HTTP/1.x SP 3DIGIT SP [reason]`; a missing last space is common and harmless.
    private static func statusLine(_ line: UnsafeRawBufferPointer) throws(RequestRejection) -> (code: Int, minorVersion: UInt8) {
        let prefix: StaticString = "HTTP/1."
        guard line.count >= 12, HTTPHeaders.equal(UnsafeRawBufferPointer(rebasing: line[0..<7]), prefix), line[0] == 72,
            Byte.isDigit(line[7]), line[8] == Byte.space
        else { throw badStatusLine }
        guard Byte.isDigit(line[9]), Byte.isDigit(line[10]), Byte.isDigit(line[11]), line[9] != 48 else { throw badStatusLine }
        if line.count > 12 {
            guard line[12] == Byte.space else { throw badStatusLine }
            for byte in line[13...] where (byte < 32 && byte != Byte.tab) || byte == 127 { throw .controlCharacter }
        }
        return (Int(line[9] - 48) * 100 + Int(line[10] - 48) * 10 + Int(line[11] - 48), line[7] - 48)
    }

    private static var badStatusLine: RequestRejection {
        RequestRejection(status: 502, code: "MALFORMED_RESPONSE", message: "Malformed status line")
    }
}
