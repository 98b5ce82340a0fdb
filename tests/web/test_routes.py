"""The page's files are served with the types and headers that keep foreign code out."""

from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from hawk_backend.web import STATIC, VENDOR, mount


async def get(path: str, vendor: Path, **headers: str) -> httpx.Response:
    """Return what an application answers that serves the page alone."""
    app = Starlette()
    mount(app, vendor=vendor)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hawk.test") as client:
        return await client.get(path, headers=headers)


@pytest.fixture
def vendor(tmp_path: Path) -> Path:
    """Return a vendor folder in which the files exist, whatever they hold."""
    for name in ("marked.js", "swagger-ui-bundle.js", "swagger-ui.css"):
        (tmp_path / name).write_text("")
    return tmp_path


@pytest.mark.parametrize("path", ["/", "/docs"])
async def test_a_document_may_load_nothing_foreign(vendor: Path, path: str) -> None:
    """Every kind of content is refused but for what the page itself serves."""
    answer = await get(path, vendor)
    policy = dict(
        directive.strip().split(" ", 1)
        for directive in answer.headers["content-security-policy"].split(";")
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/", "/docs", "/static/main.js", "/vendor/marked.js"])
async def test_every_answer_is_guarded(vendor: Path, path: str) -> None:
    """No sniffing, no referrer, and a copy is asked for again before it is used."""
    headers = (await get(path, vendor)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/static/main.js", "text/javascript; charset=utf-8"),
        ("/static/style.css", "text/css; charset=utf-8"),
        ("/static/icon.svg", "image/svg+xml"),
        ("/vendor/marked.js", "text/javascript; charset=utf-8"),
        ("/vendor/swagger-ui.css", "text/css; charset=utf-8"),
    ],
)
async def test_types_do_not_depend_on_the_system(vendor: Path, path: str, kind: str) -> None:
    """Each file has the one content type that browsers take it under."""
    assert (await get(path, vendor)).headers["content-type"] == kind


async def test_an_unchanged_file_is_not_sent_again(vendor: Path) -> None:
    """The ETag of a file is answered with 304, with the guarding headers still there."""
    tag = (await get("/static/main.js", vendor)).headers["etag"]
    again = await get("/static/main.js", vendor, **{"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/", "/docs"])
async def test_missing_libraries_are_told_with_their_remedy(tmp_path: Path, path: str) -> None:
    """Without the vendor folder a plain text says which command makes it."""
    answer = await get(path, tmp_path / "none")
    assert answer.status_code == 503
    assert answer.headers["content-type"].startswith("text/plain")
    assert "python -m hawk_backend.dev.vendor" in answer.text


@pytest.mark.parametrize(
    "path",
    ["/static/none.js", "/vendor/none.js", "/static/../routes.py", "/static/%2e%2e/routes.py"],
)
async def test_what_is_not_there_is_404(tmp_path: Path, path: str) -> None:
    """A missing file, a missing folder and a way out of the folder are all not found."""
    assert (await get(path, tmp_path / "none")).status_code == 404


class Elements(HTMLParser):
    """Collects every element of a document with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep one element."""
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("document", sorted(STATIC.glob("*.html")), ids=lambda path: path.name)
def test_no_document_has_code_or_style_of_its_own(document: Path) -> None:
    """Scripts and styles are files of ours; nothing comes from another origin."""
    for tag, attributes in Elements(document.read_text()).found:
        assert tag != "style"
        assert tag != "script" or attributes["src"]
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        for name in attributes.keys() & {"src", "href"}:
            address = str(attributes[name])
            folder, _, file = address.removeprefix("/").partition("/")
            assert (
                address == "/docs"
                or ({"static": STATIC, "vendor": VENDOR}[folder] / file).is_file()
            )
