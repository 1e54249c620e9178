// The `process_*` metrics every Prometheus client has, read from /proc when scraped.

import Glibc

/// CPU, memory, descriptors and start of this process, under the names that dashboards expect.
internal enum ProcessMetrics {
    static func register(in registry: MetricsRegistry) {
        registry.counter(.processCPU, reading: cpuSeconds)
        registry.gauge(.processResidentMemory) { Double(statm(1) * pageSize) }
        registry.gauge(.processVirtualMemory) { Double(statm(0) * pageSize) }
        registry.gauge(.processOpenDescriptors) { Double(openDescriptors()) }
        registry.gauge(.processMaxDescriptors) {
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            return Double(limit.rlim_cur)
        }
        registry.gauge(.processThreads) { Double(fields(of: "/proc/self/stat").dropFirst(17).first ?? 0) }
        let start = startTime()
        registry.gauge(.processStartTime) { start }
    }

    private static var pageSize: Int { sysconf(Int32(_SC_PAGESIZE)) }

    private static func cpuSeconds() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let user = Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) / 1e6
        return user + Double(usage.ru_stime.tv_sec) + Double(usage.ru_stime.tv_usec) / 1e6
    }

    private static func statm(_ index: Int) -> Int {
        let parts = read("/proc/self/statm").split(separator: " ")
        return index < parts.count ? Int(parts[index]) ?? 0 : 0
    }

    private static func openDescriptors() -> Int {
        guard let directory = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        return max(0, count - 3)  // ".", ".." and the directory itself
    }

    /// Field 22 of /proc/self/stat is in clock ticks since boot; /proc/stat tells when that was.
    private static func startTime() -> Double {
        let ticks = fields(of: "/proc/self/stat").dropFirst(19).first ?? 0
        let boot = read("/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap { Double($0.dropFirst(6)) } ?? 0
        return boot + Double(ticks) / Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    }

    /// The numbers after the command's closing bracket (a command may hold blanks and brackets); field 3 of the manual is the first.
    private static func fields(of path: String) -> [Int] {
        let text = read(path)
        guard let close = text.lastIndex(of: ")") else { return [] }
        return text[text.index(after: close)...].split(separator: " ").map { Int($0) ?? 0 }
    }

    private static func read(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : ""
    }
}
