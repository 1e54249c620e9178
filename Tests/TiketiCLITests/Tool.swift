// The built `tiketi` program, run as an operator runs it: arguments and environment in, output and exit status out.
import Glibc
import TiketiNet
import TiketiStore
import TiketiTesting

/// `tiketi`, which lies beside the program that runs the tests.
struct Tool {
    /// How a run ended.
    struct Outcome {
        var status: Int32
        /// Standard output and error, as they came.
        var output: String
        var lines: [Substring] { output.split(separator: "\n") }
    }

    /// The variables of every run.
    var environment: [String: String]

    init(_ environment: [String: String] = [:]) { self.environment = environment }

    /// As administrator of a test's server, with the database `name`.
    init(_ server: TestPostgres, database name: String) {
        let server = server.configuration
        environment = [
            "DB_HOST": server.host, "DB_PORT": "\(server.port)", "DB_NAME": name, "DB_ADMIN_USER": server.user,
            "DB_ADMIN_PASSWORD": server.password, "DB_SSLMODE": server.sslMode.rawValue, "MIGRATIONS_DIRECTORY": TestPostgres.migrations,
            "SEED_DIRECTORY": TestPostgres.migrations + "/../seed", "REDIS_PORT": "1",
        ]
    }

    func run(_ arguments: String..., with more: [String: String] = [:]) async throws -> Outcome {
        try await run(arguments, with: more)
    }

    func run(_ arguments: [String], with more: [String: String] = [:]) async throws -> Outcome {
        let directory = try TemporaryDirectory("tiketi-tool")
        let log = directory.path + "/output"
        let variables = environment.merging(more) { $1 }
        let status = try await Self.threads.run {
            try TestProcess([Self.program] + arguments, log: log, environment: variables).waitForEnd()
        }
        return Outcome(status: status, output: try await Self.threads.run { Self.read(log) })
    }

    private static let threads = BlockingPool(name: "tiketi-tool", threads: 4, queueLimit: 1000)

    private static let program: String = {
        var buffer = [CChar](repeating: 0, count: 4096)
        let length = max(0, readlink("/proc/self/exe", &buffer, buffer.count))
        let own = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return own.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/tiketi"
    }()

    private static func read(_ path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
