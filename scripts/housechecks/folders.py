"""Folders of TiketiRealtime use each other one way: EngineIO, SocketIO, Hub, Adapter; a file names no type that a later folder declares."""

import re

ORDERS = {"TiketiRealtime": ("EngineIO", "SocketIO", "Hub", "Adapter")}
DECLARED = re.compile(
    r"^(?:@\w+(?:\([^)]*\))?\s+)*(?:public |package |internal |private |fileprivate |final |indirect "
    r")*(?:struct|class|enum|protocol|actor|typealias) (\w+)",
    re.M,
)
STRING_OR_COMMENT = re.compile(r'"""(?:.|\n)*?"""|"(?:\\.|[^"\\\n])*"|//[^\n]*')


def faults(sources):
    found = []
    for module, order in ORDERS.items():
        code = {}
        for path in sorted((sources / module).rglob("*.swift")):
            folder = path.relative_to(sources / module).parts[0]
            if folder not in order:
                found.append(f"{path}: {module} has no folder {folder}; there are {', '.join(order)}")
                continue
            code[path] = (order.index(folder), STRING_OR_COMMENT.sub('""', path.read_text()))
        home = {name: rank for rank, text in code.values() for name in DECLARED.findall(text)}
        for path, (rank, text) in code.items():
            for word in sorted(set(re.findall(r"\b[A-Z]\w*", text))):
                if home.get(word, rank) > rank:
                    found.append(f"{path}: {order[rank]} names {word} of {order[home[word]]}, which comes later")
    return found
