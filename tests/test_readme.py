"""The README is run as it is written: its curls, its new endpoint, and its table of endpoints."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.harness import PATIENCE, Server, environment, run, serving

pytestmark = pytest.mark.socket

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
DEFAULT = "http://127.0.0.1:8080"
WIDGETS = Path(__file__).parent / "extract" / "pages" / "widgets.md"
WIDGET = "/v2/widgets/7f4f3c1e-2a53-4c0e-9d3e-5a7a1d7e9b10"


def section(title: str) -> str:
    """The text of a section of the README."""
    found = re.search(rf"^## {re.escape(title)}$(.*?)(?=^## |\Z)", README, re.DOTALL | re.MULTILINE)
    assert found, title
    return found[1]


def blocks(title: str) -> list[str]:
    """The shell listings of a section."""
    return re.findall(r"```bash\n(.*?)```", section(title), re.DOTALL)


def shell(script: str, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs a listing with the commands of this environment on the path."""
    path = f"{Path(sys.executable).parent}:{environment()['PATH']}"
    return subprocess.run(
        ["bash", "-euc", script],
        cwd=cwd,
        env=environment(PATH=path, **more),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_each_curl_works_as_pasted(tmp_path: Path) -> None:
    posts, reads = blocks("The endpoints")
    with serving() as server:  # it reads what all accounts sent
        done = shell(posts.replace(DEFAULT, server.url), tmp_path)
        assert done.returncode == 0, done.stderr
        assert re.findall(r"HTTP/1.1 (\d+)", done.stdout) == ["202", "200", "200"]
        done = shell(reads.replace(DEFAULT, server.url), tmp_path)
        assert '"payment.processed"' in done.stdout
        assert '"requests":[' in done.stdout


def test_the_clock_and_its_curls_work_as_pasted(server: Server, tmp_path: Path) -> None:
    (script,) = blocks("Make it fail")
    done = shell(script.replace(DEFAULT, server.url).replace("account=demo", "account=readme-clock"), tmp_path)
    assert done.stdout.count('"frozen":true') == 2, done.stderr


def test_the_table_of_endpoints_is_what_is_served() -> None:
    rows = re.findall(
        r"^\| (\w+) \| `(\w+)` \| (\w+) (\S+) \| (\d+) \| ([\d ]+) \|", section("The endpoints"), re.MULTILINE
    )
    listed = [
        (line.split()[:5], re.findall(r" (\d{3})(?= )", line)[1:]) for line in run("routes").stdout.splitlines()[1:]
    ]
    assert [list(row[:5]) for row in rows] == [head for head, _ in listed]
    assert [row[5].split() for row in rows] == [failures for _, failures in listed]


def test_the_fault_script_of_the_readme_is_accepted(tmp_path: Path) -> None:
    (script,) = re.findall(r"```yaml\n(.*?)```", section("Make it fail"), re.DOTALL)
    (tmp_path / "script.yaml").write_text(script, "utf-8")
    with serving("--scenario", str(tmp_path / "script.yaml")) as server:
        assert server.control("/faults")["total"] == 2


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server of a page that mockserver has never seen, made by the README's two commands."""
    folder = tmp_path_factory.mktemp("acme")
    shutil.copy(WIDGETS, folder / "page.md")
    (script,) = blocks("Add an endpoint from its documentation page")
    extract, serve = script.strip().splitlines()
    done = shell(extract, folder)
    assert done.returncode == 0, done.stderr
    line = ["bash", "-c", f"cd {folder} && PATH={Path(sys.executable).parent}:$PATH && exec {serve}"]
    with serving(line=line, headers={"X-Widget-Key": "w"}, variables={"MOCKSERVER_PORT": "0"}) as server:
        yield server


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v1/widgets", {"label": "first"}, 201),
        ("POST", "/v1/widgets", {"label": "x"}, 400),
        ("POST", "/v1/widgets", {}, 400),
        ("GET", WIDGET, None, 200),
        ("GET", f"{WIDGET}?view=brief&limit=50&fields=a,b", None, 200),
        ("GET", f"{WIDGET}?view=none", None, 400),
        ("GET", f"{WIDGET}?limit=51", None, 400),
        ("GET", "/v2/widgets/no-uuid", None, 400),
        ("DELETE", WIDGET, None, 204),
        ("PUT", WIDGET, None, 405),
    ],
)
def test_a_page_never_seen_before_is_served(acme: Server, method: str, path: str, body: Any, status: int) -> None:
    response = acme.client.request(method, path, json=body)
    assert response.status_code == status, response.text


def test_a_new_vendor_asks_for_its_credential_and_hides_it(acme: Server) -> None:
    assert httpx2.get(acme.url + WIDGET, trust_env=False).status_code == 401
    key = "a-widget-key-that-nobody-may-see"
    acme.client.get(WIDGET, headers={"X-Widget-Key": key})
    (listed,) = acme.control("/requests", account=key)["requests"]
    assert key not in str(acme.whole(listed))
    assert key not in acme.client.get("/__admin/export").text


def test_an_asked_for_status_of_a_new_vendor_is_answered(acme: Server) -> None:
    response = acme.client.get(WIDGET, headers={"Prefer": "code=404"})
    assert response.status_code == 404
    assert response.headers["preference-applied"] == "code=404"
