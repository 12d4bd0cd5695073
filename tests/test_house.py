"""The house itself: its rooms, its locks, and the files by which others run it."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow

ROOT = Path(__file__).parents[1]
ROOMS = {"channels", "checks", "estimators", "flows", "liftledger", "migrations", "reports",
         "review", "storage", "studies", "tasks"}  # fmt: skip
NAMELESS = {"common", "helpers", "misc", "src", "util", "utils"}
QUIET = {
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
}


def parsed(path: str) -> dict[str, Any]:
    content = yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def ours() -> list[Path]:
    """Every file of the project, as git sees it, also those not yet committed."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git clone")
    names = [Path(name) for name in listed.stdout.split("\0") if name]
    return [name for name in names if (ROOT / name).exists()]


def test_every_package_is_listed_and_installed_with_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed = set(project["tool"]["setuptools"]["packages"])
    found = {
        ".".join(name.parent.parts)
        for name in ours()
        if name.suffix == ".py" and name.parts[0] in ROOMS
    }
    assert listed == found
    assert {package.split(".")[0] for package in listed} == ROOMS


def test_no_folder_has_a_name_that_says_nothing() -> None:
    assert not [str(name) for name in ours() if NAMELESS & {*name.parts[:-1], name.stem}]


def test_estimators_import_numpy_scipy_numba_and_nothing_else_that_is_installed() -> None:
    imported = {
        name.split(".")[0]
        for file in (ROOT / "estimators").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        for name in _names(node)
    }
    allowed = {"estimators", "numba", "numpy", "scipy", "threadpoolctl"}
    assert imported - set(sys.stdlib_module_names) <= allowed


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []


UNSAFE = {  # what can run what it reads
    "import": {"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"},
    "call": {"__import__", "compile", "eval", "exec", "popen", "read_pickle", "system"},
    "keyword": {"allow_pickle", "shell"},
}  # fmt: skip


def test_nothing_that_is_read_can_run() -> None:
    """No room reads a format that holds code, evaluates text, or hands words to a shell."""
    found = []
    for room in sorted(ROOMS):
        for file in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                words = {name.split(".")[0] for name in _names(node)} & UNSAFE["import"]
                words |= _called(node) & UNSAFE["call"] if isinstance(node, ast.Call) else set()
                words |= (
                    {node.arg or ""} & UNSAFE["keyword"] if isinstance(node, ast.keyword) else set()
                )
                found += [f"{file.relative_to(ROOT)}: {word}" for word in words]
    assert found == []


def _called(node: ast.Call) -> set[str]:
    """The name of what is called: a built-in, or a function of a module that is named."""
    match node.func:
        case ast.Name(id=name):
            return {name}
        case ast.Attribute(value=ast.Name(id="os" | "pd" | "builtins"), attr=name):
            return {name}
    return set()


def test_docker_is_no_package_for_it_would_shadow_the_library_prefect_imports() -> None:
    assert not (ROOT / "docker" / "__init__.py").exists()
    assert "site-packages" in str(import_module("docker").__file__)


@pytest.mark.parametrize(
    ("kind", "fewer"), [("", 50), ("-dask", 50), ("-dev", 50), ("-release", 40)]
)
def test_a_lock_pins_every_file_by_its_hash_and_names_no_host(kind: str, fewer: int) -> None:
    text = (ROOT / f"requirements{kind}.lock").read_text(encoding="utf-8")
    pins = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(pins) > fewer
    assert not [pin.split()[0] for pin in pins if "==" not in pin or "--hash=sha256:" not in pin]
    assert "://" not in text
    assert "index-url" not in text


def test_no_file_that_builds_names_the_index_it_installs_from() -> None:
    """Where packages come from is said by whoever installs, in the settings of pip."""
    files = [ROOT / "Makefile", *ROOT.glob("*.toml"), *ROOT.glob("*.in"), *ROOT.glob("*.yaml")]
    files += [one for one in (ROOT / "docker").iterdir() if one.is_file()]
    named = r"index[-_]url\W+\w+://"
    assert [one.name for one in files if re.search(named, one.read_text(encoding="utf-8"))] == []


def test_the_development_lock_holds_exactly_what_runs_and_more() -> None:
    def pins(name: str) -> set[str]:
        text = (ROOT / name).read_text(encoding="utf-8")
        return set(re.findall(r"^[a-z0-9][^\\]*==[^\\]*(?= \\)", text, flags=re.MULTILINE))

    def versions(name: str) -> set[str]:  # where a package is for some systems only may differ
        return {pin.split(" ;")[0] for pin in pins(name)}

    assert pins("requirements.lock") < pins("requirements-dev.lock")
    assert versions("requirements-dask.lock") < versions("requirements-dev.lock")


def test_every_deployment_names_a_flow_and_parameters_it_takes() -> None:
    deployments = parsed("prefect.yaml")["deployments"]
    assert {deployment["name"] for deployment in deployments} >= {"analyze"}
    for deployment in deployments:
        path, _, name = deployment["entrypoint"].partition(":")
        assert (ROOT / path).is_file()
        flow = getattr(import_module(path.removesuffix(".py").replace("/", ".")), name)
        assert isinstance(flow, Flow)
        assert set(deployment["parameters"]) <= set(flow.parameters.properties)
        assert set(flow.parameters.required or ()) <= set(deployment["parameters"])
        assert deployment["work_pool"]["name"] == "liftledger"


def test_what_is_scheduled_runs_one_at_a_time() -> None:
    scheduled = [one for one in parsed("prefect.yaml")["deployments"] if one.get("schedules")]
    assert {one["name"] for one in scheduled} >= {"deliver-alerts", "monitor", "replay-sample"}
    for one in scheduled:  # a second is no harm, only waste: the ledger has its own leases
        assert one["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}


def test_prefect_yaml_names_the_locked_version() -> None:
    version = parsed("prefect.yaml")["prefect-version"]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert f"\nprefect=={version} " in lock


def test_compose_runs_a_database_a_server_and_a_worker_that_wait_for_each_other() -> None:
    services = parsed("docker/compose.yaml")["services"]
    assert set(services) == {"database", "prefect", "worker", "listener"}
    major = re.match(r"postgres:(\d+)", services["database"]["image"])
    assert major
    assert int(major[1]) >= 16
    assert all("healthcheck" in services[name] for name in ("database", "prefect"))
    for service in services.values():
        for wanted, state in service.get("depends_on", {}).items():
            assert wanted in services
            assert state["condition"] == "service_healthy"
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (ROOT / "docker" / source).is_file()
            else:
                assert source in parsed("docker/compose.yaml")["volumes"]


def test_compose_takes_passwords_from_the_environment_and_none_has_a_default() -> None:
    text = (ROOT / "docker" / "compose.yaml").read_text(encoding="utf-8")
    example = (ROOT / "docker" / ".env.example").read_text(encoding="utf-8")
    asked = set(re.findall(r"\$\{([A-Z_]*PASSWORD)(?!:\?)", text))
    assert not asked  # each use is ${...:?...}: compose stops when it is not set
    for name in set(re.findall(r"\$\{([A-Z_]+)", text)):
        assert re.search(rf"^{name}=", example, re.MULTILINE)
    assert not re.search(r"^[A-Z_]*PASSWORD=.+", example, re.MULTILINE)


def test_the_image_is_pinned_by_hashes_unprivileged_quiet_and_watched() -> None:
    text = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")
    for lock in ("requirements", "requirements-dask"):  # compose.yaml offers LIFTLEDGER_DASK
        assert f"--require-hashes --no-deps -r /tmp/{lock}.lock" in text
    users = re.findall(r"^USER (\S+)", text, re.MULTILINE)
    assert users
    assert users[-1] not in ("root", "0")
    assert "HEALTHCHECK" in text
    for name, value in QUIET.items():
        assert f"{name}={value}" in text


def test_whatever_the_containers_write_lies_where_a_read_only_system_lets_them() -> None:
    text = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")
    written = dict(re.findall(r"^(?:ENV)?\s*(\w+)=(/var/\S+)", text, re.MULTILINE))
    services = parsed("docker/compose.yaml")["services"]
    for name in ("prefect", "worker", "listener"):
        service = services[name]
        assert service["read_only"]
        assert service["init"]  # or a process that handles no signal is killed, not stopped
        kept = [volume.split(":")[1] for volume in service.get("volumes", [])]
        free = [place.split(":")[0] for place in service["tmpfs"]] + kept
        needs = set(written) - ({"NUMBA_CACHE_DIR"} if name == "prefect" else set())
        assert needs >= {"LIFTLEDGER_HOME", "PREFECT_HOME", "PREFECT_SERVER_UI_STATIC_DIRECTORY"}
        for place in needs:
            assert any(Path(written[place]).is_relative_to(one) for one in free), place
    # a volume takes its owner from the folder in the image
    assert f"--owner=liftledger --group=liftledger --mode=0700 {written['NUMBA_CACHE_DIR']}" in text


def test_the_image_gets_every_room_and_file_it_needs() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    sent = {line[1:] for line in lines if line.startswith("!")}
    assert sent > ROOMS | {"prefect.yaml", "pyproject.toml", "requirements.lock"}
    assert not [name for name in sent if not (ROOT / name).exists()]


def test_make_turns_off_whatever_would_phone_home() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    for name, value in QUIET.items():
        assert f"export {name} := {value}" in text
