// A child process of a test: started with its output in a file, signalled by its own pid, gone before the test process is.
import Glibc
import TiketiNet

/// A real server that a test runs against. Stopped at the latest when the object goes away or the test process exits.
public final class TestProcess: Sendable {
    struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    let pid: pid_t
    private let ended = Locked(false)

    /// Starts `arguments[0]`, found on PATH, its output going to `log`.
    /// - Parameter environment: its whole environment; nil for that of the tests.
    public init(_ arguments: [String], log: String, environment: [String: String]? = nil) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // The loops block no signals, but a child must not inherit SIGPIPE being ignored.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigemptyset(&defaults)
        sigaddset(&defaults, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        var words = arguments.map { strdup($0) } + [nil]
        var variables = environment.map { $0.map { strdup("\($0.key)=\($0.value)") } + [nil] } ?? []
        defer { for word in words + variables { free(word) } }
        var child: pid_t = 0
        let status =
            environment == nil
            ? posix_spawnp(&child, arguments[0], &actions, &attributes, &words, environ)
            : posix_spawnp(&child, arguments[0], &actions, &attributes, &words, &variables)
        guard status == 0 else { throw Failure(description: "\(arguments[0]): \(String(cString: strerror(status)))") }
        pid = child
        Self.register(child)
    }

    deinit { stop(SIGKILL) }

    /// Sends a signal, such as SIGSTOP and SIGCONT.
    func signal(_ number: Int32) {
        ended.withLock { ended in
            if !ended { _ = Glibc.kill(pid, number) }
        }
    }

    /// Ends the process and waits until it is gone.
    func stop(_ number: Int32 = SIGTERM) {
        ended.withLock { ended in
            guard !ended else { return }
            ended = true
            Glibc.kill(pid, number)
            Glibc.kill(pid, SIGCONT)
            waitpid(pid, nil, 0)
            Self.running.withLock { _ = $0.remove(pid) }
        }
    }

    /// Waits until it ends by itself and returns its exit status, or minus the signal that ended it.
    public func waitForEnd() -> Int32 {
        ended.withLock { ended in
            guard !ended else { return 0 }
            ended = true
            var status: Int32 = 0
            waitpid(pid, &status, 0)
            Self.running.withLock { _ = $0.remove(pid) }
            return status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
        }
    }

    private static let running = Locked(Set<pid_t>())
    private static let atExit: Void = {
        atexit { TestProcess.running.withLock { for pid in $0 { Glibc.kill(pid, SIGKILL) } } }
    }()

    private static func register(_ pid: pid_t) {
        _ = atExit
        running.withLock { _ = $0.insert(pid) }
    }
}

/// A directory that is removed with everything in it when the object goes away.
public final class TemporaryDirectory: Sendable {
    /// Absolute, without a slash at its end.
    public let path: String

    /// Makes an empty folder below /tmp that only this user may enter.
    public init(_ prefix: String = "tiketi") throws {
        var template = Array("/tmp/\(prefix)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TestProcess.Failure(description: "mkdtemp: \(String(cString: strerror(errno)))") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { remove() }

    /// Removes it now: objects that live as long as the process are never deinitialized.
    public func remove() { Self.removeTree(path) }

    private static func removeTree(_ path: String) {
        if let directory = opendir(path) {
            while let entry = readdir(directory) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                let child = "\(path)/\(name)"
                if name == "." || name == ".." { continue }
                // Only real directories are entered: a link's target is not ours.
                if entry.pointee.d_type == UInt8(DT_DIR) { removeTree(child) } else { unlink(child) }
            }
            closedir(directory)
        }
        rmdir(path)
    }
}
