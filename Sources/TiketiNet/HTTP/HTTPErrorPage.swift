/// The answers that the server gives by itself, before or instead of any handler: the product's JSON error envelope (spec §3).
enum HTTPErrorPage {
    static func response(_ rejection: RequestRejection) -> HTTPResponse {
        let id = UUID().description
        var headers = HTTPHeaders(capacity: 128)
        headers.add("Content-Type", "application/json; charset=utf-8")
        headers.add("X-Request-Id", id)
        if rejection.status == 503 { headers.add("Retry-After", "1") }
        // The messages are constants without anything that JSON would have to escape.
        let text = "{\"success\":false,\"error\":\"\(rejection.message)\",\"code\":\"\(rejection.code)\",\"requestId\":\"\(id)\"}"
        return HTTPResponse(status: HTTPStatus(rejection.status), headers: headers, body: .bytes(Array(text.utf8)))
    }
}
