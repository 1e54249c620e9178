// A private redis-server on a Unix socket in a temporary directory: nothing is shared with other tests, nothing survives the run.
import Glibc
import TiketiNet
import TiketiStore

/// A real Redis for tests, which may be killed, stopped, restarted and frozen at will.
public final class TestRedis: Sendable {
    private let directory: TemporaryDirectory
    private let arguments: [String]
    private let process: Locked<TestProcess?>

    /// The TCP port, or 0 when only the Unix socket is served.
    let port: Int
    /// The port that speaks TLS, or 0.
    public let tlsPort: Int
    /// The server's Unix socket.
    public var socketPath: String { directory.path + "/redis.sock" }
    /// What `REDIS_URL` takes.
    public var url: String { "unix://\(socketPath)" }
    /// How a client reaches it, over the Unix socket.
    public var configuration: RedisConfiguration { RedisConfiguration(endpoint: .unix(path: socketPath)) }

    /// Starts a server and waits until it answers.
    /// - Parameters:
    ///   - port: a TCP port to serve as well.
    ///   - arguments: more of redis-server's own, such as `["--requirepass", "secret"]`.
    public convenience init(port: Int = 0, arguments: [String] = []) async throws {
        try await self.init(port: port, arguments: arguments, tlsPort: 0)
    }

    private init(port: Int = 0, arguments: [String], tlsPort: Int) async throws {
        self.tlsPort = tlsPort
        directory = try TemporaryDirectory("tiketi-redis")
        self.port = port
        self.arguments = arguments
        process = Locked(nil)
        try await start()
    }

    /// Starts a server that also serves TLS on 127.0.0.1, on a port of its own.
    public convenience init(tls identity: TestCertificates.Identity, caFile: String, arguments: [String] = []) async throws {
        let tlsPort = try TestPostgres.freePort()
        try await self.init(
            arguments: [
                "--tls-port", "\(tlsPort)", "--tls-cert-file", identity.certificateFile, "--tls-key-file", identity.keyFile,
                "--tls-ca-cert-file",
                caFile, "--tls-auth-clients", "no",
            ] + arguments, tlsPort: tlsPort)
    }

    /// Starts the server again after `stop` or `kill`.
    public func start() async throws {
        let command =
            [
                "redis-server", "--port", "\(port)", "--bind", "127.0.0.1", "--unixsocket", socketPath, "--dir", directory.path, "--save",
                "", "--appendonly", "no",
            ]
            + arguments
        let started = try TestProcess(command, log: directory.path + "/redis.log")
        process.withLock { $0 = started }
        let path = socketPath
        try await BlockingPool(name: "redis-start", threads: 1, queueLimit: 1).run {
            // A starting process gives no event to wait for; its socket accepts within milliseconds.
            for _ in 0..<2000 {
                if Self.accepts(path) { return }
                usleep(5000)
            }
            throw TestProcess.Failure(description: "redis-server did not start")
        }
    }

    /// Ends it in mid-sentence.
    public func kill() { process.withLock { $0 }?.stop(SIGKILL) }
    /// Freezes it: connections stay open and nothing answers.
    public func freeze() { process.withLock { $0 }?.signal(SIGSTOP) }
    /// Lets a frozen server go on.
    public func thaw() { process.withLock { $0 }?.signal(SIGCONT) }

    private static func accepts(_ path: String) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { target in
            for (index, byte) in path.utf8.prefix(target.count - 1).enumerated() { target[index] = byte }
        }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        } == 0
    }
}
