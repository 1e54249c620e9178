// The server as a service uses it: listens, counts, drains.

/// An HTTP/1.1 server on every loop of a group; a connection stays on the loop that accepted it.
///
///     let server = HTTPServer(group: .shared) { request in HTTPResponse(body: .bytes(Array("hello".utf8))) }
///     let port = try await server.start(host: "127.0.0.1", port: 0)
public final class HTTPServer: Sendable {
    private let group: EventLoopGroup
    private let shards: [HTTPServerShard]
    private let listening = Locked<[(HTTPServerShard, Listener)]>([])

    /// Listens to nothing until `start`. The handler runs on the loop of the connection it answers.
    public init(group: EventLoopGroup, configuration: HTTPServerConfiguration = HTTPServerConfiguration(), handler: @escaping HTTPHandler) {
        self.group = group
        let limits = ConnectionLimits(total: configuration.maxConnections, perAddress: configuration.maxConnectionsPerAddress)
        shards = group.loops.map { HTTPServerShard(loop: $0, configuration: configuration, limits: limits, handler: handler) }
    }

    /// Listens; may be called for several addresses.
    /// - Parameters:
    ///   - host: a literal IPv4 or IPv6 address.
    ///   - port: 0 takes any free port.
    /// - Returns: the port.
    /// - Throws: `IOError`, when the address is none or is in use.
    @discardableResult
    public func start(host: String, port: Int) async throws -> Int {
        guard let address = SocketAddress(literal: host, port: port) else { throw IOError(.unresolved, detail: "\(host):\(port)") }
        return try await start(address).port
    }

    /// The same for any address, a Unix path among them.
    @discardableResult
    func start(_ address: SocketAddress) async throws -> SocketAddress {
        let shards = shards
        let (listeners, bound) = try await Listener.listen(on: address, group: group) { stream in
            shards[stream.loop.index].accept(stream)
        }
        listening.withLock { $0.append(contentsOf: zip(shards, listeners)) }
        return bound
    }

    /// Open connections, upgraded ones among them.
    public var openConnections: Int { shards[0].limits.open }

    /// Requests handled and refused so far.
    func statistics() async -> (requests: UInt64, rejections: UInt64) {
        var sum: (requests: UInt64, rejections: UInt64) = (0, 0)
        for shard in shards {
            let one = try? await shard.loop.run { (shard.requests, shard.rejections) }
            sum.requests += one?.0 ?? 0
            sum.rejections += one?.1 ?? 0
        }
        return sum
    }

    /// Lets clients know that the server will stop: every response closes its connection and idle ones are ended, while new connections
    /// are still served. Clients with a choice have gone elsewhere by the time of `drain`.
    public func announceDrain() async {
        for shard in shards { _ = try? await shard.loop.run { shard.announceDrain() } }
    }

    /// Stops accepting, closes idle connections, lets requests in flight finish with `Connection: close`, and returns when they have, or
    /// cuts them when the grace has passed. Upgraded connections are their handlers' to end; `stop` cuts what is left of them.
    public func drain(graceNanoseconds: UInt64) async {
        await close(.stopAccepting)
        await withTaskGroup(of: Void.self) { group in
            for shard in shards {
                group.addTask { _ = try? await shard.loop.run { await shard.drain(graceNanoseconds: graceNanoseconds) } }
            }
        }
    }

    /// Stops accepting and cuts every connection now.
    public func stop() async {
        await close(.cutEverything)
    }

    private enum Extent { case stopAccepting, cutEverything }

    private func close(_ extent: Extent) async {
        let listeners = listening.withLock { all in
            defer { all = [] }
            return all
        }
        for (shard, listener) in listeners {
            _ = try? await shard.loop.run {
                if extent == .stopAccepting { listener.acceptPending() }
                listener.close()
            }
        }
        if extent == .cutEverything {
            for shard in shards { _ = try? await shard.loop.run { shard.cut(upgraded: true) } }
        }
    }
}
