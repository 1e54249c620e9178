"""A file opens with one `//` block that says what it is, is named after a type it declares or extends, and its first type says what it is
for."""

import re

TYPE = re.compile(
    r"^(?:@\w+(?:\([^)]*\))?\s+)*(?:public |package |internal |private |fileprivate |final |indirect |nonisolated )*"
    r"(struct|class|enum|protocol|actor|typealias|extension) ([\w.]+)"
)
LIBRARIES = ("TiketiBase", "TiketiNet", "TiketiJSON", "TiketiStore", "TiketiContracts", "TiketiCore", "TiketiRealtime", "TiketiTesting")
# Several small types of one idea, or none at all.
GATHERED = {
    "Exports",
    "Instruments",
    "Reports",
    "SessionMiddleware",
    "WebSocketTypes",
    "DeflateParts",
    "Eventually",
    "CommonPasswords",
    "Program",
    "RouteTree",
}
EXEMPT = ()


def faults(sources):
    found = []
    for path in sorted(sources.rglob("*.swift")):
        module = path.relative_to(sources).parts[0]
        lines = path.read_text().splitlines()
        if module in EXEMPT:
            continue
        if not lines or not lines[0].startswith("// "):
            found.append(f"{path}:1: a file begins with a `//` comment that says what it is")
        declared = [(index, match[1], match[2]) for index, line in enumerate(lines) if (match := TYPE.match(line))]
        names = {part for _, _, name in declared for part in name.split(".")}
        if path.stem.split("+")[0] not in names | GATHERED:
            found.append(f"{path}: declares and extends nothing called {path.stem.split('+')[0]}")
        first = next((entry for entry in declared if entry[1] != "extension"), None)
        if module in LIBRARIES and first and not is_documented(lines, first[0]):
            found.append(f"{path}:{first[0] + 1}: nothing says what {first[2]} is for")
    return found


def is_documented(lines, index):
    index -= 1
    while index >= 0 and re.match(r"\s*(@|#if)", lines[index]):
        index -= 1
    return index >= 0 and lines[index].startswith("///")
