"""The rules of who may import whom, and a reader of imports. See doc/architecture.md."""

import ast
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "orangecontrib.imaging"
QT = ("AnyQt", "PyQt5", "PyQt6", "PySide2", "PySide6", "qtpy")
CANVAS = ("orangewidget", "orangecanvas", "Orange.widgets", "Orange.canvas", "pyqtgraph")


@dataclass(frozen=True)
class Import:
    """One imported module; `at_top` when it is imported with the file that names it."""

    line: int
    module: str
    at_top: bool


@dataclass(frozen=True)
class Rule:
    """What the modules of a layer may not import; `at_top_only` allows it inside functions."""

    layer: str
    forbidden: tuple[str, ...]
    at_top_only: bool = False


def own(*names):
    return tuple(f"{PACKAGE}.{name}" for name in names)


RULES = (
    Rule("core", ("Orange", *QT, *CANVAS, *own("tables", "widgets", "workflow", "cli", "commands", "interrupt",
                                                "progress"))),
    Rule("tables", (*QT, *CANVAS, "Orange.misc.server_embedder", "Orange.misc.utils.embedder_utils",
                    *own("widgets", "workflow", "cli", "commands", "interrupt", "progress"))),
    Rule("widgets.ow*", (*QT[1:], *own("widgets.ow*", "workflow", "cli", "commands", "interrupt", "progress"))),
    Rule("widgets.parts", (*QT[1:], "Orange", "orangewidget", "orangecanvas",
                           *own("tables", "widgets.ow*", "widgets.jobs", "workflow", "cli", "commands", "interrupt",
                                "progress"))),
    Rule("widgets.jobs", (*QT, "pyqtgraph",
                          *own("widgets.ow*", "workflow", "cli", "commands", "interrupt", "progress"))),
    Rule("workflow", (*QT[1:], *own("widgets", "cli", "commands", "interrupt", "progress"))),
    Rule("cli", ("Orange", *QT, *CANVAS, *own("tables", "workflow")), at_top_only=True),
    Rule("cli", own("widgets")),
    Rule("commands", ("Orange", *QT, *CANVAS, *own("tables", "workflow")), at_top_only=True),
    Rule("commands", own("widgets", "cli")),
    Rule("interrupt", ("Orange", *QT, *CANVAS, *own("core", "tables", "widgets", "workflow", "cli", "commands"))),
    Rule("progress", ("Orange", *QT, *CANVAS, *own("tables", "widgets", "workflow", "cli", "commands"))),
    Rule("language", ("Orange", *QT, *CANVAS, *own("core", "tables", "widgets", "workflow", "cli", "commands",
                                                    "interrupt", "progress"))),
    Rule("__init__", ("Orange", *QT, *CANVAS, *own("core", "tables", "widgets", "workflow", "cli", "commands",
                                                    "interrupt", "progress"))),
)


def violations(root):
    """All broken rules below the folder that holds ``orangecontrib``, as ``file:line: layer imports module``."""
    found = []
    for path in sorted(Path(root, *PACKAGE.split(".")).rglob("*.py")):
        shown = path.relative_to(root).as_posix()
        name = module_name(shown)
        found += [f"{shown}:{one.line}: {name} imports {one.module}"
                  for one in imports(path.read_text(encoding="utf-8"), shown) if _breaks(name, one)]
    return found


def module_name(shown):
    """The name below the package of the file ``orangecontrib/imaging/NAME.py``."""
    return shown.removeprefix(PACKAGE.replace(".", "/") + "/").removesuffix(".py").replace("/", ".")


def imports(source, shown):
    """Every module that a file imports, relative ones resolved; ``from a import b`` is both a and a.b."""
    package = shown.removesuffix(".py").split("/")[:-1]
    tree = ast.parse(source)
    inside = {inner for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
              for inner in ast.walk(node)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = package[:len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            modules = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        else:
            continue
        found += [Import(node.lineno, module, node not in inside) for module in modules]
    return found


def _breaks(name, one):
    return any((one.at_top or not rule.at_top_only) and any(_within(one.module, module) for module in rule.forbidden)
               for rule in RULES if _within(name, rule.layer))


def _within(module, layer):
    if layer.endswith("*"):
        return module.startswith(layer[:-1])
    return module == layer or module.startswith(f"{layer}.")
