// The writing half of a stream: a queue of chunks that leave together, and back-pressure for those who wait.
import CLinux
import Glibc

extension Stream {
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

    /// Sends bytes behind what is queued, as far as the kernel takes them now: for a broadcast, which has nothing to add in this tick and
    /// many others to serve. What is left goes out when the kernel takes more; a failure shows at the next flush or read.
    public func writeNow(_ bytes: [UInt8]) {
        loop.preconditionOnLoop()
        guard descriptor >= 0, !bytes.isEmpty else { return }
        if mayWrite && queuedBytes == 0 {
            let sent = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress!, $0.count, Int32(MSG_NOSIGNAL)) }
            if sent != bytes.count { took(Int32(sent >= 0 ? sent : Int(-errno)), of: bytes) }
        } else {
            outgoing.append(bytes)
            queuedBytes += bytes.count
            if mayWrite { _ = sendQueued() }
        }
    }

    /// What the kernel did with bytes for which nothing waited: it took fewer than all, or answered with an error (negative). The rest is
    /// queued.
    func took(_ result: Int32, of bytes: [UInt8]) {
        // Nobody knows what of them has left.
        if result == -ECANCELED { return close() }
        if result == -EAGAIN { mayWrite = false }
        outgoingOffset = max(0, Int(result))
        outgoing.append(bytes)
        queuedBytes += bytes.count - outgoingOffset
        if mayWrite { _ = sendQueued() }
    }

    /// Queues bytes without arranging for them to leave: for a caller that will call `sendNow` or `flush` itself in this tick.
    func enqueue(_ bytes: [UInt8]) {
        loop.preconditionOnLoop()
        guard descriptor >= 0, !bytes.isEmpty else { return }
        outgoing.append(bytes)
        queuedBytes += bytes.count
    }

    /// Sends what is queued as far as the kernel takes it without waiting; true when nothing is left. A failure shows at the next flush.
    func sendNow() -> Bool {
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
    func sendQueued() -> IOError? {
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

    // MARK: Broadcasts

    /// From now on, whenever nothing is queued, `loop.lanes` may send over this stream by itself.
    func enterLane(_ lane: Int32) {
        loop.preconditionOnLoop()
        guard descriptor >= 0 else { return }
        self.lane = lane
        loop.lanes.enter(self, lane)
        updateLane()
    }

    func leaveLane() {
        guard lane >= 0 else { return }
        loop.lanes.leave(lane)
        lane = -1
    }

    @inline(__always)
    func updateLane() {
        if lane >= 0 { loop.lanes.mark(lane, queuedBytes == 0 && mayWrite ? descriptor : -1) }
    }
}
