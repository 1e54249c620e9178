// `tiketi audit verify`: proves that nothing in the audit trail was changed, taken out or put in.
import ArgumentParser
import TiketiCore
import TiketiNet
import TiketiStore

/// The commands about the audit trail.
struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "The trail of what administrators did.", subcommands: [AuditVerify.self])
}

/// Computes the chain of hashes anew (docs/specification.md §3.8) and compares every record with its last link.
struct AuditVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check the audit trail's chain of hashes; exit with 1 when it is broken.",
        discussion: """
            Who owns the database could write a whole new chain. Note the head that this prints, somewhere else, and give it to \
            --contains later: the chain must still go through it.
            """)

    @Option(help: "A head noted earlier, SEQ:HASH; the chain must contain it.")
    var contains: String?

    func run() async throws {
        let config = try AdministratorConfig.load()
        let report = try AuditChain(connection: BlockingConnection(config.postgres)).verify(containing: contains)
        for fault in report.faults { print("FAIL  \(fault)") }
        guard report.faults.isEmpty else { throw ExitCode(1) }
        print("ok    \(report.links) links, \(report.records) records; head \(report.head)")
    }
}

/// The chain as it is stored.
struct AuditChain {
    /// What a check found.
    struct Report {
        var links = 0
        var records = 0
        /// `SEQ:HASH` of the last link; `0:` and zeros for an empty chain.
        var head = ""
        /// One line each, at most `AuditChain.mostFaults`.
        var faults: [String] = []
    }

    static let mostFaults = 20
    private static let portion = 2000

    let connection: BlockingConnection

    /// - Parameter noted: a head from an earlier report.
    func verify(containing noted: String? = nil) throws -> Report {
        var report = Report()
        var hash = [UInt8](repeating: 0, count: 32)
        var wasSeen = noted == nil
        while report.faults.count < Self.mostFaults {
            let rows = try connection.query(
                """
                SELECT seq::text, document, encode(hash, 'hex') FROM public.audit_chain WHERE seq > $1::bigint
                ORDER BY seq LIMIT \(Self.portion)
                """,
                [String(report.links)])
            if rows.isEmpty { break }
            for row in rows {
                let (seq, document, stored) = (try row.string(0), try row.string(1), try row.string(2))
                report.links += 1
                if seq != String(report.links) {
                    report.faults.append("link \(report.links) is missing: \(seq) follows \(report.links - 1)")
                    return report
                }
                hash = Crypto.sha256(hash + Array("\(seq)\n\(document)".utf8))
                if Hex.encode(hash) != stored {
                    report.faults.append("link \(seq) is not what its hash says")
                    return report
                }
                if noted == "\(seq):\(stored)" { wasSeen = true }
            }
        }
        report.head = "\(report.links):\(Hex.encode(hash))"
        if !wasSeen { report.faults.append("the chain does not contain \(noted ?? "")") }
        try compareRecords(&report)
        return report
    }

    /// A record whose last link says something else was changed behind the triggers' back; one without a record was taken out.
    private func compareRecords(_ report: inout Report) throws {
        report.records = Int(try connection.query("SELECT count(*)::text FROM public.audit_log")[0].string(0)) ?? 0
        let changed = try connection.query(
            """
            SELECT l.id::text FROM public.audit_log l
            LEFT JOIN LATERAL (SELECT document FROM public.audit_chain WHERE record_id = l.id ORDER BY seq DESC LIMIT 1) c ON true
            WHERE c.document IS DISTINCT FROM public.audit_document(l) ORDER BY l.id LIMIT \(Self.mostFaults)
            """)
        for row in changed { report.faults.append("record \(try row.string(0)) is not what its last link says") }
        let missing = try connection.query(
            """
            SELECT DISTINCT c.record_id::text, c.record_id FROM public.audit_chain c
            WHERE NOT EXISTS (SELECT FROM public.audit_log l WHERE l.id = c.record_id) ORDER BY c.record_id LIMIT \(Self.mostFaults)
            """)
        for row in missing { report.faults.append("record \(try row.string(0)) was taken out") }
    }
}
