"""What the dashboard serves, without a browser: pages, files, caching, sign-in, inline scripts."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from dashboard.app import Site, create_dash, script_hashes
from dashboard.static import Assets, build_id


@pytest.fixture
def client() -> Iterator[TestClient]:
    api = FastAPI()
    create_dash(api, Site(name="楚<雄>州"))
    with TestClient(api) as test_client:
        yield test_client


def test_own_scripts_are_modules_under_the_build_and_cached_for_ever(client: TestClient) -> None:
    build = client.get("/static/version.json").json()["build"]
    answer = client.get(f"/static/{build}/built/main.js")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert f"/static/{build}/built/main.js" in client.get("/").text
    assert build == build_id()


def preloaded(client: TestClient, path: str) -> list[str]:
    return re.findall(r'<link rel="modulepreload" href="([^"]+)"', client.get(path).text)


@pytest.mark.parametrize(
    ("path", "has_map"), [("/", True), ("/wall", True), ("/log", False), ("/approvals/cases/x", False)]
)
def test_a_pages_head_names_the_modules_that_it_imports(client: TestClient, path: str, has_map: bool) -> None:
    modules = preloaded(client, path)
    assert any(module.endswith("/built/main.js") for module in modules)
    assert len(modules) > len(preloaded(client, "/no-such-page"))
    assert any(module.endswith("/maplibre-gl.mjs") for module in modules) == has_map
    assert {client.get(module).status_code for module in modules} == {200}


def test_a_file_that_never_changes_is_read_and_packed_once(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"/static/{build_id()}/built/main.js"
    first = client.get(path, headers={"Accept-Encoding": "gzip"})
    monkeypatch.setattr(Assets, "get_response", None)
    again = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert (again.status_code, again.text, dict(again.headers)) == (200, first.text, dict(first.headers))


def test_another_builds_address_answers_but_is_not_kept(client: TestClient) -> None:
    answer = client.get("/static/0000000000000000/built/main.js")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/static/x/../app.py", "/static/x/%2e%2e/app.py", "/static/x/none.js", "/static/x"])
def test_nothing_but_assets_is_served(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404 or "create_dash" not in answer.text


@pytest.mark.parametrize("path", ["nope/x.js", "dash/nope.js", "dash/%2e%2e/app.py", "dash/", "%00/x", "x", "dash", ""])
def test_a_bad_path_below_dashs_own_files_is_not_found(client: TestClient, path: str) -> None:
    client.get("/")
    assert client.get(f"/_dash-component-suites/{path}").status_code == 404


def test_texts_are_served_in_both_languages_only(client: TestClient) -> None:
    assert client.get("/static/x/texts/en.json").json()["health.down"] == "Down"
    assert client.get("/static/x/texts/zh-CN.json").json()["health.down"] == "中断"
    assert client.get("/static/x/texts/../../secret.json").status_code == 404


def test_sites_name_is_escaped_everywhere(client: TestClient) -> None:
    for path in ("/", "/signin"):
        page = client.get(path).text
        assert "楚&lt;雄&gt;州" in page
        assert "楚<雄>州" not in page


def test_page_of_an_asset_is_a_page_and_not_a_file(client: TestClient) -> None:
    answer = client.get("/assets/X532329")
    assert answer.status_code == 200
    assert "react-entry-point" in answer.text


def test_sign_in_icon_and_manifest_stand_before_the_catch_all(client: TestClient) -> None:
    assert 'id="signin"' in client.get("/signin").text
    assert "_dash-config" not in client.get("/signin").text
    assert client.get("/favicon.ico").headers["content-type"] == "image/svg+xml"
    assert client.get("/manifest.webmanifest").json()["start_url"] == "/"


def test_every_inline_script_of_the_page_has_its_hash() -> None:
    api = FastAPI()
    app = create_dash(api, Site(name="楚雄州"))
    with TestClient(api) as client:
        page = client.get("/").text
    inline = re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>(.*?)</script>", page, re.S)
    assert len(inline) == 2
    for script in inline:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in script_hashes(app)


def test_page_names_no_other_host(client: TestClient) -> None:
    page = client.get("/").text
    hosts = set(re.findall(r"""(?:src|href)=["']((?:https?:)?//[^"']+)""", page))
    assert hosts == set()


def test_callbacks_are_known_before_the_first_page_is_asked_for(client: TestClient) -> None:
    assert any("_pages_content" in callback["output"] for callback in client.get("/_dash-dependencies").json())


@pytest.mark.parametrize("file", ["built/styles.css", "built/main.js", "texts/zh-CN.json"])
def test_files_are_sent_packed_to_who_takes_it(client: TestClient, file: str) -> None:
    path = f"/static/{build_id()}/{file}"
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < len(plain.content) / 2


def test_dashs_own_files_are_sent_packed_too(client: TestClient) -> None:
    [script] = re.findall(r'src="(/_dash-component-suites/dash/dash-renderer/[^"]+)"', client.get("/").text)
    answer = client.get(script, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert b"DashRenderer" in answer.content


def test_an_answer_that_is_no_file_is_left_alone(client: TestClient) -> None:
    answer = client.get("/static/version.json", headers={"Accept-Encoding": "gzip"})
    assert answer.json()["build"] == build_id()
    assert "content-encoding" not in answer.headers
    assert client.get("/static/x/none.js", headers={"Accept-Encoding": "gzip"}).status_code == 404
