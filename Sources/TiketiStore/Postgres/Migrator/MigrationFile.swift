// Migration files as they lie on disk: database/migrations/<folder>/NNNN_name.sql, plain SQL.
import Glibc

/// One migration file.
public struct MigrationFile: Sendable, Hashable {
    /// `public`, `auth`, `ticket`, `payment` or `stats`.
    let folder: String
    let number: Int
    /// File name, such as `0001_users.sql`.
    let name: String
    let sql: String

    /// The files of `folder`, in order of their numbers. A missing folder has none.
    static func read(folder: String, in directory: String) throws(MigrationError) -> [MigrationFile] {
        let path = directory + "/" + folder
        var files: [MigrationFile] = []
        for name in try entries(of: path) where name.hasSuffix(".sql") {
            let digits = name.prefix { $0 != "_" }
            guard digits.utf8.count == 4, let number = Int(digits), number > 0 else {
                throw MigrationError("\(folder)/\(name): the name of a migration is NNNN_name.sql")
            }
            if let twin = files.first(where: { $0.number == number }) {
                throw MigrationError("\(folder)/\(name) and \(folder)/\(twin.name) have the same number")
            }
            files.append(MigrationFile(folder: folder, number: number, name: name, sql: try text(of: path + "/" + name)))
        }
        return files.sorted { $0.number < $1.number }
    }

    /// Names and texts of all SQL files in a folder, in the order of their names.
    public static func directory(_ path: String) throws(MigrationError) -> [(name: String, sql: String)] {
        var files: [(name: String, sql: String)] = []
        for name in try entries(of: path) where name.hasSuffix(".sql") { files.append((name, try text(of: path + "/" + name))) }
        return files
    }

    private static func entries(of path: String) throws(MigrationError) -> [String] {
        guard let stream = opendir(path) else {
            if errno == ENOENT { return [] }
            throw MigrationError("\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names.sorted()
    }

    /// The whole of a text file.
    public static func text(of path: String) throws(MigrationError) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw MigrationError("\(path) cannot be read: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count >= 0 else { throw MigrationError("\(path) cannot be read: \(String(cString: strerror(errno)))") }
            if count == 0 { break }
            bytes.append(contentsOf: chunk[..<count])
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw MigrationError("\(path) is not UTF-8") }
        guard !text.utf8.contains(0) else { throw MigrationError("\(path) holds a NUL byte") }
        return text
    }
}

/// Why the migrations could not be applied; one line for the operator.
public struct MigrationError: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String

    /// A fault in one sentence that names the file.
    public init(_ description: String) {
        self.description = description
    }
}
