// The loop-side of a subscriber: what is wanted, what the server has confirmed, and the connection that brings the two together.
import TiketiNet

/// Sendable only so that closures on its own loop may carry it: every method runs on `loop`.
final class RedisSubscription: @unchecked Sendable {
    enum Kind: Sendable {
        case channel, pattern
        /// A channel of sharded pub/sub (Redis 7), which has names of its own.
        case shard
    }

    private struct Name: Hashable {
        let kind: Kind
        let text: String
    }

    let loop: EventLoop
    private let configuration: RedisConfiguration
    private let trust: TLSTrust?
    private let onReconnect: @Sendable () -> Void
    private let onMessage: @Sendable (String, [UInt8]) -> Void
    private var wanted: Set<Name> = []
    /// Wanted and not yet confirmed by the server on this connection; kept, because comparing two large sets at every confirmation is not
    /// free.
    private var missing: Set<Name> = []
    private var nameWaiters: [Name: [LoopPromise<Bool>]] = [:]
    private var link: RedisLink?
    private var reconnected = false
    private var waiters: [LoopPromise<Bool>] = []
    private var task: Task<Void, Never>?
    private var isClosed = false
    private var lastHeard: UInt64 = 0
    /// The latest channel's bytes and text: streams of messages mostly come through one channel.
    private var latestChannel: (bytes: [UInt8], text: String) = ([], "")

    init(
        _ configuration: RedisConfiguration, loop: EventLoop, onReconnect: @escaping @Sendable () -> Void,
        onMessage: @escaping @Sendable (String, [UInt8]) -> Void
    ) {
        self.configuration = configuration
        trust = configuration.trust
        self.loop = loop
        self.onReconnect = onReconnect
        self.onMessage = onMessage
    }

    func start() {
        loop.preconditionOnLoop()
        guard task == nil, !isClosed else { return }
        task = loop.spawn { [self] in await run() }
    }

    func close() {
        loop.preconditionOnLoop()
        isClosed = true
        link?.stream.close()
        task?.cancel()
        finishWaiting(false)
    }

    func change(_ want: Bool, _ kind: Kind, _ names: [String]) {
        loop.preconditionOnLoop()
        let changed = names.map { Name(kind: kind, text: $0) }.filter { wanted.contains($0) != want }
        if changed.isEmpty { return }
        if want {
            wanted.formUnion(changed)
            missing.formUnion(changed)
        } else {
            wanted.subtract(changed)
            missing.subtract(changed)
            for name in changed { resolve(name, false) }
        }
        send(want, kind, changed)
        checkComplete()
    }

    func waitUntilSubscribed(_ timeout: Duration) async -> Bool {
        if isClosed { return false }
        if missing.isEmpty { return true }
        let promise = LoopPromise<Bool>()
        waiters.append(promise)
        let timer = loop.schedule(after: timeout) { promise.succeed(false) }
        defer { timer.cancel() }
        return await promise.value()
    }

    /// Subscribes to one channel and waits for the server's confirmation of that one alone.
    func subscribe(_ channel: String, _ kind: Kind, _ timeout: Duration) async -> Bool {
        if isClosed { return false }
        let name = Name(kind: kind, text: channel)
        change(true, kind, [channel])
        if !missing.contains(name) { return true }
        let promise = LoopPromise<Bool>()
        nameWaiters[name, default: []].append(promise)
        let timer = loop.schedule(after: timeout) { promise.succeed(false) }
        defer { timer.cancel() }
        return await promise.value()
    }

    private func resolve(_ name: Name, _ result: Bool) {
        for waiter in nameWaiters.removeValue(forKey: name) ?? [] { waiter.succeed(result) }
    }

    private func send(_ want: Bool, _ kind: Kind, _ names: [Name]) {
        guard let link, !names.isEmpty else { return }
        let verb: RedisArgument =
            switch kind {
            case .channel: want ? "SUBSCRIBE" : "UNSUBSCRIBE"
            case .pattern: want ? "PSUBSCRIBE" : "PUNSUBSCRIBE"
            case .shard: want ? "SSUBSCRIBE" : "SUNSUBSCRIBE"
            }
        // A cluster takes channels of one slot together only; so each goes by itself.
        if kind == .shard { return link.write(names.map { [verb, .string($0.text)] }) }
        link.write([[verb] + names.map { .string($0.text) }])
    }

    private func checkComplete() {
        guard link != nil, missing.isEmpty else { return }
        finishWaiting(true)
        if reconnected {
            reconnected = false
            onReconnect()
        }
    }

    private func finishWaiting(_ result: Bool) {
        let finished = waiters
        waiters = []
        for waiter in finished { waiter.succeed(result) }
        guard !result else { return }
        for name in Array(nameWaiters.keys) { resolve(name, false) }
    }

    // MARK: The connection

    private func run() async {
        var backoff = configuration.reconnectPauses.lowerBound
        var wasConnected = false
        while !isClosed {
            do throws(RedisError) {
                let link = try await RedisLink.open(configuration, trust, loop: loop)
                if isClosed {
                    link.stream.close()
                    return
                }
                backoff = configuration.reconnectPauses.lowerBound
                reconnected = wasConnected
                wasConnected = true
                self.link = link
                send(true, .channel, wanted.filter { $0.kind == .channel })
                send(true, .pattern, wanted.filter { $0.kind == .pattern })
                send(true, .shard, wanted.filter { $0.kind == .shard })
                checkComplete()
                try? await receive(link)
                self.link = nil
                missing = wanted
                link.stream.close()
            } catch {
                // Not there (yet): tried again below.
            }
            if isClosed { return }
            let wait = backoff * Double.random(in: 0.5...1)
            backoff = min(backoff * 2, configuration.reconnectPauses.upperBound)
            do { try await loop.sleep(for: wait) } catch { return }
        }
    }

    private func send(_ want: Bool, _ kind: Kind, _ names: Set<Name>) { send(want, kind, Array(names)) }

    private func receive(_ link: RedisLink) async throws(RedisError) {
        let heartbeat = startHeartbeat(link)
        defer { heartbeat.stop() }
        lastHeard = loop.now
        while true {
            try await link.fill()
            lastHeard = loop.now
            while let message = try link.next() {
                switch message {
                case .reply(.array(let parts)), .push(let parts): take(parts)
                case .reply: break  // an answer to PING
                }
            }
        }
    }

    private func take(_ parts: [RedisValue]) {
        guard let kind = parts.first?.bytes, parts.count >= 3 else { return }
        switch kind {
        case Self.message, Self.smessage: deliver(parts[1], parts[2])
        case Self.pmessage where parts.count >= 4: deliver(parts[2], parts[3])
        case Self.subscribe: confirm(.channel, parts[1])
        case Self.psubscribe: confirm(.pattern, parts[1])
        case Self.ssubscribe: confirm(.shard, parts[1])
        default: break
        }
    }

    private static let message = Array("message".utf8)
    private static let smessage = Array("smessage".utf8)
    private static let pmessage = Array("pmessage".utf8)
    private static let subscribe = Array("subscribe".utf8)
    private static let psubscribe = Array("psubscribe".utf8)
    private static let ssubscribe = Array("ssubscribe".utf8)

    private func deliver(_ channel: RedisValue, _ payload: RedisValue) {
        guard let name = channel.bytes, let bytes = payload.bytes else { return }
        if name != latestChannel.bytes { latestChannel = (name, String(decoding: name, as: UTF8.self)) }
        onMessage(latestChannel.text, bytes)
    }

    private func confirm(_ kind: Kind, _ name: RedisValue) {
        guard let text = name.string else { return }
        let name = Name(kind: kind, text: text)
        if missing.remove(name) == nil { return }
        resolve(name, true)
        checkComplete()
    }

    // MARK: Heartbeat

    /// Asks after every silent interval and gives the connection up when two questions stayed unanswered: a peer that vanished sends
    /// nothing at all, while a busy loop of ours is late by one interval only.
    private func startHeartbeat(_ link: RedisLink) -> RepeatingTimer {
        var asked = 0
        var heard = lastHeard
        return RepeatingTimer(loop, every: configuration.heartbeat.nanoseconds) { [unowned self, unowned link] in
            if heard != lastHeard {
                heard = lastHeard
                asked = 0
            } else if asked == 2 {
                link.stream.interruptRead(.timeout)
            } else {
                asked += 1
                link.write([["PING"]])
            }
        }
    }
}

/// Calls its body again and again until stopped. Confined to its loop.
private final class RepeatingTimer {
    private var timer: LoopTimer?

    init(_ loop: EventLoop, every interval: UInt64, _ body: @escaping () -> Void) {
        timer = loop.schedule(afterNanoseconds: interval) { [weak self] in
            body()
            self?.timer?.rearm(afterNanoseconds: interval)
        }
    }

    func stop() {
        timer?.cancel()
        timer = nil
    }
}
