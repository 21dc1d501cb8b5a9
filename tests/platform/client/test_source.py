"""The client's methods are those of the routes."""

from accredit_platform.api.client_modules import FOLDER, written


def test_the_methods_are_those_of_the_routes() -> None:
    """`make client` writes them anew."""
    current = {name: name.read_text(encoding="utf-8") for name in FOLDER.glob("*.py")}

    for name, text in written().items():
        assert current[name] == text, f"{name.name} is not current; run make client"
