// One listening socket per event loop on the same port (SO_REUSEPORT): the kernel spreads connections, and each stays on its loop.
import CLinux
import Glibc

/// A listening socket of one loop.
///
/// Sendable because it is confined to `loop`: every method asserts in debug builds that it runs there.
public final class Listener: ReadinessHandler, @unchecked Sendable {
    private let loop: EventLoop
    private var descriptor: Int32
    private let accept: (Stream) -> Void
    private var pause: LoopTimer?

    fileprivate init(descriptor: Int32, loop: EventLoop, accept: @escaping (Stream) -> Void) throws(IOError) {
        self.descriptor = descriptor
        self.loop = loop
        self.accept = accept
        try loop.register(descriptor, [.readable], self)
    }

    /// Accepts a bounded number a tick (the descriptor is level-triggered), so that a storm of connections does not starve those that are
    /// served.
    public func ready(_ readiness: Readiness) {
        _ = acceptBatch()
    }

    /// Takes the connections that the kernel has made already: closing the socket would reset them under their first request.
    func acceptPending() {
        loop.preconditionOnLoop()
        while acceptBatch() {}
    }

    /// False when nobody waits any more.
    private func acceptBatch() -> Bool {
        var storage = sockaddr_storage()
        for _ in 0..<64 {
            guard descriptor >= 0 else { return false }
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let connection = withUnsafeMutablePointer(to: &storage) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { clinux_accept4(descriptor, $0, &length) }
            }
            guard connection >= 0 else {
                // Out of descriptors or memory: come back shortly instead of spinning on a ready socket.
                if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(-connection) { pauseAccepting() }
                if -connection == ECONNABORTED || -connection == EINTR { continue }
                return false
            }
            let peer = withUnsafeBytes(of: &storage) { SocketAddress($0) } ?? .unix(path: "")
            if let stream = try? Stream(descriptor: connection, peer: peer, loop: loop) { accept(stream) }
        }
        return true
    }

    private func pauseAccepting() {
        loop.modify(descriptor, [])
        pause = loop.schedule(afterNanoseconds: 100_000_000) { [weak self] in
            guard let self, descriptor >= 0 else { return }
            loop.modify(descriptor, [.readable])
        }
    }

    /// Stops listening. On the loop only.
    public func close() {
        loop.preconditionOnLoop()
        guard descriptor >= 0 else { return }
        pause?.cancel()
        loop.deregister(descriptor)
        Glibc.close(descriptor)
        descriptor = -1
    }
}

extension Listener {
    /// Listens on `address` with one socket per loop; port 0 takes any free port, the same for all.
    /// - Returns: the listeners, in the order of the loops, and the address with its real port.
    /// - Throws: `IOError` with the system's reason, `EADDRINUSE` among them.
    public static func listen(
        on address: SocketAddress, group: EventLoopGroup, backlog: Int32 = 4096, accept: @escaping @Sendable (Stream) -> Void
    ) async throws -> (listeners: [Listener], address: SocketAddress) {
        try probe(address)
        var bound = address
        var listeners: [Listener] = []
        for loop in group.loops {
            // A Unix path can be bound once only; its one listener serves through the first loop.
            if case .unix = address, !listeners.isEmpty { break }
            let descriptor = try open(bound, shared: true)
            guard Glibc.listen(descriptor, backlog) == 0 else {
                let reason = errno
                Glibc.close(descriptor)
                throw IOError(errno: reason)
            }
            bound = localAddress(of: descriptor) ?? bound
            listeners.append(try await loop.run { try Listener(descriptor: descriptor, loop: loop, accept: accept) })
        }
        return (listeners, bound)
    }

    /// SO_REUSEPORT would silently share a port with another process of ours: binding once without it shows that the port is free.
    private static func probe(_ address: SocketAddress) throws(IOError) {
        guard address.port != 0 else { return }
        Glibc.close(try open(address, shared: false))
    }

    private static func open(_ address: SocketAddress, shared: Bool) throws(IOError) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.family, kind, 0)
        guard descriptor >= 0 else { throw IOError(errno: errno) }
        var one: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, size)
        if shared { setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &one, size) }
        let status = address.withSystemAddress { bind(descriptor, $0, $1) == 0 ? 0 : errno }
        guard status == 0 else {
            Glibc.close(descriptor)
            throw IOError(errno: status)
        }
        return descriptor
    }

    private static func localAddress(of descriptor: Int32) -> SocketAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let status = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return status == 0 ? withUnsafeBytes(of: &storage) { SocketAddress($0) } : nil
    }
}
