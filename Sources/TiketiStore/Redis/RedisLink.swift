// A connected, introduced stream to Redis with its parser; what client and subscriber have in common.
import TiketiNet

/// Confined to the loop it was opened on.
final class RedisLink {
    let stream: any ByteStream
    private let buffer = ByteBuffer()
    private var parser = RESPParser()

    private init(_ stream: any ByteStream) {
        self.stream = stream
    }

    /// Connects, and sends AUTH, SELECT and PING; all within the connect deadline.
    static func open(_ configuration: RedisConfiguration, _ trust: TLSTrust?, loop: EventLoop) async throws(RedisError) -> RedisLink {
        let stream: any ByteStream
        do throws(IOError) {
            stream = try await connect(configuration, trust)
        } catch {
            throw RedisError(.unavailable, "connecting to Redis: \(error)")
        }
        let link = RedisLink(stream)
        let deadline = loop.schedule(after: configuration.connectTimeout) { stream.interruptRead(.timeout) }
        defer { deadline.cancel() }
        do throws(RedisError) {
            try await link.introduce(configuration)
        } catch {
            stream.close()
            throw error.code == .connectionLost ? RedisError(.unavailable, error.message) : error
        }
        return link
    }

    private static func connect(_ configuration: RedisConfiguration, _ trust: TLSTrust?) async throws(IOError) -> any ByteStream {
        let timeout = configuration.connectTimeout.nanoseconds
        switch configuration.endpoint {
        case .unix(let path): return try await Stream.connect(to: .unix(path: path), timeoutNanoseconds: timeout)
        case .tcp(let host, let port):
            let context = try await trust?.context()
            let stream = try await NameCache.shared.connect(host, port: port, timeoutNanoseconds: timeout)
            guard let context else { return stream }
            return try await TLSStream.client(over: stream, host: host, context: context, alpn: false, timeoutNanoseconds: timeout)
        }
    }

    private func introduce(_ configuration: RedisConfiguration) async throws(RedisError) {
        var commands: [[RedisArgument]] = []
        if let password = configuration.password {
            commands.append(configuration.username.map { ["AUTH", .string($0), .string(password)] } ?? ["AUTH", .string(password)])
        }
        if configuration.database != 0 { commands.append(["SELECT", RedisArgument(configuration.database)]) }
        commands.append(["PING"])  // a server that is still loading its data answers with an error here
        write(commands)
        var answered = 0
        while answered < commands.count {
            while answered < commands.count, let message = try next() {
                guard case .reply(let value) = message else { continue }
                if case .error(let text) = value { throw RedisError(.unavailable, text) }
                answered += 1
            }
            if answered < commands.count { try await fill() }
        }
    }

    func write(_ commands: [[RedisArgument]]) {
        var bytes: [UInt8] = []
        for command in commands { encodeRESP(command, into: &bytes) }
        stream.write(bytes)
    }

    /// Waits for more bytes.
    func fill() async throws(RedisError) {
        let count: Int
        do throws(IOError) { count = try await stream.read(into: buffer) } catch {
            throw RedisError(.connectionLost, "Redis connection: \(error)")
        }
        if count == 0 { throw RedisError(.connectionLost, "Redis closed the connection") }
    }

    /// The next message among the bytes that are here.
    func next() throws(RedisError) -> RESPMessage? {
        guard !buffer.isEmpty else { return nil }
        do throws(RESPError) {
            var used = 0
            let message = try buffer.withSpan { (bytes) throws(RESPError) in try parser.next(bytes, &used) }
            buffer.consume(used)
            return message
        } catch {
            throw RedisError(.malformed, "Redis protocol: \(error.reason)")
        }
    }
}
