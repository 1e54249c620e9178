// The fields that protect a browser's user, on every answer, from this one place (`docs/specification.md` §10, Headers).
import TiketiCore
import TiketiNet

/// What a browser may do with the gateway's pages, made once at the start.
struct SecurityHeaders: Sendable {
    private let always: HTTPHeaders

    init(_ settings: ContentSources, isProduction: Bool) {
        var fields = HTTPHeaders(capacity: 1024)
        fields.add("Content-Security-Policy", settings.policy)
        fields.add("X-Content-Type-Options", "nosniff")
        fields.add("X-Frame-Options", "DENY")
        // Google's and Toss's scripts ask for the origin; paths, which may hold ids, stay here.
        fields.add("Referrer-Policy", "strict-origin-when-cross-origin")
        // TLS ends before the gateway; a browser believes this field over https alone (RFC 6797 §8.1).
        if isProduction { fields.add("Strict-Transport-Security", "max-age=31536000") }
        always = fields
    }

    /// The fields of the answers that the HTTP server gives by itself. They are about one request each, so nobody keeps them.
    var ofOwnAnswers: HTTPHeaders {
        var fields = always
        fields.add("Cache-Control", "no-store")
        return fields
    }

    func apply(to response: inout HTTPResponse, of request: HTTPRequest) {
        guard response.status != .switchingProtocols else { return }
        response.headers.add(contentsOf: always)
        if !response.headers.contains("cache-control"), Self.isPersonal(request) { response.headers.add("Cache-Control", "no-store") }
    }

    /// Answers to somebody, and answers to what changes something: tokens, names, reservations.
    private static func isPersonal(_ request: HTTPRequest) -> Bool {
        if request.headers.contains("authorization") || request.headers.contains("cookie") { return true }
        if request.method != .get, request.method != .head { return true }
        return request.target.hasPrefix("/api/auth/") || request.target.hasPrefix("/api/admin/")
    }
}

/// Where the web app may load from: its own origin, and the hosts of what is configured.
struct ContentSources: Sendable {
    var usesToss = false
    var usesGoogle = false
    /// The public origin for WebSockets (`wss://tickets.example`), for browsers whose 'self' does not cover them.
    var socketOrigin: String?
    /// Posters by plain http, and sockets of a local server under another name: for development.
    var isDevelopment = false

    /// Content Security Policy Level 3. JSON-LD stands in the page as a data block, which no policy for scripts is about.
    var policy: String {
        var script = "script-src 'self'"
        var style = "style-src 'self'"
        var connect = "connect-src 'self'"
        var frame = "frame-src"
        var form = "form-action 'self'"
        if let socketOrigin { connect += " \(socketOrigin)" }
        if isDevelopment { connect += " ws://localhost:* ws://127.0.0.1:*" }
        if usesToss {
            script += " https://js.tosspayments.com"
            connect += " https://*.tosspayments.com"
            frame += " https://*.tosspayments.com"
            form += " https://*.tosspayments.com"
        }
        if usesGoogle {
            // As Google's documents of Sign in with Google list them.
            script += " https://accounts.google.com/gsi/client"
            style += " https://accounts.google.com/gsi/style"
            connect += " https://accounts.google.com/gsi/"
            frame += " https://accounts.google.com/gsi/"
        }
        if frame == "frame-src" { frame += " 'none'" }
        // Posters come from wherever the organiser keeps them.
        let image = "img-src 'self' data: blob: https:" + (isDevelopment ? " http:" : "")
        return [
            "default-src 'self'", script, style, image, connect, frame, form, "object-src 'none'", "base-uri 'self'",
            "frame-ancestors 'none'",
        ].joined(separator: "; ")
    }
}
