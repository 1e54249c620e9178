// Certificates made by the openssl command in a temporary directory: one authority, and what it signed.
import Glibc
import TiketiNet

/// A throw-away certificate authority for TLS tests.
public final class TestCertificates: Sendable {
    /// A server's certificate with its key.
    public struct Identity: Sendable {
        /// PEM file of the certificate.
        public let certificateFile: String
        /// PEM file of its private key.
        public let keyFile: String
    }

    private let directory: TemporaryDirectory
    /// PEM file of the authority's own certificate: what a client trusts.
    public var caFile: String { directory.path + "/ca.pem" }
    private static let thread = BlockingPool(name: "openssl", threads: 1, queueLimit: 64)

    /// Makes an authority of its own with the `openssl` command; its files go with the object.
    public init() async throws {
        let directory = try TemporaryDirectory("tiketi-tls")
        self.directory = directory
        try await Self.openssl(
            directory,
            ["req", "-x509"] + Self.newKey + [
                "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test Authority", "-days", "2", "-addext",
                "basicConstraints=critical,CA:TRUE",
            ])
    }

    /// Makes a key and has it certified.
    /// - Parameters:
    ///   - names: subject alternative names in OpenSSL's form, such as `DNS:localhost` and `IP:127.0.0.1`.
    ///   - days: validity; negative for a certificate that has expired.
    public func identity(_ name: String, names: [String], days: Int = 2) async throws -> Identity {
        try await Self.openssl(
            directory, ["req"] + Self.newKey + ["-keyout", "\(name).key", "-out", "\(name).csr", "-subj", "/CN=\(name)"])
        try Self.write("subjectAltName=\(names.joined(separator: ","))\n", directory.path + "/\(name).ext")
        try await Self.openssl(
            directory,
            [
                "x509", "-req", "-in", "\(name).csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "\(days)",
                "-extfile",
                "\(name).ext", "-out", "\(name).pem",
            ])
        return Identity(certificateFile: directory.path + "/\(name).pem", keyFile: directory.path + "/\(name).key")
    }

    private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

    private static func openssl(_ directory: TemporaryDirectory, _ arguments: [String]) async throws {
        let files = ["pem", "key", "csr", "ext"]
        let command =
            ["openssl"] + arguments.map { word in files.contains { word.hasSuffix(".\($0)") } ? "\(directory.path)/\(word)" : word }
        let log = directory.path + "/openssl.log"
        let status = try await thread.run { try TestProcess(command, log: log).waitForEnd() }
        guard status == 0 else { throw TestProcess.Failure(description: "openssl \(arguments.joined(separator: " ")): status \(status)") }
    }

    private static func write(_ text: String, _ path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { throw TestProcess.Failure(description: "\(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { throw TestProcess.Failure(description: path) }
    }
}
