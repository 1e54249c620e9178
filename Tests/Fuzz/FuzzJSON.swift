// libFuzzer target: the JSON reader. What it accepts, written out again and read again, is the same value.
// Built by scripts/fuzz from the reader's own files, without the rest of the package.

/// A broken promise: libFuzzer reports the input.
func require(_ condition: Bool, _ promise: StaticString) {
    if !condition { fatalError("broken promise: \(promise)") }  // Crashing is how a fuzz target reports.
}

func write(_ value: JSONValue, into out: inout [UInt8]) {
    switch value {
    case .null: out += Array("null".utf8)
    case .bool(let flag): out += Array(flag ? "true".utf8 : "false".utf8)
    case .integer(let number): out += Array("\(number)".utf8)
    case .number(let number):
        require(number.isFinite, "numbers are finite")
        out += Array("\(number)".utf8)
    case .string(let text): write(text, into: &out)
    case .array(let elements):
        out.append(91)
        for (index, element) in elements.enumerated() {
            if index > 0 { out.append(44) }
            write(element, into: &out)
        }
        out.append(93)
    case .object(let members):
        require(Set(members.map(\.key)).count == members.count, "names are unique")
        out.append(123)
        for (index, member) in members.enumerated() {
            if index > 0 { out.append(44) }
            write(member.key, into: &out)
            out.append(58)
            write(member.value, into: &out)
        }
        out.append(125)
    }
}

func write(_ text: String, into out: inout [UInt8]) {
    out.append(34)
    for byte in text.utf8 {
        if byte < 32 || byte == 34 || byte == 92 {
            let digits = Array("0123456789abcdef".utf8)
            out += [92, 117, 48, 48, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        } else {
            out.append(byte)
        }
    }
    out.append(34)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> Int32 {
    let bytes = [UInt8](UnsafeBufferPointer(start: data, count: size))
    guard let value = try? JSONValue.parse(bytes) else { return 0 }
    var written: [UInt8] = []
    write(value, into: &written)
    guard let again = try? JSONValue.parse(written) else {
        require(false, "what was read can be written and read")
        return 0
    }
    require(value == again, "writing keeps the value")
    return 0
}
