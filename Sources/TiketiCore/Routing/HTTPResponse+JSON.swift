// JSON answers: success bodies carry `"success":true`, errors the envelope of spec §3.

import TiketiJSON
import TiketiNet

extension HTTPResponse {
    private static let jsonHeaders: HTTPHeaders = ["Content-Type": "application/json; charset=utf-8"]

    /// An answer with finished JSON.
    public static func json(_ status: HTTPStatus = .ok, bytes: [UInt8]) -> HTTPResponse {
        HTTPResponse(status: status, headers: jsonHeaders, body: .bytes(bytes))
    }

    /// An answer whose one value `body` writes.
    public static func json(
        _ status: HTTPStatus = .ok, capacity: Int = 512, _ body: (inout JSONWriter) throws -> Void
    ) rethrows -> HTTPResponse {
        var writer = JSONWriter(capacity: capacity)
        try body(&writer)
        return json(status, bytes: writer.finish())
    }

    /// `{"success":true, …}` with the members that `members` writes.
    public static func success(
        _ status: HTTPStatus = .ok, capacity: Int = 512, _ members: (inout JSONWriter) throws -> Void
    ) rethrows -> HTTPResponse {
        try json(status, capacity: capacity) { writer in
            writer.beginObject()
            writer.member("success", true)
            try members(&writer)
            writer.endObject()
        }
    }

    /// `{"success":true}`.
    public static func success(_ status: HTTPStatus = .ok) -> HTTPResponse { json(status, bytes: Array(#"{"success":true}"#.utf8)) }

    /// Plain UTF-8 text.
    static func text(_ status: HTTPStatus = .ok, _ text: String) -> HTTPResponse {
        HTTPResponse(status: status, headers: ["Content-Type": "text/plain; charset=utf-8"], body: .bytes(Array(text.utf8)))
    }
}
