// `tiketi bench postgres`: the rate of single-row reads by key through the pool, for comparison with pgbench (scripts/benchmarks/postgres).
import ArgumentParser
import Glibc
import TiketiNet
import TiketiStore

struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Measure.", shouldDisplay: false, subcommands: [BenchPostgres.self])
}

struct BenchPostgres: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "postgres", abstract: "Single-row SELECT by key on pgbench's tables.")

    @Option(help: "Connections, all on one event loop.")
    var connections = 8
    @Option(help: "Statements each connection has in flight.")
    var depth = 1
    @Option(help: "Seconds to measure.")
    var seconds = 5
    @Option(help: "Rows of pgbench_accounts.")
    var rows = 100_000
    @Flag(help: "On exclusive connections (execute) instead of shared ones (read).")
    var exclusive = false

    func run() async throws {
        var configuration = try AdministratorConfig.load().postgres
        configuration.readConnectionsPerLoop = exclusive ? 1 : connections
        configuration.writeConnectionsPerLoop = exclusive ? connections : 1
        let group = EventLoopGroup(count: 1)
        let loop = group.loops[0]
        let pool = PostgresPool(configuration, group: group)
        let (rows, exclusive, tasks, length) = (rows, exclusive, connections * depth, UInt64(seconds) * 1_000_000_000)
        let wanted = connections
        try await loop.run {
            let up: () -> Int = { exclusive ? pool.statistics.writeConnections : pool.statistics.readConnections }
            for _ in 0..<500 where up() < wanted && !exclusive { try await loop.sleep(nanoseconds: 10_000_000) }
            _ = try await Self.work(pool, loop, tasks, rows, exclusive, until: loop.now + 500_000_000)
        }
        let cpu = Self.processorSeconds()
        let (count, elapsed) = try await loop.run {
            let began = loop.now
            let count = try await Self.work(pool, loop, tasks, rows, exclusive, until: began + length)
            return (count, Double(loop.now - began) / 1e9)
        }
        let spent = Self.processorSeconds() - cpu
        print("tps = \(Int(Double(count) / elapsed)), \(Int(spent / Double(count) * 1e9)) ns of client CPU per statement")
        await pool.close()
    }

    /// Keeps `tasks` statements in flight and returns how many were answered.
    private static func work(
        _ pool: PostgresPool, _ loop: EventLoop, _ tasks: Int, _ rows: Int, _ exclusive: Bool, until end: UInt64
    ) async throws -> Int {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for task in 0..<tasks {
                group.addTask {
                    var done = 0
                    var state = UInt64(task + 1) &* 0x9E37_79B9_7F4A_7C15
                    while loop.now < end {
                        // xorshift64: the system's generator would be part of the measurement.
                        state ^= state << 13
                        state ^= state >> 7
                        state ^= state << 17
                        let key = Int(state % UInt64(rows)) + 1
                        let sql = "SELECT abalance FROM pgbench_accounts WHERE aid = $1"
                        let found = exclusive ? try await pool.execute(sql, [.int(key)]) : try await pool.read(sql, [.int(key)])
                        _ = try found[0].int(0)
                        done += 1
                    }
                    return done
                }
            }
            return try await group.reduce(0, +)
        }
    }

    private static func processorSeconds() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}
