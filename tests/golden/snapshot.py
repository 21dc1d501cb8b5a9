"""The OpenAPI document as it was agreed; `python -m tests.golden.snapshot` renews it.

Examples are left out: they are checked by themselves, and would hide what matters in a comparison.
"""

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from accredit_platform.api.description import document_of
from accredit_platform.app import create_app
from accredit_platform.settings import Settings
from accredit_platform.wiring import Services, open_services, prepare

FILE = Path(__file__).parent / "openapi.json"
Json = dict[str, Any]
METHODS = {"get", "post", "put", "patch", "delete"}


def application_of(services: Services) -> FastAPI:
    """The application below the layers around it."""
    layer: Any = create_app(services)
    while not isinstance(layer, FastAPI):
        layer = layer.app
    return layer


def text_of(document: Json) -> str:
    """The document as it is kept: one member a line, in a fixed order."""
    return json.dumps(without_examples(document), indent=1, sort_keys=True) + "\n"


def without_examples(value: Any) -> Any:
    """The same document, shorter."""
    if isinstance(value, dict):
        return {
            k: without_examples(v)
            for k, v in value.items()
            if k != "example" or not isinstance(value.get("schema"), dict)
        }
    return [without_examples(item) for item in value] if isinstance(value, list) else value


def breaking(before: Json, after: Json) -> list[str]:
    """What callers of the earlier document would stumble over in the later one."""
    return sorted({*_of_operations(before, after), *_of_schemas(before, after)})


def _of_operations(before: Json, after: Json) -> Iterator[str]:
    for path, methods in before["paths"].items():
        for method, old in methods.items():
            new = after["paths"].get(path, {}).get(method)
            if method not in METHODS:
                continue
            name = f"{method.upper()} {path}"
            if new is None:
                if not old.get("deprecated"):
                    yield f"{name} is gone"
                continue
            given = {(p["in"], p["name"]): p for p in new.get("parameters", ())}
            known = {(p["in"], p["name"]): p for p in old.get("parameters", ())}
            for place in known.keys() - given.keys():
                yield f"{name} does not take {' '.join(place)} any more"
            for place, parameter in given.items():
                was = known.get(place, {}).get("required", False)
                if parameter.get("required") and not was:
                    yield f"{name} demands {' '.join(place)}"
            for status in {s for s in old["responses"] if s[0] == "2"} - set(new["responses"]):
                yield f"{name} does not answer {status} any more"


def _of_schemas(before: Json, after: Json) -> Iterator[str]:
    later = after["components"]["schemas"]
    sent = _sent(after)
    for name, old in before["components"]["schemas"].items():
        new = later.get(name)
        if new is None:
            continue
        for field in old.get("properties", {}).keys() - new.get("properties", {}).keys():
            yield f"{name} has no {field} any more"
        for field in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
            if name in sent:
                yield f"{name} demands {field}"
        for value in set(old.get("enum", ())) - set(new.get("enum", ())):
            yield f"{name} has no {value!r} any more"


def _sent(document: Json) -> set[str]:
    """Schemas of what callers send: one more field of an answer hurts nobody, of a body it does."""
    schemas = document["components"]["schemas"]
    operations = [o for methods in document["paths"].values() for o in methods.values()]
    waiting = _named([o.get("requestBody") for o in operations if isinstance(o, dict)])
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found and name in schemas:
            found.add(name)
            waiting += _named(schemas[name])
    return found


def _named(part: Any) -> list[str]:
    return re.findall(r"#/components/schemas/([\w.-]+)", json.dumps(part))


def main() -> None:
    """Write the document down."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder) / "home")
        prepare(settings)
        services = open_services(settings)
        document = document_of(application_of(services))
        services.close()
    if FILE.exists():
        for change in breaking(json.loads(FILE.read_text(encoding="utf-8")), document):
            sys.stdout.write(f"breaking: {change}\n")
    FILE.write_text(text_of(document), encoding="utf-8")


if __name__ == "__main__":
    main()
