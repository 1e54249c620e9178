// libFuzzer target: the JSON reader and writer. What is accepted, written out again and read again, is the same text.
// Built by scripts/fuzz from their own files, without the rest of the package.
import TiketiJSON

/// A broken promise: libFuzzer reports the input.
func require(_ condition: Bool, _ promise: StaticString) {
    if !condition { fatalError("broken promise: \(promise)") }  // Crashing is how a fuzz target reports.
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> Int32 {
    let bytes = [UInt8](UnsafeBufferPointer(start: data, count: size))
    guard let value = try? JSONValue.parse(bytes) else { return 0 }
    var writer = JSONWriter()
    writer.value(value)
    let written = writer.finish()
    guard let again = try? JSONValue.parse(written) else {
        require(false, "what was read can be written and read")
        return 0
    }
    // 2.5e3 comes back as the integer 2500: equal is what is written, not how a number is held.
    var rewriter = JSONWriter()
    rewriter.value(again)
    require(rewriter.finish() == written, "writing keeps the value")
    return 0
}
