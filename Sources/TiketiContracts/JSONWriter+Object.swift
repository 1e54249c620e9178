// One JSON object as bytes: what requests and payloads are.
import TiketiJSON

extension JSONWriter {
    static func object(capacity: Int = 256, _ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter(capacity: capacity)
        writer.object(members)
        return writer.finish()
    }
}
