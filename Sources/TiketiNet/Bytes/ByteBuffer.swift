// A growable byte queue: bytes are committed at the back and consumed from the front. Its block comes from the loop's pool and returns
// there when it is empty, so that an idle connection owns no buffer.
import CLinux
import Glibc

/// Contiguous bytes, written at the end and read from the start. Confined to one event loop (or to one thread where there is no loop).
public final class ByteBuffer {
    private var storage: UnsafeMutableRawPointer?
    private var capacity = 0
    private var reader = 0
    private var writer = 0

    /// An empty buffer; it takes memory with the first byte.
    public init() {}

    deinit {
        release()
    }

    /// Bytes waiting to be consumed.
    public var count: Int { writer - reader }

    /// Whether nothing waits to be consumed.
    public var isEmpty: Bool { writer == reader }

    /// The waiting bytes. Valid until the buffer is next changed.
    public var readable: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: storage.map { UnsafeRawPointer($0 + reader) }, count: count)
    }

    /// Free space behind the waiting bytes, at least `minimum` bytes. Fill it, then `commit`.
    func writable(minimum: Int = 1) -> UnsafeMutableRawBufferPointer {
        reserve(minimum)
        return UnsafeMutableRawBufferPointer(start: storage! + writer, count: capacity - writer)
    }

    /// Appends the first `count` bytes of what `writable` returned.
    func commit(_ count: Int) {
        assert(count >= 0 && writer + count <= capacity)
        writer += count
    }

    /// Drops `count` bytes from the front.
    public func consume(_ count: Int) {
        assert(count >= 0 && reader + count <= writer)
        reader += count
        if reader == writer {
            reader = 0
            writer = 0
        }
    }

    /// Drops everything that waits; the block stays for what comes next.
    public func clear() {
        reader = 0
        writer = 0
    }

    /// Gives the block back when nothing is waiting; the next write takes one again.
    public func releaseIfEmpty() {
        if isEmpty { release() }
    }

    func append(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0 else { return }
        reserve(bytes.count)
        memcpy(storage! + writer, bytes.baseAddress!, bytes.count)
        writer += bytes.count
    }

    func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }

    func append(_ byte: UInt8) {
        reserve(1)
        storage!.storeBytes(of: byte, toByteOffset: writer, as: UInt8.self)
        writer += 1
    }

    /// Removes and returns the first `count` bytes, or all of them.
    public func take(_ count: Int? = nil) -> [UInt8] {
        let count = min(count ?? self.count, self.count)
        let bytes = [UInt8](UnsafeRawBufferPointer(rebasing: readable[0..<count]))
        consume(count)
        return bytes
    }

    /// Makes room for `needed` more bytes, first by moving the waiting bytes to the start, then by growing.
    func reserve(_ needed: Int) {
        if capacity - writer >= needed { return }
        if reader > 0, capacity - count >= needed, reader >= count {
            memcpy(storage!, storage! + reader, count)
            writer = count
            reader = 0
            return
        }
        var size = max(BufferPool.blockSize, capacity)
        while size - count < needed { size *= 2 }
        let block = size == BufferPool.blockSize ? BufferPool.take() : malloc(size)!
        let waiting = count
        if waiting > 0 { memcpy(block, storage! + reader, waiting) }
        release()
        storage = block
        capacity = size
        writer = waiting
    }

    private func release() {
        guard let block = storage else { return }
        if capacity == BufferPool.blockSize { BufferPool.give(block) } else { free(block) }
        storage = nil
        capacity = 0
        reader = 0
        writer = 0
    }
}

/// Free blocks of one event loop, so that busy connections reuse warm memory. Off a loop it is plain malloc.
struct BufferPool {
    static let blockSize = 16_384
    private static let limit = 256

    private var blocks: [UnsafeMutableRawPointer] = []

    static func take() -> UnsafeMutableRawPointer {
        EventLoop.current?.buffers.blocks.popLast() ?? malloc(blockSize)!
    }

    static func give(_ block: UnsafeMutableRawPointer) {
        if let loop = EventLoop.current, loop.buffers.blocks.count < limit {
            loop.buffers.blocks.append(block)
        } else {
            free(block)
        }
    }
}
