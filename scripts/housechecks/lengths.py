"""Source files end before they tire, and lines before the edge of half a screen."""

LINES = 500
CHARACTERS = 140
COUNTED = (".swift", ".c", ".h", ".py", ".js", ".ts", ".tsx", ".css")
# The web app's TypeScript and style sheets are not measured by the line: sentences in two languages stand in them as they are.
MEASURED = (".swift", ".c", ".h", ".py")


def is_script(name):
    return name.startswith("scripts/")


def faults(root, files):
    """Of the files with these names below `root`."""
    found = []
    for name in files:
        if not (name.endswith(COUNTED) or is_script(name)) or not (root / name).is_file():
            continue
        lines = (root / name).read_text(errors="replace").splitlines()
        if len(lines) > LINES:
            found.append(f"{name}: {len(lines)} lines")
        if name.endswith(MEASURED) or is_script(name):
            found += [f"{name}:{number}: {len(line)} characters" for number, line in enumerate(lines, 1) if len(line) > CHARACTERS]
    return found


def self_test(folder):
    """Seeds a fault of each kind, and what must not count as one, into an empty folder."""
    seeds = (
        ("a file too long", "Long.swift", "let a = 1\n" * (LINES + 1), ["Long.swift: 501 lines"]),
        ("a file just short enough", "Short.swift", "let a = 1\n" * LINES, []),
        ("a line of Swift too long", "Wide.swift", "// " + "x" * 138 + "\n", ["Wide.swift:1: 141 characters"]),
        ("a line of Python too long", "wide.py", "\n# " + "x" * 139 + "\n", ["wide.py:2: 141 characters"]),
        ("a line of a script too long", "scripts/wide", "# " + "x" * 139 + "\n", ["scripts/wide:1: 141 characters"]),
        ("a line of 140 characters in three bytes each", "Korean.swift", "//" + "가" * 138 + "\n", []),
        ("a wide style sheet", "wide.css", "x" * 200 + "\n", []),
    )
    missed = 0
    for what, name, text, expected in seeds:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        right = faults(folder, [name]) == expected
        missed += not right
        print(f"{'found' if expected else 'let by' if right else 'MISSED':7} {what}" if right else f"MISSED  {what}")
    return missed > 0
