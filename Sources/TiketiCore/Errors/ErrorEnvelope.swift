// Turns any error into the one shape clients know (spec §3); what is not meant for them is logged, never sent.

import Logging
import TiketiNet
import TiketiStore

/// The JSON of every failed answer (docs/specification.md §3).
public enum ErrorEnvelope {
    /// The answer for `error`, also logged when it is our own fault.
    internal static func response(for error: any Error, _ context: RequestContext) -> HTTPResponse {
        let known = apiError(for: error)
        if let known, known.status.code != 500 {
            if !(error is APIError), known.status.code > 500 {
                context.logger.warning("request failed", metadata: ["route": "\(context.route)", "reason": "\(error)"])
            }
            return response(known, context)
        }
        context.logger.error("unexpected error", metadata: ["route": "\(context.route)", "reason": "\(error)"])
        return response(known ?? .internal, context)
    }

    /// The envelope in the language that the client reads.
    private static func response(_ error: APIError, _ context: RequestContext) -> HTTPResponse {
        var response = response(error, requestID: context.requestID, language: context.language)
        response.headers.add("Vary", "Accept-Language")
        return response
    }

    /// The envelope itself, for answers made outside a router. The `code` is the same in every language.
    public static func response(_ error: APIError, requestID: String, language: Language = .english) -> HTTPResponse {
        var response = HTTPResponse.json(error.status) { writer in
            writer.object {
                $0.member("success", false)
                $0.member("error", language == .korean ? KoreanErrors.text(error.code) ?? error.message : error.message)
                $0.member("code", error.code)
                $0.member("requestId", requestID)
                if !error.details.isEmpty {
                    $0.array("details", error.details) { writer, detail in
                        writer.object {
                            $0.member("field", detail.field)
                            $0.member("message", detail.message)
                        }
                    }
                }
                error.extra?(&$0)
            }
        }
        for (name, value) in error.headers { response.headers.add(name, value) }
        return response
    }

    /// What an error means to a client; nil when it means nothing but a bug.
    internal static func apiError(for error: any Error) -> APIError? {
        switch error {
        case let error as APIError: error
        case let error as any APIErrorConvertible: error.apiError
        case let error as HTTPBodyError: bodyError(error)
        case is CancellationError: .unavailable(retryAfter: 1, "The server is shutting down")
        default: dependencyError(error)
        }
    }

    private static func bodyError(_ error: HTTPBodyError) -> APIError {
        switch error.code {
        case .tooLarge: .bodyTooLarge
        case .timeout: APIError(.requestTimeout, "REQUEST_TIMEOUT", "The request body did not arrive in time")
        default: APIError(.badRequest, "MALFORMED_BODY", "The request body is broken")
        }
    }
}
