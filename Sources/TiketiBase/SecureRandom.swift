// Unpredictable bytes from the kernel; small requests are served from a per-thread-safe batch because a system call each costs more than
// the bytes.
import CLinux
import Glibc

/// Cryptographically secure random bytes (`getrandom(2)`).
public enum SecureRandom {
    private struct Batch {
        var bytes = [UInt8](repeating: 0, count: 4096)
        var used = 4096
    }

    private static let batch = Locked(Batch())

    /// Fills the whole buffer.
    public static func fill(_ target: UnsafeMutableRawBufferPointer) {
        guard target.count <= 256 else { return fillFromKernel(target) }
        batch.withLock { batch in
            if batch.bytes.count - batch.used < target.count {
                batch.bytes.withUnsafeMutableBytes { fillFromKernel($0) }
                batch.used = 0
            }
            let start = batch.used
            batch.bytes.withUnsafeMutableBytes { source in
                let range = source.baseAddress! + start
                target.copyMemory(from: UnsafeRawBufferPointer(start: range, count: target.count))
                // Handed-out bytes are wiped so that a later memory disclosure can't reveal them.
                memset(range, 0, target.count)
            }
            batch.used = start + target.count
        }
    }

    /// `count` random bytes.
    public static func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            fill(UnsafeMutableRawBufferPointer(buffer))
            initialized = count
        }
    }

    /// A random 64-bit number.
    public static func next() -> UInt64 {
        var value: UInt64 = 0
        withUnsafeMutableBytes(of: &value) { fill($0) }
        return value
    }

    private static func fillFromKernel(_ target: UnsafeMutableRawBufferPointer) {
        var filled = 0
        while filled < target.count {
            let count = clinux_random(target.baseAddress! + filled, target.count - filled)
            if count > 0 {
                filled += count
            } else {
                // The call can't fail for a valid buffer except by a signal; anything else would mean predictable tokens.
                precondition(count == -Int(EINTR), "getrandom failed")
            }
        }
    }
}
