// What becomes of text that people type, in every form that keyboards, systems and copied pages give it.

import Testing

@testable import TiketiCore

@Suite struct TextNormalizerTests {
    @Test(arguments: [
        ("plain", "plain"), ("  plain ", "plain"), ("", ""), ("   ", ""),
        // Hangul and Latin as macOS spells them.
        ("\u{1112}\u{1161}\u{11AB}", "\u{D55C}"), ("Cafe\u{301}", "Caf\u{E9}"),
        // White space of every kind, and what only looks like nothing.
        ("\u{A0}\u{3000}IU\u{2003}", "IU"), ("\u{200B}\u{FEFF}", ""), ("\u{AD}", ""), ("\u{3000}\u{A0}", ""), ("\u{3164}\u{115F}", ""),
        ("\u{2800}", ""),
        ("I\u{200B}U\u{AD}", "IU"), ("\u{202E}abc", "abc"), ("e\u{200B}\u{301}", "\u{E9}"), ("\u{FE0F}", ""),
        // Emoji and joined letters keep what they are made with.
        ("\u{2764}\u{FE0F}", "\u{2764}\u{FE0F}"), ("\u{1F469}\u{200D}\u{1F4BB}", "\u{1F469}\u{200D}\u{1F4BB}"),
        (
            "\u{0646}\u{0645}\u{06CC}\u{200C}\u{062E}\u{0648}\u{0627}\u{0647}\u{0645}",
            "\u{0646}\u{0645}\u{06CC}\u{200C}\u{062E}\u{0648}\u{0627}\u{0647}\u{0645}"
        ),
        ("a b", "a b"),
    ])
    func cleanText(_ text: String, _ expected: String) {
        // `==` on strings compares by canonical equivalence: the scalars must be the same.
        #expect(Array(TextNormalizer.clean(text).unicodeScalars) == Array(expected.unicodeScalars))
    }

    @Test(arguments: [
        ("IU Concert", "iu concert"), ("\u{FF29}\u{FF35}\u{3000}\u{FF11}", "iu 1"), ("STRASSE", "stra\u{DF}e"),
        ("CAFE\u{301}", "caf\u{E9}"),
        ("\u{39F}\u{394}\u{39F}\u{3A3}", "\u{3BF}\u{3B4}\u{3BF}\u{3C2}"),
        ("\u{1112}\u{1161}\u{11AB}\u{1100}\u{1173}\u{11AF}", "\u{D55C}\u{AE00}"),
        ("a \t\n b", "A  b"),
    ])
    func bothSidesFoldAlike(_ one: String, _ other: String) {
        #expect(Array(TextNormalizer.fold(one).unicodeScalars) == Array(TextNormalizer.fold(other).unicodeScalars))
        #expect(TextNormalizer.fold(TextNormalizer.fold(one)) == TextNormalizer.fold(one))
    }

    @Test func differentWordsStayDifferent() {
        #expect(TextNormalizer.fold("cafe") != TextNormalizer.fold("caf\u{E9}"))
        #expect(TextNormalizer.fold("a b") != TextNormalizer.fold("ab"))
    }

    @Test func controls() {
        for text in ["a\u{0}", "a\u{7}b", "a\u{7F}", "a\u{85}b", "a\nb"] { #expect(TextNormalizer.hasControls(text)) }
        for text in ["a\nb", "a\r\n\tb"] { #expect(!TextNormalizer.hasControls(text, allowingLines: true)) }
        #expect(TextNormalizer.hasControls("a\u{1B}", allowingLines: true))
        #expect(!TextNormalizer.hasControls("\u{D55C} \u{1F600}"))
    }
}
