"""Every public declaration of the libraries says in a `///` what its name does not: units, bounds, errors, the document it follows."""

import re

LIBRARIES = ("TiketiBase", "TiketiNet", "TiketiJSON", "TiketiStore", "TiketiContracts", "TiketiCore", "TiketiRealtime", "TiketiTesting")
MODIFIERS = r"(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:nonisolated|final|static|indirect|mutating|consuming|convenience|override|sending)\s+)*"
PUBLIC = re.compile(rf"^\s*{MODIFIERS}public (?!import\b|extension\b)(.*)")
PROTOCOL = re.compile(r"^public protocol ")
REQUIREMENT = re.compile(r"^    (?:static |mutating )*(func|var|init|subscript)\b\W*(\w*)")
ATTRIBUTES = re.compile(r"\s*(?:@\w+(?:\([^)]*\))?\s*)+$")
NAMED = re.compile(r"\b(?:func|var|let)\s+`?(\w+)")
# Requirements of the standard library's and swift-log's protocols: those say what they mean.
STANDARD = re.compile(
    r"(?:var|let) description\b|(?:let|var) rawValue\b|init\(rawValue\b|static func (?:==|<)|func hash\(into|init\(\w+Literal\b|var "
    r"(?:start|end)Index\b"
    r"|func makeIterator\(|mutating func next\(|var underestimatedCount\b|func enqueue\(|var logLevel\b|var metadata\b|var "
    r"metadataProvider\b"
    r"|subscript\(metadataKey\b|func log\(event\b"
)


def is_documented(lines, index):
    index -= 1
    while index >= 0 and ATTRIBUTES.match(lines[index]):
        index -= 1
    return index >= 0 and lines[index].lstrip().startswith("///")


def requirements(lines):
    """The requirements of public protocols: (line index, name)."""
    inside = False
    for index, line in enumerate(lines):
        if PROTOCOL.match(line):
            inside = True
        elif line.startswith("}"):
            inside = False
        match = REQUIREMENT.match(line) if inside else None
        if match:
            yield index, match[2] or match[1]


def faults(sources):
    texts = {path: path.read_text().splitlines() for library in LIBRARIES for path in sorted((sources / library).rglob("*.swift"))}
    # What a documented requirement of a public protocol says holds for those who fulfil it.
    inherited = {name for lines in texts.values() for index, name in requirements(lines) if is_documented(lines, index)}
    found = []
    for path, lines in texts.items():
        declared = [(index, match[1]) for index, line in enumerate(lines) if (match := PUBLIC.match(line))]
        for index, text in declared + [(index, None) for index, _ in requirements(lines)]:
            if is_documented(lines, index):
                continue
            named = NAMED.search(text or "")
            is_told_elsewhere = text and (STANDARD.search(text) or named and named[1] in inherited and not text.startswith("static"))
            if not is_told_elsewhere:
                found.append(f"{path}:{index + 1}: nothing says what this is for: {lines[index].strip()[:80]}")
    return found
