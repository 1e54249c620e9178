// What a reader of one format found, and what of the upload is kept: pieces of it in order, so that no copy is made before it is sent.

/// A picture's size, and the recipe for its bytes.
struct ImageContent: Sendable, Equatable {
    enum Piece: Sendable, Equatable {
        /// Bytes of the upload as they are.
        case kept(Range<Int>)
        /// Bytes in the place of others.
        case made([UInt8])
    }

    private(set) var width = 0
    private(set) var height = 0
    private(set) var pieces: [Piece] = []

    /// Bytes in all.
    var length: Int {
        pieces.reduce(0) { total, piece in
            switch piece {
            case .kept(let range): total + range.count
            case .made(let bytes): total + bytes.count
            }
        }
    }

    /// The picture needs room for this; the largest of several counts.
    mutating func needs(width: Int, height: Int) {
        self.width = max(self.width, width)
        self.height = max(self.height, height)
    }

    mutating func keep(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        if case .kept(let last)? = pieces.last, last.upperBound == range.lowerBound {
            pieces[pieces.count - 1] = .kept(last.lowerBound..<range.upperBound)
        } else {
            pieces.append(.kept(range))
        }
    }

    mutating func add(_ bytes: [UInt8]) { pieces.append(.made(bytes)) }

    /// Puts bytes before everything.
    mutating func begin(with bytes: [UInt8]) { pieces.insert(.made(bytes), at: 0) }

    /// The bytes themselves in portions of at most `portion`.
    func portions(_ portion: Int) -> [Piece] {
        var result: [Piece] = []
        for piece in pieces {
            switch piece {
            case .made: result.append(piece)
            case .kept(var range):
                while !range.isEmpty {
                    let part = range.prefix(portion)
                    result.append(.kept(part))
                    range = part.upperBound..<range.upperBound
                }
            }
        }
        return result
    }
}
