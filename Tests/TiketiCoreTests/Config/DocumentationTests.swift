// Every environment variable that code reads stands in docs/configuration.md, and every line of .env.example is one of them.

import Glibc
import Testing

@testable import TiketiCore

@Suite struct DocumentationTests {
    private static let root: String = {
        var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        parts.removeLast(4)
        return parts.joined(separator: "/")
    }()

    private static func text(_ path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func sources(_ folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var found: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasPrefix(".") { continue }
            if name.hasSuffix(".swift") { found.append(folder + "/" + name) } else { found += sources(folder + "/" + name) }
        }
        return found
    }

    /// `reader.int("NAME"`, also with the name on the next line.
    private static var reads: Regex<(Substring, Substring)> {
        #/
        \.(?:string|optionalString|int|double|bool|duration|url|optionalURL|instances|secret|optionalSecret|list|choice|raw|networks)
        \(\s*"([A-Z][A-Z0-9_]+)"
        /#
    }

    @Test func everyVariableIsDocumented() {
        let documented = Self.text(Self.root + "/docs/configuration.md")
        #expect(documented.contains("`JWT_SECRET`"))
        var names: Set<String> = []
        for path in Self.sources(Self.root + "/Sources") {
            for match in Self.text(path).matches(of: Self.reads) { names.insert(String(match.output.1)) }
        }
        #expect(names.count > 20)
        #expect(names.filter { !documented.contains("`\($0)`") }.sorted() == [])
    }

    @Test func exampleIsDocumented() {
        let documented = Self.text(Self.root + "/docs/configuration.md")
        let lines = Self.text(Self.root + "/.env.example").split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines.count > 5)
        for line in lines { #expect(documented.contains("`\(line.prefix { $0 != "=" })`")) }
    }

    /// docs/metrics.md has a row for every family that is declared, and no other; nobody counts under a name that is not declared.
    @Test func everyMetricIsDocumented() {
        var declared: Set<String> = []
        var named: Set<String> = []
        for path in Self.sources(Self.root + "/Sources") {
            let text = Self.text(path)
            for match in text.matches(of: /MetricFamily\(\s*"((?:tiketi|http|process)_[a-z_]+)"/) where path.contains("/MetricFamily+") {
                declared.insert(String(match.output.1))
            }
            for match in text.matches(of: /(?:counter|gauge|histogram)\(\s*(?:MetricFamily\()?"([a-z_]+)"/) {
                named.insert(String(match.output.1))
            }
        }
        let rows = Self.text(Self.root + "/docs/metrics.md").matches(of: /(?m)^\| `([a-z_]+)`/).map { String($0.output.1) }
        #expect(declared.count > 40)
        #expect(named == [])
        #expect(Set(rows).symmetricDifference(declared).sorted() == [])
        #expect(rows.count == Set(rows).count)
    }
}
