// libFuzzer target: request heads and bodies. Whatever the split, the outcome is the same, and nothing unsafe is ever accepted.
// Built by scripts/fuzz from the parser's own files, without the rest of the package.

/// A broken promise: libFuzzer reports the input.
func require(_ condition: Bool, _ promise: StaticString) {
    if !condition { fatalError("broken promise: \(promise)") }  // Crashing is how a fuzz target reports.
}

enum Summary: Equatable {
    case incomplete
    case rejected
    case accepted(length: Int, target: String, fields: [UInt8], framing: RequestFraming, keepAlive: Bool)

    init(_ outcome: RequestParser.Outcome) {
        switch outcome {
        case .incomplete: self = .incomplete
        case .rejected: self = .rejected
        case .head(let head, let length):
            self = .accepted(
                length: length, target: head.target, fields: head.headers.storage, framing: head.framing, keepAlive: head.keepAlive)
        }
    }
}

func checkHead(_ head: RequestHead) {
    require(head.target.utf8.allSatisfy { $0 > 32 && $0 < 127 }, "targets are visible ASCII")
    require(head.target.utf8.first == 47 || head.target == "*", "targets are in origin form")
    require(head.queryMark < 0 || Array(head.target.utf8)[head.queryMark] == 63, "the query mark is one")
    var hosts = 0
    var lengths = 0
    var count = 0
    head.headers.forEachField { name, value in
        count += 1
        require(HTTPHeaders.isToken(name), "names are tokens")
        require(value.allSatisfy { $0 >= 32 && $0 != 127 || $0 == 9 }, "values have no control characters")
        require(value.first != 32 && value.first != 9 && value.last != 32 && value.last != 9, "values are trimmed")
        if HTTPHeaders.equal(name, "host") { hosts += 1 }
        if HTTPHeaders.equal(name, "content-length") || HTTPHeaders.equal(name, "transfer-encoding") { lengths += 1 }
    }
    require(count == head.headers.count && count <= 100, "fields are counted")
    require(hosts == 1 || head.minorVersion == 0 && hosts == 0, "there is one host")
    require(lengths <= 1, "there is one framing")
}

/// The parser's answer when the bytes come in pieces.
func parseSplit(_ bytes: UnsafeRawBufferPointer, step: Int) -> Summary {
    var parser = RequestParser(maxRequestLine: 256, maxHead: 1024, maxHeaders: 100)
    var end = 0
    while true {
        end = min(bytes.count, end + step)
        let outcome = Summary(parser.parse(UnsafeRawBufferPointer(rebasing: bytes[0..<end])))
        if outcome != .incomplete || end == bytes.count { return outcome }
    }
}

func decodeBody(_ bytes: UnsafeRawBufferPointer, _ framing: RequestFraming, step: Int) -> (
    body: [UInt8], used: Int, ended: Bool, failed: Bool
) {
    var state = RequestBodyState(framing, limit: 4096)
    var body: [UInt8] = []
    var used = 0
    var end = 0
    do throws(HTTPBodyError) {
        while !state.isComplete {
            end = min(bytes.count, max(end, used) + step)
            let (piece, count) = try state.take(UnsafeRawBufferPointer(rebasing: bytes[used..<end]))
            require(count <= end - used, "no byte is used twice")
            body += piece
            used += count
            if end == bytes.count { break }
        }
        return (body, used, state.isComplete, false)
    } catch {
        return (body, used, false, true)
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> Int32 {
    guard size > 1 else { return 0 }
    let step = 1 + Int(data[0] & 63)
    let bytes = UnsafeRawBufferPointer(start: data + 1, count: size - 1)
    var parser = RequestParser(maxRequestLine: 256, maxHead: 1024, maxHeaders: 100)
    let outcome = parser.parse(bytes)
    let whole = Summary(outcome)
    let split = parseSplit(bytes, step: step)
    // In pieces a hopeless head may be refused before its end is here; everything else must be equal.
    require(whole == split || whole == .incomplete && split == .rejected, "splits do not matter")
    guard case .head(let head, let length) = outcome else { return 0 }
    checkHead(head)
    let rest = UnsafeRawBufferPointer(rebasing: bytes[length...])
    let once = decodeBody(rest, head.framing, step: rest.count + 1)
    let pieces = decodeBody(rest, head.framing, step: step)
    require(once.ended == pieces.ended && once.failed == pieces.failed, "a body ends the same in any split")
    if !once.failed { require(once.body == pieces.body && once.used == pieces.used, "a body is the same in any split") }
    return 0
}
