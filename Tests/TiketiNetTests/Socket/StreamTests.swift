// Streams over real loopback sockets: order, back-pressure, ends, interruptions.
import Testing
import TiketiTesting

@testable import TiketiNet

/// One loop for both ends, so that a pair can be used from one task.
private let group = EventLoopGroup(count: 1)
private let loop = group.loops[0]

/// Runs `body` on the loop with two connected streams, then closes everything.
private func withPair<Value: Sendable>(_ body: @escaping @Sendable (Stream, Stream) async throws -> Value) async throws -> Value {
    let accepted = LoopPromise<Stream>()
    let listening = try await Listener.listen(on: SocketAddress(literal: "127.0.0.1", port: 0)!, group: group) { accepted.succeed($0) }
    return try await loop.run {
        defer { listening.listeners[0].close() }
        let client = try await Stream.connect(to: listening.address, timeoutNanoseconds: 20_000_000_000)
        let server = await accepted.value()
        defer {
            client.close()
            server.close()
        }
        return try await body(client, server)
    }
}

private func failure(_ body: () async throws(IOError) -> Void) async -> IOError? {
    do throws(IOError) {
        try await body()
        return nil
    } catch {
        return error
    }
}

@Suite struct StreamTests {
    @Test func bytesArriveInOrderWhateverTheWrites() async throws {
        let (sent, received) = try await withPair { client, server in
            var expected: [UInt8] = []
            var random = SystemRandomNumberGenerator()
            for index in 0..<2000 {
                let chunk = [UInt8](repeating: UInt8(index & 255), count: Int.random(in: 1...300, using: &random))
                expected += chunk
                client.write(chunk)
                if index % 97 == 0 { try await client.flush() }
            }
            let total = expected.count
            let finisher = Task(executorPreference: loop) {
                try await client.flush()
                client.finishWriting()
            }
            let buffer = ByteBuffer()
            while try await server.read(into: buffer) > 0 {}
            try await finisher.value
            #expect(buffer.count == total)
            return (expected, buffer.take())
        }
        #expect(sent == received)
    }

    @Test func aSlowReaderHoldsTheWriterBack() async throws {
        try await withPair { client, server in
            let big = [UInt8](repeating: 7, count: 32 << 20)
            client.write(big)
            let done = LoopPromise<Bool>()
            let writer = Task(executorPreference: loop) {
                try await client.flush()
                done.succeed(true)
            }
            let buffer = ByteBuffer()
            _ = try await server.read(into: buffer)
            #expect(!done.isResolved && client.queuedBytes > 1 << 20)
            var total = buffer.count
            while total < big.count {
                buffer.clear()
                total += try await server.read(into: buffer)
            }
            try await writer.value
            #expect(client.queuedBytes == 0)
        }
    }

    /// Bytes sent at once never overtake those that are queued, whatever the kernel takes.
    @Test func writingNowKeepsTheOrder() async throws {
        try await withPair { client, server in
            var expected: [UInt8] = []
            for index in 0..<3000 {
                let chunk = [UInt8](repeating: UInt8(index & 255), count: 1 + index * 7 % 5000)
                expected += chunk
                if index % 3 == 1 { client.write(chunk) } else { client.writeNow(chunk) }
            }
            #expect(client.queuedBytes > 0, "more than the kernel takes")
            let buffer = ByteBuffer()
            while buffer.count < expected.count { _ = try await server.read(into: buffer) }
            #expect(buffer.take() == expected && client.queuedBytes == 0)
        }
    }

    @Test func whatTheKernelKeepsUnsentIsBounded() async throws {
        let total = 8 << 20
        let kept = try await withPair { client, _ in
            client.limitUnsent(bytes: 65_536)
            for _ in 0..<(total / 8192) { client.writeNow([UInt8](repeating: 1, count: 8192)) }
            return total - client.queuedBytes
        }
        let unbounded = try await withPair { client, _ in
            for _ in 0..<(total / 8192) { client.writeNow([UInt8](repeating: 1, count: 8192)) }
            return total - client.queuedBytes
        }
        // The peer's own buffer takes its share in both.
        #expect(unbounded - kept > 1 << 20, "\(kept) and \(unbounded) bytes")
    }

    /// A peer that does not read learns of a reset at once; of a close only when it has read what waits.
    @Test func aResetLeavesNothingBehind() async throws {
        try await withPair { client, server in
            client.write([UInt8](repeating: 1, count: 32 << 20))
            let closed = LoopPromise<Void>()
            server.whenPeerCloses { closed.succeed(()) }
            try await eventually { client.queuedBytes < 32 << 20 }
            client.reset()
            await closed.value()
            let error = await failure { () async throws(IOError) in
                let buffer = ByteBuffer()
                while try await server.read(into: buffer) > 0 {}
            }
            #expect(error?.code == .reset)
        }
    }

    @Test func writeFromABufferEmptiesIt() async throws {
        let received = try await withPair { client, server in
            let outgoing = ByteBuffer()
            client.write(Array("first ".utf8))
            outgoing.append(Array("second".utf8))
            try await client.write(from: outgoing)
            #expect(outgoing.isEmpty)
            client.finishWriting()
            let buffer = ByteBuffer()
            while try await server.read(into: buffer) > 0 {}
            return buffer.take()
        }
        #expect(String(decoding: received, as: UTF8.self) == "first second")
    }

    @Test func anInterruptionReachesTheWaitingAndTheNextRead() async throws {
        try await withPair { client, server in
            let buffer = ByteBuffer()
            let timer = loop.schedule(afterNanoseconds: 5_000_000) { server.interruptRead(.timeout) }
            let waiting = await failure { () async throws(IOError) in _ = try await server.read(into: buffer) }
            #expect(waiting == .timeout && !timer.isArmed)
            server.interruptRead(.timeout)
            let next = await failure { () async throws(IOError) in _ = try await server.read(into: buffer) }
            #expect(next == .timeout)
            client.write([1])
            let count = try await server.read(into: buffer)
            #expect(count == 1)
        }
    }

    @Test func closingWakesTheReaderAndTheWriter() async throws {
        try await withPair { client, server in
            client.write([UInt8](repeating: 1, count: 32 << 20))
            let writer = Task(executorPreference: loop) { await failure { () async throws(IOError) in try await client.flush() } }
            let reader = Task(executorPreference: loop) {
                await failure { () async throws(IOError) in _ = try await client.read(into: ByteBuffer()) }
            }
            // Both get as far as they can.
            for _ in 0..<20 { await Task.yield() }
            client.close()
            #expect(await writer.value == .closed)
            #expect(await reader.value == .closed)
            _ = server
        }
    }

    @Test func aDataAndEndInOneEdgeAreBothSeen() async throws {
        try await withPair { client, server in
            for _ in 0..<20 { client.write([9]) }
            try await client.flush()
            client.finishWriting()
            let buffer = ByteBuffer()
            var reads = 0
            while try await server.read(into: buffer) > 0 { reads += 1 }
            #expect(buffer.count == 20 && reads >= 1)
        }
    }

    @Test func aRefusedConnectionSaysSo() async throws {
        let error = try await loop.run {
            await failure { () async throws(IOError) in
                let stream = try await Stream.connect(to: SocketAddress(literal: "127.0.0.1", port: 1)!, timeoutNanoseconds: 20_000_000_000)
                stream.close()
            }
        }
        #expect(error?.code == .refused)
    }

    @Test func aPortInUseIsReported() async throws {
        let first = try await Listener.listen(on: SocketAddress(literal: "127.0.0.1", port: 0)!, group: group) { $0.close() }
        await #expect(throws: IOError.self) {
            _ = try await Listener.listen(on: first.address, group: group) { $0.close() }
        }
        try await loop.run { first.listeners[0].close() }
    }

    @Test func unixSocketsWork() async throws {
        let path = "/tmp/tiketi-stream-\(UUID()).sock"
        let accepted = LoopPromise<Stream>()
        let listening = try await Listener.listen(on: .unix(path: path), group: group) { accepted.succeed($0) }
        try await loop.run {
            let client = try await Stream.connect(to: .unix(path: path), timeoutNanoseconds: 20_000_000_000)
            let server = await accepted.value()
            client.write(Array("ping".utf8))
            let buffer = ByteBuffer()
            let count = try await server.read(into: buffer)
            #expect(count == 4)
            client.close()
            server.close()
            listening.listeners[0].close()
        }
    }
}
