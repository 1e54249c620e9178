// Carries finished log lines to a descriptor on a thread of its own: writers append to memory and never wait for the disk or the pipe.

import CLinux
import Glibc
import Synchronization
import TiketiNet

/// A bounded buffer with one background writer. Lines that find it full are dropped and counted.
final class LogSink: Sendable {
    private let buffer = Locked<[UInt8]>([])
    private let limit: Int
    private let descriptor: Int32
    /// Wakes the writer; written once on empty → non-empty.
    private let wake: Int32
    private let dropCount = Atomic<UInt64>(0)
    /// Held while bytes are on their way, so that `flush` returns after everything before it is out, in order.
    private let writing = Lock()

    /// The process's own sink, to standard output.
    static let standardOutput = LogSink(descriptor: STDOUT_FILENO)

    init(descriptor: Int32, limitBytes: Int = 8 << 20) {
        self.descriptor = descriptor
        limit = limitBytes
        wake = clinux_eventfd()
        // eventfd of CLinux is non-blocking; this reader has nothing else to do and waits in the kernel.
        _ = fcntl(wake, F_SETFL, fcntl(wake, F_GETFL) & ~O_NONBLOCK)
        SystemThread.start("log") { self.run() }
    }

    /// How many lines were dropped.
    var dropped: UInt64 { dropCount.load(ordering: .relaxed) }

    /// Queues `line`, which ends with a line feed.
    func write(_ line: [UInt8]) {
        append { $0.append(contentsOf: line) }
    }

    /// Lets `body` append one line in place. It runs under a lock: bytes only, please.
    internal func append(_ body: (inout [UInt8]) -> Void) {
        enum Outcome { case first, queued, full }
        let outcome = buffer.withLock { buffer -> Outcome in
            guard buffer.count < limit else { return .full }
            let wasEmpty = buffer.isEmpty
            body(&buffer)
            return wasEmpty ? .first : .queued
        }
        switch outcome {
        case .first:
            var one: UInt64 = 1
            _ = Glibc.write(wake, &one, 8)
        case .queued: break
        case .full: dropCount.wrappingAdd(1, ordering: .relaxed)
        }
    }

    /// Returns when everything queued before is written. For the end of the process, and tests.
    func flush() { drain() }

    private func run() {
        var count: UInt64 = 0
        while true {
            guard read(wake, &count, 8) == 8 || errno == EINTR else { return }
            drain()
            // Lines of the next moment go out together.
            usleep(1000)
        }
    }

    private func drain() {
        writing.withLock {
            let bytes = buffer.withLock { buffer -> [UInt8] in
                var taken: [UInt8] = []
                swap(&taken, &buffer)
                return taken
            }
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if errno == EAGAIN {
                    usleep(1000)
                } else if errno != EINTR {
                    return  // nobody reads any more; there is no one left to tell
                }
            }
        }
    }
}
