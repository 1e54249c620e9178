// What HTTP, WebSocket and RESP need of a connection, be it plain or TLS.

/// A two-way stream of bytes on one event loop. Everything here is called on that loop only.
public protocol ByteStream: AnyObject, Sendable {
    /// The loop on which everything here is called.
    var loop: EventLoop { get }
    /// The other end's address.
    var peer: SocketAddress { get }

    /// Appends what the peer sent to `buffer`, waiting for at least one byte. The buffer takes its memory only when there is something to
    /// read.
    /// - Returns: the number of bytes, 0 when the peer has finished sending.
    /// - Throws: `IOError`: `.closed` after `close`, the error given to `interruptRead`, or the system's.
    func read(into buffer: ByteBuffer) async throws(IOError) -> Int

    /// Queues bytes. They leave at the end of the loop's tick, or at `flush`.
    func write(_ bytes: [UInt8])

    /// Queues bytes and sends them as far as that goes without waiting.
    func writeNow(_ bytes: [UInt8])

    /// Bounds what the kernel keeps unsent for a slow peer, so that it shows in `queuedBytes` and holds up `flush`.
    func limitUnsent(bytes: Int)

    /// Sends the buffer's bytes behind what is queued and empties it, waiting while the peer is slow.
    func write(from buffer: ByteBuffer) async throws(IOError)

    /// Returns when all that was written is with the kernel: this is the back-pressure.
    func flush() async throws(IOError)

    /// Bytes accepted by `write` and not yet taken by the kernel.
    var queuedBytes: Int { get }

    /// Whether bytes or the end may have come in that nobody has read; false only when that is certain.
    var mayHaveInput: Bool { get }

    /// Makes the waiting read, or else the next one, throw `error`; used by deadlines and drains.
    func interruptRead(_ error: IOError)

    /// Makes the waiting write or flush, or else the next one, throw `error`; the stream is of no use for writing afterwards.
    func interruptWrite(_ error: IOError)

    /// Tells the peer that nothing more will be sent; reading goes on.
    func finishWriting()

    /// Ends both directions now, dropping what is queued; waiting calls throw `.closed`. May be called again.
    func close()

    /// Like `close`, and takes from the kernel what it has not sent, which otherwise waits there for a peer that does not read. The peer
    /// sees its connection reset.
    func reset()
}

extension ByteStream {
    /// Nothing is ever kept back: for streams in memory.
    public var mayHaveInput: Bool { false }
    /// Queues only; a stream that can send at once does better.
    public func writeNow(_ bytes: [UInt8]) { write(bytes) }
    /// There is no kernel to bound.
    public func limitUnsent(bytes: Int) {}
}
