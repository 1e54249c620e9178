// libFuzzer target: Redis replies. Whatever the split, the messages are the same, and no limit is passed.
// Built by scripts/fuzz from the parser's own files, without the rest of the package.

/// A broken promise: libFuzzer reports the input.
func require(_ condition: Bool, _ promise: StaticString) {
    if !condition { fatalError("broken promise: \(promise)") }  // Crashing is how a fuzz target reports.
}

let limits = RESPLimits(line: 64, bulk: 256, elements: 32, depth: 4, total: 1024)

func check(_ value: RedisValue, depth: Int) {
    switch value {
    case .bulk(let bytes): require(bytes.count <= limits.bulk, "bulk strings keep their limit")
    case .array(let items):
        require(depth < limits.depth && items.count <= 2 * limits.elements, "arrays keep their limits")
        for item in items { check(item, depth: depth + 1) }
    case .null, .integer, .simple, .error: break
    }
}

func read(_ bytes: [UInt8], step: Int) -> (messages: [RESPMessage], refused: Bool, midMessage: Bool) {
    var parser = RESPParser(limits: limits)
    var messages: [RESPMessage] = []
    var start = 0
    while start < bytes.count {
        let piece = Array(bytes[start..<min(bytes.count, start + step)])
        start += piece.count
        var position = 0
        do throws(RESPError) {
            while let message = try parser.next(piece.span, &position) {
                require(position <= piece.count, "no byte is used that did not come")
                switch message {
                case .reply(let value): check(value, depth: 0)
                case .push(let items): for item in items { check(item, depth: 1) }
                }
                messages.append(message)
            }
            require(position == piece.count, "everything is used")
        } catch {
            return (messages, true, false)
        }
    }
    return (messages, false, parser.isMidMessage)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> Int32 {
    guard size > 1 else { return 0 }
    let step = 1 + Int(data[0] & 63)
    let bytes = Array(UnsafeBufferPointer(start: data + 1, count: size - 1))
    let whole = read(bytes, step: bytes.count)
    let pieces = read(bytes, step: step)
    // A line that is too long is refused when its limit is passed, in whichever piece; the messages before it are the same.
    require(whole.refused == pieces.refused && whole.midMessage == pieces.midMessage, "splits do not matter")
    require(whole.messages == pieces.messages, "splits do not change messages")
    return 0
}
