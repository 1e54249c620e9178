// The texts of live messages, in the languages of the product. Programs read the events' other members; these are for people.
import TiketiCore

/// What live messages say (docs/specification.md §4).
enum LiveText {
    /// A pending reservation was not paid within `hold`.
    static func reservationExpired(_ language: Language, after hold: Duration) -> String {
        let seconds = hold.components.seconds
        let isWhole = seconds % 60 == 0
        let number = isWhole ? seconds / 60 : seconds
        switch language {
        case .korean: return "\(number)\(isWhole ? "분이" : "초가") 경과하여 예약이 만료되었습니다."
        case .english: return "Your reservation has expired after \(number) \(isWhole ? "minute" : "second")\(number == 1 ? "" : "s")."
        }
    }

    /// A queue let its user in.
    static func queueAdmitted(_ language: Language) -> String {
        switch language {
        case .korean: "입장 순서가 되었습니다. 좌석을 선택해 주세요."
        case .english: "It is your turn. Please choose your seats."
        }
    }
}
