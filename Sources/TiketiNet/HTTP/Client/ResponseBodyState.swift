// Where a response ends (RFC 9112 §6.3), as a value that is tested without a connection.

/// How far the body of the current response has been taken from the connection's bytes; knows nothing of sockets.
struct ResponseBodyState {
    private enum Progress {
        case complete
        case length(remaining: Int)
        case chunked(ChunkedDecoder)
        case untilClose
    }

    private var progress: Progress

    init(_ framing: ResponseFraming) {
        progress =
            switch framing {
            case .none: .complete
            case .length(let length): .length(remaining: length)
            case .chunked: .chunked(ChunkedDecoder())
            case .untilClose: .untilClose
            }
    }

    var isComplete: Bool { if case .complete = progress { true } else { false } }

    /// Takes what is there of the body, at most `limit` bytes of it; an empty piece means that more bytes are needed, or the end.
    /// - Returns: the piece, and how many of the input bytes it used.
    mutating func take(_ input: UnsafeRawBufferPointer, limit: Int) throws(HTTPBodyError) -> (piece: [UInt8], used: Int) {
        switch progress {
        case .complete: return ([], 0)
        case .length(let remaining):
            let count = min(remaining, input.count, limit)
            progress = count == remaining ? .complete : .length(remaining: remaining - count)
            return ([UInt8](UnsafeRawBufferPointer(rebasing: input[0..<count])), count)
        case .chunked(var decoder):
            progress = .complete  // keeps the decoder's state in one place while it changes
            var piece: [UInt8] = []
            piece.reserveCapacity(min(input.count, limit))
            let used = try decoder.decode(input, into: &piece, limit: limit)
            if !decoder.isDone { progress = .chunked(decoder) }
            return (piece, used)
        case .untilClose:
            let count = min(input.count, limit)
            return ([UInt8](UnsafeRawBufferPointer(rebasing: input[0..<count])), count)
        }
    }

    /// The server has finished sending.
    /// - Throws: `.closed` when something is missing: a body that is cut short must never look whole.
    mutating func finish() throws(HTTPBodyError) {
        switch progress {
        case .complete: return
        case .untilClose: progress = .complete
        case .length, .chunked: throw .closed
        }
    }
}
