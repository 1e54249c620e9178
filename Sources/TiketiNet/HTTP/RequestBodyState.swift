// Where a request ends (RFC 9112 §6.3), as a value that is tested without a connection.

/// How far the body of the current request has been taken from the connection's bytes; knows nothing of sockets.
struct RequestBodyState {
    enum Progress {
        case complete
        case length(remaining: Int)
        case chunked(ChunkedDecoder, taken: Int)
        case failed(HTTPBodyError)
    }

    private(set) var progress = Progress.complete
    private let limit: Int

    init(_ framing: RequestFraming = .none, limit: Int = .max) {
        self.limit = limit
        switch framing {
        case .none: progress = .complete
        case .length(let length): progress = .length(remaining: length)
        case .chunked: progress = .chunked(ChunkedDecoder(), taken: 0)
        }
    }

    var isComplete: Bool { if case .complete = progress { true } else { false } }

    var failure: HTTPBodyError? { if case .failed(let error) = progress { error } else { nil } }

    mutating func fail(_ error: HTTPBodyError) { progress = .failed(error) }

    /// Whether the rest can be thrown away within the bound, as far as is known.
    func fitsDiscarding(_ bound: Int) -> Bool {
        switch progress {
        case .complete: true
        case .length(let remaining): remaining <= bound
        case .chunked: true
        case .failed: false
        }
    }

    /// Takes what is there of the body; an empty piece means that more bytes are needed, or, when `isComplete`, the end.
    /// - Returns: the piece, and how many of the input bytes it used.
    mutating func take(_ input: UnsafeRawBufferPointer) throws(HTTPBodyError) -> (piece: [UInt8], used: Int) {
        switch progress {
        case .complete: return ([], 0)
        case .failed(let error): throw error
        case .length(let remaining):
            let count = min(remaining, input.count)
            progress = count == remaining ? .complete : .length(remaining: remaining - count)
            return ([UInt8](UnsafeRawBufferPointer(rebasing: input[0..<count])), count)
        case .chunked(var decoder, let taken):
            var piece: [UInt8] = []
            do throws(HTTPBodyError) {
                let used = try decoder.decode(input, into: &piece)
                if piece.count > limit - taken { throw .tooLarge }
                progress = decoder.isDone ? .complete : .chunked(decoder, taken: taken + piece.count)
                return (piece, used)
            } catch {
                progress = .failed(error)
                throw error
            }
        }
    }
}
