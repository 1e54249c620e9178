// A connected stream socket (TCP or Unix), registered once edge-triggered for both directions. After close nothing is reported and every call throws.
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
    public let loop: EventLoop
    public let peer: SocketAddress

    private var descriptor: Int32
    private var mayRead = false
    private var mayWrite = true
    private var peerFinished = false
    private var readWaiter: LoopContinuation<IOError?>?
    private var writeWaiter: LoopContinuation<IOError?>?
    private var parkedReader: (any ParkedReader)?
    private var readInterruption: IOError?
    private var writeInterruption: IOError?
    private var outgoing = Deque<[UInt8]>()
    private var outgoingOffset = 0
    private var flushScheduled = false
    public private(set) var queuedBytes = 0
    private var peerWatcher: (() -> Void)?
    /// Called once when the connection ends; goes with the descriptor when that moves to another loop.
    var onClose: (@Sendable () -> Void)?

    /// Takes over a connected non-blocking descriptor. On the loop only.
    /// - Throws: `IOError` when the loop can't watch it; the descriptor is closed then.
    public init(descriptor: Int32, peer: SocketAddress, loop: EventLoop) throws(IOError) {
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

    public var isClosed: Bool { descriptor < 0 }

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
                // A short read means that the socket is drained and the next bytes come with a new edge, unless the end is already behind them.
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

    // MARK: Writing

    public func write(_ bytes: [UInt8]) {
        loop.preconditionOnLoop()
        guard descriptor >= 0, !bytes.isEmpty else { return }
        outgoing.append(bytes)
        queuedBytes += bytes.count
        guard !flushScheduled, mayWrite else { return }
        flushScheduled = true
        loop.atEndOfTick { [self] in
            flushScheduled = false
            // A failure is kept by the kernel and reported to the next flush or read.
            if descriptor >= 0 { _ = sendQueued() }
        }
    }

    /// Sends bytes behind what is queued, as far as the kernel takes them now: for a broadcast, which has nothing to add in this tick and many others
    /// to serve. What is left goes out when the kernel takes more; a failure shows at the next flush or read.
    public func writeNow(_ bytes: [UInt8]) {
        loop.preconditionOnLoop()
        guard descriptor >= 0, !bytes.isEmpty else { return }
        var sent = 0
        if mayWrite && queuedBytes == 0 {
            sent = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress!, $0.count, Int32(MSG_NOSIGNAL)) }
            if sent == bytes.count { return }
            if sent < 0 {
                if errno == EAGAIN { mayWrite = false }
                sent = 0
            }
            outgoingOffset = sent
        }
        outgoing.append(bytes)
        queuedBytes += bytes.count - sent
        if mayWrite { _ = sendQueued() }
    }

    /// Queues bytes without arranging for them to leave: for a caller that will call `sendNow` or `flush` itself in this tick.
    public func enqueue(_ bytes: [UInt8]) {
        loop.preconditionOnLoop()
        guard descriptor >= 0, !bytes.isEmpty else { return }
        outgoing.append(bytes)
        queuedBytes += bytes.count
    }

    /// Sends what is queued as far as the kernel takes it without waiting; true when nothing is left. A failure shows at the next flush.
    public func sendNow() -> Bool {
        loop.preconditionOnLoop()
        guard descriptor >= 0, mayWrite else { return false }
        return sendQueued() == nil && queuedBytes == 0
    }

    public func write(from buffer: ByteBuffer) async throws(IOError) {
        loop.preconditionOnLoop()
        while true {
            if queuedBytes > 0 { try await flush() }
            if buffer.isEmpty { return }
            guard descriptor >= 0 else { throw .closed }
            if mayWrite {
                let bytes = buffer.readable
                let count = Glibc.send(descriptor, bytes.baseAddress!, bytes.count, Int32(MSG_NOSIGNAL))
                if count >= 0 {
                    buffer.consume(count)
                    continue
                }
                if errno == EINTR { continue }
                guard errno == EAGAIN else { throw IOError(errno: errno) }
                mayWrite = false
            }
            try await waitWritable()
        }
    }

    public func flush() async throws(IOError) {
        loop.preconditionOnLoop()
        while true {
            guard descriptor >= 0 else { throw .closed }
            if mayWrite, let failure = sendQueued() { throw failure }
            if queuedBytes == 0 { return }
            try await waitWritable()
        }
    }

    private func waitWritable() async throws(IOError) {
        if let interruption = writeInterruption { throw interruption }
        let failure = await withLoopContinuation { (continuation: LoopContinuation<IOError?>) in
            assert(writeWaiter == nil, "a stream has one writer")
            writeWaiter = continuation
        }
        if let failure { throw failure }
    }

    public func interruptWrite(_ error: IOError) {
        loop.preconditionOnLoop()
        writeInterruption = error
        if let waiter = writeWaiter {
            writeWaiter = nil
            waiter.resume(returning: error)
        }
    }

    /// Gathers up to 64 queued chunks into each system call until all are sent or the kernel's buffer is full.
    private func sendQueued() -> IOError? {
        while queuedBytes > 0 {
            let count = outgoing.count == 1 ? sendFirst() : withVectors { writev(descriptor, $0, $1) }
            if count < 0 {
                if errno == EINTR { continue }
                guard errno == EAGAIN else { return IOError(errno: errno) }
                mayWrite = false
                return nil
            }
            dropSent(count)
        }
        return nil
    }

    /// One chunk, the usual case: `send` and `recv` go past the file layer and cost a few percent less than `writev` and `read`.
    private func sendFirst() -> Int {
        outgoing[0].withUnsafeBytes { bytes in
            send(descriptor, bytes.baseAddress! + outgoingOffset, bytes.count - outgoingOffset, Int32(MSG_NOSIGNAL))
        }
    }

    private func withVectors(_ body: (UnsafePointer<iovec>, Int32) -> Int) -> Int {
        let limit = min(64, outgoing.count)
        return withUnsafeTemporaryAllocation(of: iovec.self, capacity: limit) { vectors in
            var offset = outgoingOffset
            for index in 0..<limit {
                // The arrays stay in the queue, unchanged, until the call has returned, so their storage stays where it is.
                outgoing[index].withUnsafeBytes { bytes in
                    vectors[index] = iovec(
                        iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress! + offset), iov_len: bytes.count - offset)
                }
                offset = 0
            }
            return body(vectors.baseAddress!, Int32(limit))
        }
    }

    private func dropSent(_ count: Int) {
        queuedBytes -= count
        var left = count
        while left > 0 {
            let rest = outgoing[0].count - outgoingOffset
            if left < rest {
                outgoingOffset += left
                return
            }
            left -= rest
            outgoingOffset = 0
            outgoing.removeFirst()
        }
    }

    public func limitUnsent(bytes: Int) {
        loop.preconditionOnLoop()
        var limit = Int32(clamping: bytes)
        if descriptor >= 0 {
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NOTSENT_LOWAT, &limit, socklen_t(MemoryLayout<Int32>.size))
        }
    }

    // MARK: Ending

    public func finishWriting() {
        loop.preconditionOnLoop()
        if descriptor >= 0 { shutdown(descriptor, Int32(SHUT_WR)) }
    }

    /// Calls `watcher` once when the peer has finished sending or is gone, also while nobody reads; at once if that has happened. nil ends the watch.
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
