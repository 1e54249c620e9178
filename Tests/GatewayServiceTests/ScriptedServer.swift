// A server of another company, as a test wants it: what it is asked is remembered, what it answers is a list.
import TiketiNet

@testable import GatewayService

final class ScriptedServer: Sendable {
    struct Seen: Sendable {
        var method: String
        var target: String
        var headers: HTTPHeaders
        var body: [UInt8]
    }

    private let server: HTTPServer
    let port: Int
    private let log: Locked<[Seen]>
    private let answers: Locked<[HTTPResponse]>

    var seen: [Seen] { log.withLock { $0 } }
    var url: String { "http://127.0.0.1:\(port)" }

    /// Gives the answers in turn, the last one for ever.
    static func start(_ answers: [HTTPResponse]) async throws -> ScriptedServer {
        let log = Locked<[Seen]>([])
        let left = Locked(answers)
        let server = HTTPServer(group: .shared, configuration: HTTPServerConfiguration()) { request in
            let body = (try? await request.body.collect(upTo: 64 << 20)) ?? []
            log.withLock {
                $0.append(Seen(method: request.method.rawValue, target: request.target, headers: request.headers, body: body))
            }
            return left.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
        }
        return ScriptedServer(server, try await server.start(host: "127.0.0.1", port: 0), log, left)
    }

    private init(_ server: HTTPServer, _ port: Int, _ log: Locked<[Seen]>, _ answers: Locked<[HTTPResponse]>) {
        self.server = server
        self.port = port
        self.log = log
        self.answers = answers
    }

    func answer(_ next: [HTTPResponse]) { answers.withLock { $0 = next } }

    func stop() async { await server.stop() }

    static func text(_ status: Int, _ text: String = "") -> HTTPResponse {
        HTTPResponse(status: HTTPStatus(status), body: .bytes(Array(text.utf8)))
    }

    /// A refusal as S3 writes it.
    static func fault(_ status: Int, _ code: String) -> HTTPResponse {
        text(status, "<?xml version=\"1.0\"?><Error><Code>\(code)</Code><Message>no</Message></Error>")
    }
}
