"""Words that only the authors of the code once understood stay out of it; ARCHITECTURE.md explains the few that are needed."""

import re

PRIVATE = {"desk": "coalescer or batcher", "bed": "fixture", "short way": "fast path"}
WORDS = re.compile(rf"(?<![\w-])({'|'.join(PRIVATE)})(?![\w-])|[a-z](Desk|Bed)\b")


def faults(sources):
    found = []
    for path in sorted(sources.rglob("*.swift")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for match in WORDS.finditer(line):
                word = (match[1] or match[2]).lower()
                found.append(f"{path}:{number}: say {PRIVATE[word]} instead of {word}")
    return found
