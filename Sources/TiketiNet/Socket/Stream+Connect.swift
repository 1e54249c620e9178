// Opening a stream to a peer, with a deadline.
import Glibc

extension Stream {
    /// Connects to `address`. On `EventLoop.current`, which will own the stream.
    /// - Throws: `IOError`: `.refused`, `.timeout` after `timeoutNanoseconds`, or the system's.
    public static func connect(to address: SocketAddress, timeoutNanoseconds: UInt64) async throws(IOError) -> Stream {
        guard let loop = EventLoop.current else { preconditionFailure("a stream is opened on the event loop that will own it") }
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.family, kind, 0)
        guard descriptor >= 0 else { throw IOError(errno: errno) }
        let status = address.withSystemAddress { Glibc.connect(descriptor, $0, $1) == 0 ? 0 : errno }
        if status != 0 && status != EINPROGRESS {
            Glibc.close(descriptor)
            throw IOError(errno: status)
        }
        if status == EINPROGRESS {
            let failure = await Connecting(descriptor, loop).wait(timeoutNanoseconds)
            if let failure {
                Glibc.close(descriptor)
                throw failure
            }
        }
        return try Stream(descriptor: descriptor, peer: address, loop: loop)
    }
}

/// Waits for the outcome of a non-blocking connect.
private final class Connecting: ReadinessHandler {
    private let descriptor: Int32
    private let loop: EventLoop
    private let outcome = LoopPromise<IOError?>()

    init(_ descriptor: Int32, _ loop: EventLoop) {
        self.descriptor = descriptor
        self.loop = loop
    }

    /// nil when connected.
    func wait(_ timeoutNanoseconds: UInt64) async -> IOError? {
        do throws(IOError) {
            try loop.register(descriptor, [.writable], self)
        } catch {
            return error
        }
        let timer = loop.schedule(afterNanoseconds: timeoutNanoseconds) { [outcome] in outcome.succeed(.timeout) }
        let result = await outcome.value()
        timer.cancel()
        loop.deregister(descriptor)
        return result
    }

    func ready(_ readiness: Readiness) {
        var status: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &status, &length)
        outcome.succeed(status == 0 ? nil : IOError(errno: status))
    }
}
