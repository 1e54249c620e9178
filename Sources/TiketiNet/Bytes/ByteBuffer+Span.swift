// Safe views of a buffer for the parsers of other modules.

extension ByteBuffer {
    /// Calls `body` with the waiting bytes; the buffer may not be changed meanwhile.
    @inlinable @inline(__always)
    public func withSpan<Result, Failure: Error>(_ body: (Span<UInt8>) throws(Failure) -> Result) throws(Failure) -> Result {
        try body(Span(_unsafeBytes: readable))
    }
}
