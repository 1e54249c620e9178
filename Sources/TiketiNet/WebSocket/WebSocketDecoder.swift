// Frame reader (RFC 6455 §5) as a pure state machine: any split of the input gives the same events, and every violation is an error.

/// Decodes one direction of a connection. After an error or a close event it must not be fed again.
struct WebSocketDecoder {
    /// Which side this decoder reads for: a server insists on masked frames, a client on unmasked ones (§5.1).
    enum Role: Sendable { case server, client }

    /// What of a data message has come so far.
    private struct Partial {
        var kind: WebSocketMessage.Kind
        var compressed: Bool
        var fragments = 1
    }

    private enum State {
        case head
        case payload(remaining: Int)
    }

    private let role: Role
    private let maximumMessageBytes: Int
    private let maximumFragments: Int
    private let allowsCompression: Bool

    private var state = State.head
    /// The head as far as it has come: at most 2 + 8 + 4 bytes.
    private var head: (UInt64, UInt64) = (0, 0)
    private var headCount = 0

    private var opcode = WebSocketOpcode.continuation
    private var isFinal = false
    private var key: UInt32 = 0
    private var phase = 0

    private var control: [UInt8] = []
    private var partial: Partial?
    private var message: [UInt8] = []
    private var utf8 = UTF8Validator()
    private var inflater: Inflater?

    init(role: Role, configuration: WebSocketConfiguration, compression: Bool = false) {
        self.role = role
        maximumMessageBytes = configuration.maximumMessageBytes
        maximumFragments = configuration.maximumFragments
        allowsCompression = compression
    }

    /// Decodes from `bytes` starting at `offset` until one event is complete; nil when all bytes are used and more are needed.
    mutating func next(_ bytes: Span<UInt8>, _ offset: inout Int) throws(WebSocketError) -> WebSocketEvent? {
        let result: Result<WebSocketEvent?, WebSocketError> = bytes.withUnsafeBufferPointer { buffer in
            do throws(WebSocketError) { return .success(try next(buffer, &offset)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    mutating func next(_ bytes: UnsafeBufferPointer<UInt8>, _ offset: inout Int) throws(WebSocketError) -> WebSocketEvent? {
        while true {
            switch state {
            case .head:
                while headCount < headLength {
                    if offset == bytes.count { return nil }
                    withUnsafeMutableBytes(of: &head) { $0[headCount] = bytes[offset] }
                    headCount += 1
                    offset += 1
                    if headCount == 2 { try checkHead() }
                }
                let length = try readHead()
                headCount = 0
                try begin(length)
                state = .payload(remaining: length)
            case .payload(let remaining):
                let count = min(remaining, bytes.count - offset)
                if count > 0 {
                    try take(UnsafeBufferPointer(rebasing: bytes[offset..<offset + count]))
                    offset += count
                }
                if count < remaining {
                    state = .payload(remaining: remaining - count)
                    return nil
                }
                state = .head
                if let event = try finishFrame() { return event }
            }
        }
    }

    /// Memory that a message holds whose end has not come.
    var unfinishedBytes: Int { message.capacity + (inflater == nil ? 0 : Self.inflaterBytes) }
    /// A window of 32 kB and zlib's state.
    private static let inflaterBytes = 48 * 1024

    /// Lets go of it. Nothing may be fed any more.
    mutating func discard() {
        message = []
        inflater = nil
    }

    // MARK: Head

    private func headByte(_ index: Int) -> UInt8 { withUnsafeBytes(of: head) { $0[index] } }

    /// Length of the head as far as the bytes so far tell.
    private var headLength: Int {
        guard headCount >= 2 else { return 2 }
        let second = headByte(1)
        let extended =
            switch second & 0x7F {
            case 126: 2
            case 127: 8
            default: 0
            }
        return 2 + extended + (second & 0x80 == 0 ? 0 : 4)
    }

    /// Checks the first two bytes as soon as they are there.
    private mutating func checkHead() throws(WebSocketError) {
        let first = headByte(0)
        let second = headByte(1)
        guard let opcode = WebSocketOpcode(rawValue: first & 0x0F) else {
            throw WebSocketError(.protocolError, "reserved opcode")
        }
        isFinal = first & 0x80 != 0
        let compressed = first & 0x40 != 0
        if first & 0x30 != 0 { throw WebSocketError(.protocolError, "reserved bits") }
        if compressed && (!allowsCompression || (opcode != .text && opcode != .binary)) {
            throw WebSocketError(.protocolError, "RSV1 without a compressed message")
        }
        if (second & 0x80 != 0) != (role == .server) {
            throw WebSocketError(.protocolError, role == .server ? "client frame is not masked" : "server frame is masked")
        }
        if opcode.isControl {
            if !isFinal { throw WebSocketError(.protocolError, "fragmented control frame") }
            if second & 0x7F > 125 { throw WebSocketError(.protocolError, "control frame too long") }
        } else if opcode == .continuation {
            guard partial != nil else { throw WebSocketError(.protocolError, "continuation without a message") }
            partial?.fragments += 1
            if partial!.fragments > maximumFragments { throw WebSocketError(.tooManyFragments, "too many fragments") }
        } else {
            guard partial == nil else { throw WebSocketError(.protocolError, "new message inside a message") }
            partial = Partial(kind: opcode == .text ? .text : .binary, compressed: compressed)
        }
        self.opcode = opcode
    }

    /// Reads length and key of a complete head.
    private mutating func readHead() throws(WebSocketError) -> Int {
        let short = Int(headByte(1) & 0x7F)
        var length = short
        var at = 2
        if short >= 126 {
            let width = short == 126 ? 2 : 8
            // The most significant bit must be zero, and the shortest form must be used (§5.2).
            if width == 8 && headByte(2) & 0x80 != 0 { throw WebSocketError(.protocolError, "length out of range") }
            length = 0
            for index in 0..<width { length = length << 8 | Int(headByte(2 + index)) }
            if length < (width == 2 ? 126 : 0x1_0000) { throw WebSocketError(.protocolError, "length is not minimal") }
            at += width
        }
        if role == .server {
            key = 0
            for index in 0..<4 { key |= UInt32(headByte(at + index)) << UInt32(8 * index) }
        }
        phase = 0
        return length
    }

    // MARK: Payload

    private mutating func begin(_ length: Int) throws(WebSocketError) {
        if opcode.isControl {
            control.removeAll(keepingCapacity: true)
            return
        }
        guard let partial else { return }
        if !partial.compressed {
            if length > maximumMessageBytes - message.count { throw WebSocketError(.tooBig, "message too big") }
            // The announced length is only trusted a little: memory grows with bytes that came, not with bytes promised.
            message.reserveCapacity(message.count + min(length, 16_384))
        } else if inflater == nil {
            inflater = Inflater()
        }
    }

    private mutating func take(_ bytes: UnsafeBufferPointer<UInt8>) throws(WebSocketError) {
        if opcode.isControl {
            let start = control.count
            control.append(contentsOf: bytes)
            if role == .server { phase = Self.unmask(&control, from: start, key: key, phase: phase) }
            return
        }
        let start = message.count
        if let inflater, partial?.compressed == true {
            var scratch = Array(bytes)
            if role == .server { phase = Self.unmask(&scratch, from: 0, key: key, phase: phase) }
            try inflater.inflate(scratch, into: &message, limit: maximumMessageBytes)
        } else {
            message.append(contentsOf: bytes)
            if role == .server { phase = Self.unmask(&message, from: start, key: key, phase: phase) }
        }
        if partial?.kind == .text { try validate(from: start) }
    }

    /// Unmasks everything from `start` on and returns the phase of the byte that follows.
    private static func unmask(_ bytes: inout [UInt8], from start: Int, key: UInt32, phase: Int) -> Int {
        bytes.withUnsafeMutableBytes { WebSocketMask.apply(.init(rebasing: $0[start...]), key: key, phase: phase) }
        return (phase + bytes.count - start) & 3
    }

    private mutating func validate(from start: Int) throws(WebSocketError) {
        let valid = message.withUnsafeBufferPointer { utf8.feed(UnsafeBufferPointer(rebasing: $0[start...])) }
        if !valid { throw WebSocketError(.invalidUTF8, "text is not UTF-8") }
    }

    // MARK: Frame end

    private mutating func finishFrame() throws(WebSocketError) -> WebSocketEvent? {
        switch opcode {
        case .ping: return .ping(control)
        case .pong: return .pong(control)
        case .close: return try finishClose()
        case .text, .binary, .continuation: break
        }
        guard isFinal, let partial else { return nil }
        if partial.compressed, let inflater {
            let start = message.count
            // Every message ends with an empty stored block that the sender leaves out (RFC 7692 §7.2.2).
            try inflater.inflate([0x00, 0x00, 0xFF, 0xFF], into: &message, limit: maximumMessageBytes)
            if partial.kind == .text { try validate(from: start) }
            self.inflater = nil
        }
        if partial.kind == .text {
            if !utf8.isComplete { throw WebSocketError(.invalidUTF8, "text ends inside a character") }
            utf8.reset()
        }
        let bytes = message
        message = []
        self.partial = nil
        return .message(WebSocketMessage(kind: partial.kind, bytes: bytes))
    }

    /// §5.5.1: a body has a two-byte code first; §7.4: only codes that may stand on the wire.
    private func finishClose() throws(WebSocketError) -> WebSocketEvent {
        if control.isEmpty { return .close(code: nil, reason: "") }
        guard control.count >= 2 else { throw WebSocketError(.protocolError, "close frame of one byte") }
        let code = WebSocketCloseCode(UInt16(control[0]) << 8 | UInt16(control[1]))
        guard code.isAllowedOnWire else { throw WebSocketError(.protocolError, "close code \(code) may not be sent") }
        let reason = Array(control[2...])
        guard UTF8Validator.isValid(reason) else { throw WebSocketError(.invalidUTF8, "close reason is not UTF-8") }
        return .close(code: code, reason: String(decoding: reason, as: UTF8.self))
    }
}
