// Answers for what never becomes a request.

/// The answers that the server gives by itself, before or instead of any handler: the product's JSON error envelope (spec §3).
enum HTTPErrorPage {
    /// - Parameter fields: What every such answer carries besides (`HTTPServerConfiguration.ownAnswerFields`).
    static func response(_ rejection: RequestRejection, _ fields: HTTPHeaders) -> HTTPResponse {
        let id = UUID().description
        var headers = HTTPHeaders(capacity: 128)
        headers.add("Content-Type", "application/json; charset=utf-8")
        headers.add("X-Request-Id", id)
        if rejection.status == 503 { headers.add("Retry-After", "1") }
        headers.add(contentsOf: fields)
        // The messages are constants without anything that JSON would have to escape.
        let text = "{\"success\":false,\"error\":\"\(rejection.message)\",\"code\":\"\(rejection.code)\",\"requestId\":\"\(id)\"}"
        return HTTPResponse(status: HTTPStatus(rejection.status), headers: headers, body: .bytes(Array(text.utf8)))
    }
}
