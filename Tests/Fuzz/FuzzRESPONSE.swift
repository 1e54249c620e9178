// libFuzzer target: response heads and bodies as the HTTP client reads them. Whatever the split, the outcome is the same.
// Built by scripts/fuzz from the parser's own files, without the rest of the package.

/// A broken promise: libFuzzer reports the input.
func require(_ condition: Bool, _ promise: StaticString) {
    if !condition { fatalError("broken promise: \(promise)") }  // Crashing is how a fuzz target reports.
}

/// What became of a stream that holds one response.
enum Outcome: Equatable {
    case incomplete
    case refused
    case response(status: Int, fields: [UInt8], keepAlive: Bool, body: [UInt8], whole: Bool, broken: Bool)
}

func checkHead(_ head: ResponseHead) {
    require((100...999).contains(head.status.code), "statuses have three digits")
    var lengths = 0
    var count = 0
    head.headers.forEachField { name, value in
        count += 1
        require(HTTPHeaders.isToken(name), "names are tokens")
        require(value.allSatisfy { $0 >= 32 && $0 != 127 || $0 == 9 }, "values have no control characters")
        if HTTPHeaders.equal(name, "content-length") || HTTPHeaders.equal(name, "transfer-encoding") { lengths += 1 }
    }
    require(count == head.headers.count && count <= 20, "fields are counted")
    require(lengths <= 1, "there is one framing")
    if head.status.forbidsBody { require(head.framing == .none, "no body where none can be") }
}

/// Reads the stream in pieces of `step` bytes, and the body in pieces of at most `limit`.
func read(_ bytes: UnsafeRawBufferPointer, step: Int, limit: Int, forHead: Bool) -> Outcome {
    var parser = ResponseParser(maxHead: 1024, maxHeaders: 20)
    var end = 0
    var used = 0
    var head: ResponseHead?
    var state = ResponseBodyState(.none)
    var body: [UInt8] = []
    func outcome(broken: Bool) -> Outcome {
        guard let head else { return .incomplete }
        return .response(
            status: head.status.code, fields: head.headers.storage, keepAlive: head.keepAlive, body: broken ? [] : body,
            whole: state.isComplete,
            broken: broken)
    }
    while end < bytes.count {
        end = min(bytes.count, end + step)
        if head == nil {
            do throws(HTTPClientError) {
                guard let (found, length) = try parser.parse(UnsafeRawBufferPointer(rebasing: bytes[0..<end]), forHead: forHead) else {
                    continue
                }
                require(length <= end, "a head is no longer than what came")
                checkHead(found)
                head = found
                state = ResponseBodyState(found.framing)
                used = length
            } catch {
                return .refused
            }
        }
        do throws(HTTPBodyError) {
            while used < end, !state.isComplete {
                let (piece, count) = try state.take(UnsafeRawBufferPointer(rebasing: bytes[used..<end]), limit: limit)
                require(count <= end - used && piece.count <= limit, "no byte is used twice, and limits hold")
                require(count > 0 || state.isComplete, "there is progress")
                used += count
                body += piece
            }
        } catch {
            return outcome(broken: true)
        }
    }
    return outcome(broken: false)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> Int32 {
    guard size > 1 else { return 0 }
    let step = 1 + Int(data[0] & 63)
    let forHead = data[0] & 64 != 0
    let bytes = UnsafeRawBufferPointer(start: data + 1, count: size - 1)
    let whole = read(bytes, step: bytes.count, limit: .max, forHead: forHead)
    let pieces = read(bytes, step: step, limit: 1 + step / 2, forHead: forHead)
    require(whole == pieces, "splits do not matter")
    return 0
}
