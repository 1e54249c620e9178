// A connected stream socket (TCP or Unix), registered once edge-triggered for both directions. After close nothing is reported and every
// call throws.
import CLinux
import DequeModule
import Glibc

/// Somebody who wants to read a stream that has nothing to read at the moment.
protocol ParkedReader: AnyObject {
    func unpark()
}

/// A plain byte stream over a socket.
///
/// Sendable because it is confined to `loop`: every method asserts in debug builds that it runs there.
public final class Stream: ByteStream, ReadinessHandler, @unchecked Sendable {
    /// The loop that watches the socket; everything here is called on it.
    public let loop: EventLoop
    /// The other end, as the kernel named it at accept or connect.
    public let peer: SocketAddress

    private(set) var descriptor: Int32 {
        didSet { updateLane() }
    }
    private var mayRead = false
    /// Whether the kernel is believed to take bytes.
    var mayWrite = true {
        didSet { updateLane() }
    }
    private var peerFinished = false
    private var readWaiter: LoopContinuation<IOError?>?
    var writeWaiter: LoopContinuation<IOError?>?
    private var parkedReader: (any ParkedReader)?
    private var readInterruption: IOError?
    var writeInterruption: IOError?
    var outgoing = Deque<[UInt8]>()
    /// How much of the first chunk has been sent.
    var outgoingOffset = 0
    var flushScheduled = false
    public internal(set) var queuedBytes = 0 {
        didSet { updateLane() }
    }
    /// Where broadcasts find this stream; -1: nowhere.
    var lane: Int32 = -1
    private var peerWatcher: (() -> Void)?
    /// Called once when the connection ends; goes with the descriptor when that moves to another loop.
    var onClose: (@Sendable () -> Void)?

    /// Takes over a connected non-blocking descriptor. On the loop only.
    /// - Throws: `IOError` when the loop can't watch it; the descriptor is closed then.
    init(descriptor: Int32, peer: SocketAddress, loop: EventLoop) throws(IOError) {
        self.loop = loop
        self.peer = peer
        self.descriptor = descriptor
        if case .unix = peer {
        } else {
            var one: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        }
        do throws(IOError) {
            try loop.register(descriptor, [.readable, .writable, .peerClosed, .edge], self)
        } catch {
            Glibc.close(descriptor)
            self.descriptor = -1
            throw error
        }
    }

    deinit {
        assert(descriptor < 0, "a stream must be closed on its loop")
    }

    var isClosed: Bool { descriptor < 0 }

    // MARK: Reading

    public func read(into buffer: ByteBuffer) async throws(IOError) -> Int {
        loop.preconditionOnLoop()
        while true {
            if let interruption = readInterruption {
                readInterruption = nil
                throw interruption
            }
            guard descriptor >= 0 else { throw .closed }
            // Suspended here and not in a function of its own: this is the one wait of every request.
            if !mayRead {
                let failure = await withLoopContinuation { (continuation: LoopContinuation<IOError?>) in
                    assert(readWaiter == nil, "a stream has one reader")
                    readWaiter = continuation
                }
                if let failure { throw failure }
                continue
            }
            let space = buffer.writable(minimum: 2048)
            let count = Glibc.recv(descriptor, space.baseAddress!, space.count, 0)
            if count > 0 {
                buffer.commit(count)
                // A short read means that the socket is drained and the next bytes come with a new edge, unless the end is already behind
                // them.
                if count < space.count && !peerFinished { mayRead = false }
                return count
            }
            if count == 0 { return 0 }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                mayRead = false
                buffer.releaseIfEmpty()
            default: throw IOError(errno: errno)
            }
        }
    }

    /// Takes what has come in, without waiting.
    /// - Returns: the number of bytes, 0 when the peer has finished sending, nil when there is nothing now.
    func readNow(into buffer: ByteBuffer) throws(IOError) -> Int? {
        loop.preconditionOnLoop()
        while mayRead || descriptor < 0 {
            guard descriptor >= 0 else { throw .closed }
            let space = buffer.writable(minimum: 2048)
            let count = Glibc.recv(descriptor, space.baseAddress!, space.count, 0)
            if count > 0 {
                buffer.commit(count)
                if count < space.count && !peerFinished { mayRead = false }
                return count
            }
            if count == 0 { return 0 }
            switch errno {
            case EINTR: continue
            case EAGAIN: mayRead = false
            default: throw IOError(errno: errno)
            }
        }
        return nil
    }

    /// Lets `reader` know once when a read is worth trying, without a task waiting for it: an idle connection costs no task then.
    /// - Returns: false when a read is worth trying now; nothing is remembered in that case.
    func park(_ reader: any ParkedReader) -> Bool {
        loop.preconditionOnLoop()
        if mayRead || readInterruption != nil || descriptor < 0 { return false }
        assert(readWaiter == nil, "a stream has one reader")
        parkedReader = reader
        return true
    }

    /// Ends `park` without a call.
    func unpark() {
        loop.preconditionOnLoop()
        parkedReader = nil
    }

    public var mayHaveInput: Bool { mayRead || descriptor < 0 }

    public func interruptRead(_ error: IOError) {
        loop.preconditionOnLoop()
        if let waiter = readWaiter {
            readWaiter = nil
            waiter.resume(returning: error)
        } else {
            readInterruption = error
        }
    }

    // MARK: Ending

    public func finishWriting() {
        loop.preconditionOnLoop()
        if descriptor >= 0 { shutdown(descriptor, Int32(SHUT_WR)) }
    }

    /// Calls `watcher` once when the peer has finished sending or is gone, also while nobody reads; at once if that has happened. nil
    /// ends the watch.
    public func whenPeerCloses(_ watcher: (() -> Void)?) {
        loop.preconditionOnLoop()
        if peerFinished { watcher?() } else { peerWatcher = watcher }
    }

    /// A connection between two loops.
    struct Detached: Sendable {
        fileprivate let descriptor: Int32
        fileprivate let peer: SocketAddress
        fileprivate let onClose: (@Sendable () -> Void)?

        /// Takes the connection over, on the loop that is to own it.
        func attach(to loop: EventLoop) throws(IOError) -> Stream {
            do throws(IOError) {
                let stream = try Stream(descriptor: descriptor, peer: peer, loop: loop)
                stream.onClose = onClose
                return stream
            } catch {
                onClose?()
                throw error
            }
        }
    }

    /// Lets go of the descriptor without closing it, so that another loop can take it over. Nothing may be queued and nobody waiting.
    func detach() -> Detached {
        loop.preconditionOnLoop()
        precondition(queuedBytes == 0 && readWaiter == nil && writeWaiter == nil, "a stream in use can't be detached")
        if descriptor >= 0 { loop.deregister(descriptor) }
        leaveLane()
        defer {
            descriptor = -1
            onClose = nil
        }
        return Detached(descriptor: descriptor, peer: peer, onClose: onClose)
    }

    public func reset() {
        var abandon = linger(l_onoff: 1, l_linger: 0)
        if descriptor >= 0 { setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &abandon, socklen_t(MemoryLayout<linger>.size)) }
        close()
    }

    public func close() {
        loop.preconditionOnLoop()
        guard descriptor >= 0 else { return }
        loop.deregister(descriptor)
        leaveLane()
        Glibc.close(descriptor)
        descriptor = -1
        onClose?()
        onClose = nil
        parkedReader = nil
        peerWatcher = nil
        outgoing.removeAll(keepingCapacity: false)
        queuedBytes = 0
        resume(&readWaiter, .closed)
        resume(&writeWaiter, .closed)
    }

    public func ready(_ readiness: Readiness) {
        if !readiness.isDisjoint(with: [.peerClosed, .hangUp, .error]), !peerFinished {
            peerFinished = true
            peerWatcher?()
            peerWatcher = nil
        }
        if !readiness.isDisjoint(with: [.readable, .peerClosed, .hangUp, .error]) {
            mayRead = true
            resume(&readWaiter, nil)
            if let reader = parkedReader {
                parkedReader = nil
                reader.unpark()
            }
        }
        if !readiness.isDisjoint(with: [.writable, .hangUp, .error]) {
            mayWrite = true
            if writeWaiter != nil {
                resume(&writeWaiter, nil)
            } else if queuedBytes > 0, sendQueued() != nil {
                resume(&readWaiter, nil)
            }
        }
    }

    private func resume(_ waiter: inout LoopContinuation<IOError?>?, _ error: IOError?) {
        guard let continuation = waiter else { return }
        waiter = nil
        continuation.resume(returning: error)
    }
}
