// One log line for each answered request, written as bytes straight into the sink: no metadata dictionaries, no formatting by String.

import Logging
import TiketiJSON
import TiketiNet

/// Which requests are logged.
enum AccessLogMode: String, Sendable, CaseIterable {
    case all, errors, off
}

/// The access log of one service.
public struct AccessLog: Sendable {
    private let sink: LogSink
    private let service: String
    private let mode: AccessLogMode

    init(service: String, mode: AccessLogMode = .all, sink: LogSink = .standardOutput) {
        self.service = service
        self.mode = mode
        self.sink = sink
    }

    internal func record(_ context: RequestContext, status: Int, nanoseconds: UInt64) {
        guard mode == .all || (mode == .errors && status >= 400) else { return }
        var writer = JSONWriter(capacity: 384)
        writer.beginObject()
        writer.member("level", status >= 500 ? "error" : "info")
        writer.member("message", "request")
        writer.member("timestamp", Timestamp.now())
        writer.member("service", service)
        writer.member("requestId", context.requestID)
        if let traceID = context.traceID { writer.member("traceId", traceID) }
        writer.member("method", context.method.rawValue)
        writer.member("route", context.route)
        // The query may hold what nobody should read in a log.
        writer.key("path")
        writer.value(prefix: 256, ofPath: context.request.target)
        writer.member("status", status)
        writer.key("durationMs")
        writer.value(thousandths: nanoseconds / 1000)
        if let user = context.knownPrincipal { writer.member("userId", user.userID) }
        if let address = context.clientAddress { writer.member("client", address) }
        writer.endObject()
        var line = writer.finish()
        line.append(0x0A)
        sink.write(line)
    }
}
