// The operator's tool: prepares the database, fills it for a demo, and says what is wrong with an installation.
import ArgumentParser
import Glibc

/// `tiketi`.
public struct TiketiCommand: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "tiketi",
        abstract: "Prepare and check an installation of Tiketi.",
        discussion: """
            Settings come from the environment. The administrator of the database is DB_ADMIN_URL (postgres://user:password@host:port/database), \
            or DB_ADMIN_USER (default postgres) and DB_ADMIN_PASSWORD with DB_HOST, DB_PORT, DB_NAME and DB_SSLMODE.
            """,
        subcommands: [Migrate.self, Seed.self, Doctor.self, Bench.self])

    public init() {}
}

/// Writes one line to the standard error stream.
func complain(_ line: String) {
    FileOutput.standardError.write(line + "\n")
}

/// A standard stream without Foundation.
struct FileOutput: TextOutputStream {
    let descriptor: Int32

    static var standardError: FileOutput { FileOutput(descriptor: 2) }

    func write(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 else { return }
            rest = rest.dropFirst(written)
        }
    }
}
