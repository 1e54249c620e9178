// Messages of emitters that know nothing of our log: each is numbered and logged by the first hub that asks, and delivered in the order of
// numbers.
import DequeModule
import TiketiNet
import TiketiStore

/// Confined to its loop.
final class MessageAdoption {
    private let redis: RedisClient
    private let loop: EventLoop
    private let hub: String
    private let wire: HubWire
    private let deliver: (HubMessage, Int64?) -> Void
    /// Messages that wait for their number.
    private var pending = 0
    /// Numbered messages that came while others waited: their numbers may be higher than those still to come.
    private var waiting = Deque<(message: HubMessage, offset: Int64)>()

    init(_ redis: RedisClient, loop: EventLoop, hub: String, wire: HubWire, deliver: @escaping (HubMessage, Int64?) -> Void) {
        self.redis = redis
        self.loop = loop
        self.hub = hub
        self.wire = wire
        self.deliver = deliver
    }

    /// A message with a number.
    func pass(_ message: HubMessage, _ offset: Int64) {
        if pending == 0 { deliver(message, offset) } else { waiting.append((message, offset)) }
    }

    /// A message without one. `floor`: the last offset before its channel was subscribed.
    func adopt(_ message: HubMessage, _ payload: [UInt8], floor: Int64) {
        pending += 1
        let streams = EventLog.streams(message.namespace, message.target.rooms)
        let keys = [EventLog.counter, history(of: payload, in: wire.channel(of: message))] + streams
        let arguments: [RedisArgument] = [
            .bytes(wire.encodedWithoutOffset(message)), RedisArgument(EventLog.entries), .string(hub), .integer(floor),
        ]
        // Calls run in the order they were made: one connection, and by source, for one repeated because its script was unknown would fall
        // behind the next.
        let command = EventLog.adopt.command(keys: keys.map { .string($0) }, arguments: arguments, byHash: false)
        // The task runs on `loop`, to which this object is confined.
        nonisolated(unsafe) let adoption = self
        loop.spawn {
            let answer = try? await adoption.redis.send(command)
            adoption.adopted(message, answer?.int)
        }
    }

    private func adopted(_ message: HubMessage, _ offset: Int64?) {
        pending -= 1
        while let first = waiting.first, pending == 0 || first.offset < offset ?? 0 {
            if let offset, first.offset > offset { break }
            waiting.removeFirst()
            deliver(first.message, first.offset)
        }
        deliver(message, offset)
        while pending == 0, let next = waiting.popFirst() { deliver(next.message, next.offset) }
    }

    /// A name that every hub gives messages of these bytes.
    private func history(of payload: [UInt8], in channel: String) -> String {
        var digest = Digest()
        digest.add(Array(channel.utf8))
        digest.add(payload)
        return "tiketi:live:adopted:\(digest.text)"
    }

    /// Two FNV-1a sums of 64 bits with different beginnings: the same in every process, and not meant against forgers, who could simply
    /// publish.
    private struct Digest {
        var first: UInt64 = 0xcbf2_9ce4_8422_2325
        var second: UInt64 = 0x9ae1_6a3b_2f90_404f

        mutating func add(_ bytes: [UInt8]) {
            for byte in bytes {
                first = (first ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
                second = (second ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
            }
            second = second &* 31 &+ UInt64(bytes.count)
        }

        var text: String { String(first, radix: 16) + String(second, radix: 16) }
    }
}
