"""What the documents name must exist: files, types, modules, sections, decisions and migrations without gaps."""

import re
import subprocess

DECLARED = re.compile(r"\b(?:struct|class|enum|protocol|actor|typealias) (\w+)")
# Words of other worlds that look like types.
FOREIGN = {"SubtleCrypto", "JavaScript", "PostgreSQL", "OpenSSL", "GitHub", "WebSocket", "TossPayments"}
CITED = re.compile(r"(?:\bspec|specification(?:\.md)?) §(\d+(?:\.\d+)?)")
TOP = ("Sources/", "Tests/", "docs/", "scripts/", "database/", "k8s/", "argocd/", "web/", ".github/")


def tracked(root):
    run = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=root, capture_output=True, text=True, check=True
    )
    return [name for name in run.stdout.splitlines() if (root / name).exists()]


def names_in(text):
    """What stands in backquotes or in a drawn path: (line, word)."""
    is_drawn = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            is_drawn = not is_drawn
        elif is_drawn:
            # The first column of a drawing, before the gap, and arrows of it.
            first = re.split(r" {2,}", line.strip())[0]
            for word in re.findall(r"[\w./+-]+", first if not line.startswith(" ") else ""):
                yield number, word
        else:
            for quoted in re.findall(r"`([^`]+)`", line):
                yield number, quoted
            for link in re.findall(r"(?<![\w/`])((?:docs|scripts|Sources)/[\w./-]+\w)", line):
                yield number, link


def faults(root, architecture=None, files=None):
    files = tracked(root) if files is None else files
    swift = {name: (root / name).read_text() for name in files if name.endswith(".swift")}
    types = {word for text in swift.values() for word in DECLARED.findall(text)}
    modules = {name.split("/")[1] for name in files if name.startswith("Sources/")} | {
        name.split("/")[1] for name in files if name.startswith("Tests/")
    }
    specification = (root / "docs/specification.md").read_text()
    documents = {"ARCHITECTURE.md": architecture or (root / "ARCHITECTURE.md").read_text(), "docs/specification.md": specification}
    found = []
    for document, text in documents.items():
        for number, word in names_in(text):
            if re.search(r"[<*${]", word):
                continue
            if word.startswith(TOP):
                if not (root / word).exists() and not any(name.startswith(word.rstrip("/") + "/") for name in files):
                    found.append(f"{document}:{number}: there is no {word}")
            elif (
                document == "ARCHITECTURE.md" and re.fullmatch(r"[A-Z][a-z]+(?:[A-Z]\w*)+", word) and word not in types | modules | FOREIGN
            ):
                found.append(f"{document}:{number}: there is no type or module {word}")
    sections = set(re.findall(r"^##+ (\d+(?:\.\d+)?)", specification, re.M))
    for name, text in {
        **swift,
        **{
            name: (root / name).read_text()
            for name in files
            if name.startswith(("docs/", "scripts/")) and not name.startswith("scripts/housechecks") and name.endswith((".md", ".py"))
        },
    }.items():
        for number, line in enumerate(text.splitlines(), 1):
            found += [
                f"{name}:{number}: docs/specification.md has no §{section}" for section in CITED.findall(line) if section not in sections
            ]
    found += gaps(root, files)
    return found


def gaps(root, files):
    """Numbers are given in a row; a missing one is explained where migrations are explained."""
    explained = (root / "docs/migrations.md").read_text()
    rows = {}
    for name in files:
        match = re.match(r"(docs/decisions|database/migrations/\w+)/(.*)", name)
        if not match:
            continue
        number = re.match(r"(\d{4})[-_]", match[2])
        if not number:
            yield f"{name}: has no number"
        else:
            rows.setdefault(match[1], set()).add(int(number[1]))
    for folder, numbers in sorted(rows.items()):
        for number in range(1, max(numbers)):
            label = f"{folder.rsplit('/', 1)[-1]}/{number:04}"
            if number not in numbers and f"`{label}`" not in explained:
                yield f"{folder}: {number:04} is missing, and docs/migrations.md does not say why"


def self_test(root):
    text = (root / "ARCHITECTURE.md").read_text()
    before = set(faults(root))
    seeds = {
        "a file that is not there": text + "\n`Sources/TiketiNet/Nowhere.swift`\n",
        "a type that is not there": text + "\n`SeatOracle`\n",
        "a drawn file that is not there": text + "\n```\nSources/TiketiNet/Nowhere.swift   wakes up\n```\n",
        "a drawn type that is not there": text + "\n```\nSeatOracle   knows\n```\n",
    }
    missed = 0
    for what, changed in seeds.items():
        new = [fault for fault in faults(root, architecture=changed) if fault not in before]
        missed += len(new) != 1
        print(f"{'found' if len(new) == 1 else 'MISSED':7} {what}: {new[:1]}")
    wrong = [fault for line in ("/// As docs/specification.md §99 says.", "// (spec §3.77)") for fault in CITED.findall(line)]
    print(f"{'found' if wrong == ['99', '3.77'] else 'MISSED':7} a section that is not there: {wrong}")
    missed += wrong != ["99", "3.77"]
    files = tracked(root)
    for what, more in (
        ("a decision without a number", "docs/decisions/why.md"),
        ("a gap between migrations", "database/migrations/ticket/0999_x.sql"),
    ):
        new = [fault for fault in gaps(root, [*files, more]) if fault not in before]
        missed += not new
        print(f"{'found' if new else 'MISSED':7} {what}: {new[:1]}")
    return missed > 0
