// One loop's share of a server; shards meet in nothing but counters.

/// The part of a server that lives on one loop: its connections, its Date line, its counters.
///
/// `@unchecked Sendable` because everything that changes is used on `loop` only; other threads hop there first.
final class HTTPServerShard: @unchecked Sendable {
    let loop: EventLoop
    let configuration: HTTPServerConfiguration
    let limits: ConnectionLimits
    let handler: HTTPHandler
    let date = DateLine()
    /// Shared by all requests without a body of this loop: it holds nothing that reading would change.
    let emptyBody = HTTPBody()
    let headTimeout: UInt64
    let bodyTimeout: UInt64
    let keepAliveTimeout: UInt64
    let writeTimeout: UInt64
    static let lingerTimeout: UInt64 = 1_000_000_000

    var requests: UInt64 = 0
    var rejections: UInt64 = 0
    private(set) var isDraining = false
    private var isLeaving = false
    private var connections: [HTTPConnection] = []
    private var upgradedCount = 0
    private var drained: LoopPromise<Bool>?
    /// Refused connections whose last bytes are on their way.
    private var refusals = 0

    init(loop: EventLoop, configuration: HTTPServerConfiguration, limits: ConnectionLimits, handler: @escaping HTTPHandler) {
        self.loop = loop
        self.configuration = configuration
        self.limits = limits
        self.handler = handler
        headTimeout = UInt64(configuration.headTimeoutSeconds * 1e9)
        bodyTimeout = UInt64(configuration.bodyIdleTimeoutSeconds * 1e9)
        keepAliveTimeout = UInt64(configuration.keepAliveTimeoutSeconds * 1e9)
        writeTimeout = UInt64(configuration.writeStallTimeoutSeconds * 1e9)
    }

    /// Whether idle connections give up their tasks.
    var isCrowded: Bool { connections.count > configuration.parkIdleAboveConnections }

    func accept(_ stream: Stream) {
        if isDraining { return stream.close() }
        guard limits.admit(stream.peer) else { return turnAway(stream) }
        stream.onClose = { [limits, peer = stream.peer] in limits.leave(peer) }
        let connection = HTTPConnection(stream, self)
        connection.slot = connections.count
        connections.append(connection)
        // Its first request is answered, and says that there won't be a second.
        if isLeaving { _ = connection.state.drain() }
        connection.start()
    }

    /// Says why, waits a moment for the answer to be read, and closes; beyond a bound closes at once.
    private func turnAway(_ stream: Stream) {
        rejections &+= 1
        let page = ownAnswer(.tooManyConnections)
        guard refusals < 256, case .bytes(let body) = page.body else { return stream.close() }
        refusals += 1
        var shape = ResponseEncoder.Shape(framing: .length(body.count), close: true, legacy: false)
        stream.enqueue(ResponseEncoder.encode(page.status, page.headers, shape: &shape, date: date, body: body))
        _ = stream.sendNow()
        stream.finishWriting()
        _ = loop.schedule(afterNanoseconds: 500_000_000) { [self] in
            refusals -= 1
            stream.close()
        }
    }

    /// An answer that no handler made.
    func ownAnswer(_ rejection: RequestRejection) -> HTTPResponse {
        HTTPErrorPage.response(rejection, configuration.ownAnswerFields)
    }

    func upgraded(_ connection: HTTPConnection) {
        upgradedCount += 1
        resolveDrain()
    }

    func ended(_ connection: HTTPConnection) {
        if connection.state.phase == .upgraded { upgradedCount -= 1 }
        let last = connections.removeLast()
        if last !== connection {
            last.slot = connection.slot
            connections[connection.slot] = last
        }
        resolveDrain()
    }

    // MARK: Ending

    func announceDrain() {
        isLeaving = true
        for connection in connections { connection.drain() }
    }

    func drain(graceNanoseconds: UInt64) async {
        isDraining = true
        for connection in connections { connection.drain() }
        let promise = LoopPromise<Bool>()
        drained = promise
        resolveDrain()
        let timer = loop.schedule(afterNanoseconds: graceNanoseconds) { promise.succeed(false) }
        if await !promise.value() { cut(upgraded: false) }
        timer.cancel()
    }

    private func resolveDrain() {
        if connections.count == upgradedCount { drained?.succeed(true) }
    }

    /// Closes the sockets; their tasks see it at their next read or write.
    func cut(upgraded: Bool) {
        isDraining = true
        for connection in connections where upgraded || connection.state.phase != .upgraded { connection.cut() }
    }
}
