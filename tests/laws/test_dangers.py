"""Ways of writing that have led to holes elsewhere, and that no module takes."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("engine/accredit_engine", "governance/accredit_governance", "platform/accredit_platform")
TREES = {
    str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8"))
    for source in SOURCES
    for path in sorted((ROOT / source).rglob("*.py"))
}
WEB = ROOT / "platform/accredit_platform/web"


def imported(tree: ast.AST) -> Iterator[str]:
    """Modules, and what is taken out of them, by their full names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def calls(tree: ast.AST) -> list[tuple[str, ast.Call]]:
    """Calls with the dotted names of what is called, as far as it has one."""
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [(_dotted(node.func), node) for node in nodes]


def _dotted(called: ast.expr) -> str:
    if isinstance(called, ast.Attribute):
        return f"{_dotted(called.value)}.{called.attr}"
    return called.id if isinstance(called, ast.Name) else ""


def keyword(call: ast.Call, name: str) -> str | None:
    return next((ast.unparse(k.value) for k in call.keywords if k.arg == name), None)


def importing(*names: str) -> dict[str, set[str]]:
    found = {
        module: {
            each for each in imported(tree) for name in names if f"{each}.".startswith(f"{name}.")
        }
        for module, tree in TREES.items()
    }
    return {module: names for module, names in found.items() if names}


def test_no_text_is_run_as_code() -> None:
    banned = {"eval", "exec", "compile", "__import__", "code.interact"}

    assert {m for m, tree in TREES.items() for name, _ in calls(tree) if name in banned} == set()


def test_no_shell_is_asked() -> None:
    shells = {"os.system", "os.popen", "subprocess.getoutput", "pty.spawn"}
    found = {
        module
        for module, tree in TREES.items()
        for name, call in calls(tree)
        if name in shells or keyword(call, "shell") not in {None, "False"}
    }

    assert found == set()


def test_no_statement_of_sql_is_put_together_from_text() -> None:
    """Only constants are sent as they are written; everything else is SQLAlchemy's."""
    made = {
        module
        for module in importing("sqlalchemy.text", "sqlalchemy.literal_column")
        if "/registry/tables/" not in module  # conditions of indexes
        for name, call in calls(TREES[module])
        if name in {"text", "literal_column"} and not _is_constant(call.args[0])
    }
    sent = {
        module
        for module, tree in TREES.items()
        for name, call in calls(tree)
        if name.endswith(".exec_driver_sql") and not _are_constants(call.args[0])
    }

    assert made == set()
    assert sent == set()


def test_no_interpreter_of_another_language_is_there() -> None:
    """XML, XPath, LDAP, LaTeX, memcached: what is not there is not injected into."""
    gone = importing(
        "xml", "lxml", "defusedxml", "ldap", "ldap3", "pylatex", "memcache", "pymemcache"
    )

    assert gone == {}


def test_yaml_makes_plain_data_only() -> None:
    unsafe = {"yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load"}
    found = {
        (module, keyword(call, "Loader"))
        for module, tree in TREES.items()
        for name, call in calls(tree)
        if name in unsafe
    }

    assert {loader for _, loader in found} <= {"_StrictLoader"}


def test_nobody_chooses_what_a_format_string_says() -> None:
    """`str.format` reaches attributes of what it is given, so its text is one of ours."""
    ours = {
        "platform/accredit_platform/api/deprecation.py",  # the address that a route names
        "platform/accredit_platform/client/endpoint.py",  # the path of a table
        "platform/accredit_platform/webhooks/messages.py",  # the pages of a table
    }
    found = {
        module
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"format", "format_map"}
        and not _is_constant(node.func.value)
    }

    assert found == ours


def _are_constants(value: ast.expr) -> bool:
    """Whether it is a constant, whichever way a condition goes."""
    if isinstance(value, ast.IfExp):
        return _are_constants(value.body) and _are_constants(value.orelse)
    return isinstance(value, ast.Constant)


def _is_constant(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):  # Markup("…")
        return bool(value.args) and _is_constant(value.args[0])
    if isinstance(value, ast.Subscript):
        return _is_constant(value.value)
    if isinstance(value, ast.BinOp):
        return _is_constant(value.left) and _is_constant(value.right)
    return isinstance(value, ast.Constant) or (isinstance(value, ast.Name) and value.id.isupper())


def test_templates_escape_and_are_not_made_of_what_people_write() -> None:
    """Markdown of cards is escaped by a rule of its own, `finalize`."""
    plain = {
        (module, keyword(call, "autoescape"))
        for module, tree in TREES.items()
        for name, call in calls(tree)
        if name == "Environment"
    }
    made = {m for m, tree in TREES.items() for n, _ in calls(tree) if n.endswith(".from_string")}
    unescaped = [
        path.name
        for folder in (ROOT / "platform", ROOT / "governance")
        for path in folder.rglob("templates/*")
        if path.is_file() and re.search(r"\|\s*safe\b|autoescape\s+false", path.read_text("utf-8"))
    ]

    assert {escaped for _, escaped in plain} == {"True", "html"}
    assert made == set()
    assert unescaped == []


def test_hashes_are_strong() -> None:
    weak = re.compile(r"hashlib\.(md5|sha1|new)$|(^|\.)(MD5|SHA1)$")

    assert {m for m, tree in TREES.items() for name, _ in calls(tree) if weak.search(name)} == set()


def test_secrets_are_drawn_by_the_system() -> None:
    """`random` chooses pauses before another attempt, and nothing that anybody could guess."""
    assert set(importing("random")) == {
        "platform/accredit_platform/client/steps.py",
        "platform/accredit_platform/webhooks/sending.py",
    }


def test_ciphers_seal_and_none_of_the_old_modes_is_there() -> None:
    found = importing("cryptography.hazmat.primitives.ciphers")

    assert {name for names in found.values() for name in names} == {
        "cryptography.hazmat.primitives.ciphers.aead",
        "cryptography.hazmat.primitives.ciphers.aead.AESGCM",
    }


def test_certificates_are_checked_and_redirects_not_followed() -> None:
    loose = {"_create_unverified_context", "CERT_NONE"}
    found = []
    for module, tree in TREES.items():
        names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        found += [module] if names & (loose | {"check_hostname"}) else []
        for _, call in calls(tree):
            followed = keyword(call, "follow_redirects") not in {None, "False"}
            found += [module] if followed or keyword(call, "verify") == "False" else []

    assert found == []


def test_scripts_of_pages_build_no_markup_and_keep_nothing() -> None:
    """Text only, nothing stored in the browser, no message from elsewhere, no object merged."""
    scripts = sorted((WEB / "static").glob("*.js"))
    banned = re.compile(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(|postMessage|"
        r"localStorage|sessionStorage|indexedDB|__proto__|prototype|Object\.assign|\.cookie\b"
    )

    assert scripts
    assert [path.name for path in scripts if banned.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("name", ["runtime", "dev"])
def test_every_package_is_locked_with_its_hashes(name: str) -> None:
    """The inventory of what is installed: name, version, digests, and who wants it."""
    text = (ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8")
    packages = re.split(r"(?m)^(?=[a-z0-9])", text)[1:]

    assert len(packages) > 20
    for package in packages:
        assert re.match(r"[a-z0-9._\[\],-]+==\S+", package), package
        assert "--hash=sha256:" in package, package.splitlines()[0]
        assert "# via" in package, package.splitlines()[0]
    assert "://" not in text


def test_nothing_of_version_control_or_tests_is_installed() -> None:
    built = (
        (ROOT / "pyproject.toml")
        .read_text(encoding="utf-8")
        .split("[tool.hatch.build.targets.wheel]")
    )
    packages = re.search(r"packages = \[([^\]]+)\]", built[1])

    assert packages
    assert re.findall(r'"([^"]+)"', packages[1]) == list(SOURCES)
    assert not [m for m in TREES if "/tests/" in m or "/.git" in m]
