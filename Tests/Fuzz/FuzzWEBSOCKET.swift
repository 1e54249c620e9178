// libFuzzer target: WebSocket frames. Whatever the split, the events and the verdict are the same; no limit is passed; text is UTF-8.
// Built by scripts/fuzz from the decoder's own files, without the rest of the package.

/// A broken promise: libFuzzer reports the input.
func require(_ condition: Bool, _ promise: StaticString) {
    if !condition { fatalError("broken promise: \(promise)") }  // Crashing is how a fuzz target reports.
}

let limit = 4096

func read(_ bytes: [UInt8], step: Int, _ role: WebSocketDecoder.Role, compression: Bool) -> (
    events: [WebSocketEvent], error: WebSocketError.Code?
) {
    var configuration = WebSocketConfiguration()
    configuration.maximumMessageBytes = limit
    configuration.maximumFragments = 8
    var decoder = WebSocketDecoder(role: role, configuration: configuration, compression: compression)
    var events: [WebSocketEvent] = []
    var start = 0
    while start < bytes.count {
        let piece = Array(bytes[start..<min(bytes.count, start + step)])
        start += piece.count
        var position = 0
        do throws(WebSocketError) {
            while let event = try decoder.next(piece.span, &position) {
                require(position <= piece.count, "no byte is used that did not come")
                events.append(event)
                if case .close = event { return (events, nil) }
            }
            require(position == piece.count, "everything is used")
        } catch {
            return (events, error.code)
        }
    }
    return (events, nil)
}

func check(_ event: WebSocketEvent) {
    switch event {
    case .message(let message):
        require(message.bytes.count <= limit, "messages keep their limit")
        if message.kind == .text { require(UTF8Validator.isValid(message.bytes), "text is UTF-8") }
        // What was read can be written and read again.
        let frame = WebSocketEncoder.frame(message.kind == .text ? .text : .binary, message.bytes, mask: 0x1234_5678)
        require(read(frame, step: frame.count, .server, compression: false).events == [event], "messages round trip")
    case .ping(let payload), .pong(let payload): require(payload.count <= 125, "control frames are short")
    case .close(let code, _): require(code?.isAllowedOnWire ?? true, "close codes may stand on the wire")
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> Int32 {
    guard size > 1 else { return 0 }
    let role: WebSocketDecoder.Role = data[0] & 64 == 0 ? .server : .client
    let compression = data[0] & 128 != 0
    let bytes = Array(UnsafeBufferPointer(start: data + 1, count: size - 1))
    let whole = read(bytes, step: bytes.count, role, compression: compression)
    let pieces = read(bytes, step: 1 + Int(data[0] & 63), role, compression: compression)
    require(whole.events == pieces.events, "splits do not change events")
    // A message that is both too big and not UTF-8 may be found out for either first; that it is refused is the same.
    require((whole.error == nil) == (pieces.error == nil), "splits do not change the verdict")
    for event in whole.events { check(event) }
    return 0
}
