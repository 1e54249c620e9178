// The states of a server connection, and the rules by which one follows another.

/// What one server connection may do next; a plain value, so that every transition is tested without a socket.
struct HTTPConnectionState {
    enum Phase: Equatable {
        /// Between requests, nothing received.
        case idle
        /// Part of a head is here.
        case head
        /// A handler has the request.
        case handling
        /// The response is being written.
        case responding
        /// The rest of an unread body is thrown away.
        case discarding
        /// The last bytes have been written; only the peer's are awaited, so that it can read ours (RFC 9112 §9.6).
        case closing
        /// The stream belongs to an upgrade's handler.
        case upgraded
    }

    enum Next: Equatable {
        case request
        case discard
        /// Nothing of the peer's is left unread: the connection can be cut.
        case close
        /// Bytes may be under way that would turn a cut into a reset.
        case linger
    }

    private(set) var phase = Phase.idle
    var body = RequestBodyState()
    private var keepAlive = true
    private var draining = false
    private var isHead = false
    private var legacy = false
    private var expectsContinue = false

    /// Bytes arrived, but not a whole head.
    mutating func partialHead() { phase = .head }

    /// A head is complete.
    /// - Throws: a rejection when it announces more than the server takes from anybody.
    mutating func begin(_ head: RequestHead, maxBody: Int) throws(RequestRejection) {
        keepAlive = head.keepAlive
        legacy = head.minorVersion == 0
        isHead = head.method.rawValue == "HEAD"
        expectsContinue = head.expectsContinue
        if case .length(let length) = head.framing, length > maxBody { throw .bodyTooLarge }
        body = RequestBodyState(head.framing, limit: maxBody)
        phase = .handling
    }

    /// Whether the interim response must go out before waiting for the body (RFC 9110 §10.1.1); true once.
    mutating func takeContinue() -> Bool {
        defer { expectsContinue = false }
        return expectsContinue
    }

    /// The frame of the final response.
    mutating func respond(_ status: HTTPStatus, _ body: HTTPResponseBody, maxDiscard: Int) -> ResponseEncoder.Shape {
        phase = .responding
        // A client that still waits for 100 may or may not send its body now: only a new connection is safe.
        if expectsContinue || !self.body.fitsDiscarding(maxDiscard) { keepAlive = false }
        let framing: ResponseEncoder.Framing
        switch body {
        case .upgrade: framing = .upgrade
        case _ where status.forbidsBody: framing = .omitted
        case .none: framing = isHead ? .omitted : .length(0)
        case .bytes(let bytes): framing = .length(bytes.count)
        case .stream(.some(let length), _): framing = .length(max(0, length))
        case .stream(nil, _):
            if isHead {
                framing = .omitted
            } else if legacy {
                framing = .untilClose
                keepAlive = false
            } else {
                framing = .chunked
            }
        }
        return ResponseEncoder.Shape(framing: framing, close: !keepAlive || draining, legacy: legacy)
    }

    /// Whether bytes follow the head of this response.
    func sendsBody(_ status: HTTPStatus) -> Bool { !isHead && !status.forbidsBody }

    /// The response is out; `close` as the encoder settled it.
    mutating func responded(close: Bool, unreadBytes: Int) -> Next {
        if close {
            phase = .closing
            return body.isComplete && unreadBytes == 0 ? .close : .linger
        }
        if body.isComplete {
            phase = .idle
            return .request
        }
        phase = .discarding
        return .discard
    }

    /// The unread body is gone, or was too long.
    mutating func discarded() -> Next {
        phase = body.isComplete ? .idle : .closing
        return body.isComplete ? .request : .linger
    }

    mutating func close() { phase = .closing }

    mutating func upgrade() { phase = .upgraded }

    /// From now on every response says `Connection: close`.
    /// - Returns: whether the connection is idle and can go at once.
    mutating func drain() -> Bool {
        draining = true
        return phase == .idle
    }
}

extension RequestRejection {
    static var bodyTooLarge: Self { RequestRejection(status: 413, code: "BODY_TOO_LARGE", message: "The request body is too large") }
    static var headTimeout: Self { RequestRejection(status: 408, code: "REQUEST_TIMEOUT", message: "The request head took too long") }
    static var leaving: Self { RequestRejection(status: 408, code: "REQUEST_TIMEOUT", message: "The server is about to stop") }
    static var handlerMistake: Self { RequestRejection(status: 500, code: "INTERNAL", message: "Internal server error") }
    static var tooManyConnections: Self { RequestRejection(status: 503, code: "UNAVAILABLE", message: "Too many connections") }
}
