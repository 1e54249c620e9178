"""The scripts themselves: help does nothing else, settings are read as documented, nobody else's data is deleted."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = sorted(path for path in (ROOT / "scripts").iterdir() if path.is_file() and os.access(path, os.X_OK))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_help_prints_help_and_does_nothing_else(script, tmp_path):
    # Without the tools that work needs: whoever tries to build, install or connect fails.
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "sh", "env", "python3", "cat", "dirname", "basename", "git", "sed", "grep"):
        (tools / name).symlink_to(os.path.realpath(sys.executable) if name == "python3" else shutil.which(name))
    environment = {"PATH": str(tools), "HOME": str(tmp_path), "TIKETI_DATA": str(tmp_path / "data")}
    run = subprocess.run([script, "--help"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    assert "usage" in run.stdout.lower()
    assert not (tmp_path / "data").exists()


def settings_in(folder, environment, expression):
    """What scripts/dev of a checkout in `folder` would use."""
    code = f"from devtools import settings; print({expression})"
    run = subprocess.run(["python3", "-c", code], cwd=folder, env={"PYTHONPATH": "scripts", "PATH": os.environ["PATH"], **environment},
                         capture_output=True, text=True)
    return run.stdout.strip() if run.returncode == 0 else run.stderr


@pytest.fixture
def checkout(tmp_path):
    shutil.copytree(ROOT / "scripts" / "devtools", tmp_path / "scripts" / "devtools", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_env_file_is_read_and_the_environment_wins(checkout):
    (checkout / ".env").write_text("# a comment\n\nADMIN_PASSWORD='from the file'\nexport JWT_SECRET=also\nTIKETI_PORT_OFFSET=700\n")
    assert settings_in(checkout, {}, "settings.SECRETS['ADMIN_PASSWORD']") == "from the file"
    assert settings_in(checkout, {}, "settings.SECRETS['JWT_SECRET'], settings.port('gateway')") == "also 3701"
    assert settings_in(checkout, {"JWT_SECRET": "mine"}, "settings.SECRETS['JWT_SECRET']") == "mine"


def test_an_unreadable_env_file_is_named_with_its_line(checkout):
    (checkout / ".env").write_text("LOG_LEVEL=info\nthis is nothing\n")
    assert ".env:2: expected NAME=value" in settings_in(checkout, {}, "1")


def test_the_example_is_readable_and_changes_nothing_that_a_copy_needs(checkout):
    shutil.copy(ROOT / ".env.example", checkout / ".env")
    assert settings_in(checkout, {}, "settings.service_environment('ticket')['DB_PORT']") == "15432"


def test_uploads_of_a_copy_lie_in_its_data_folder(checkout):
    data = checkout / "elsewhere"
    assert settings_in(checkout, {"TIKETI_DATA": str(data)}, "settings.service_environment('gateway')['UPLOAD_ROOT']") == str(
        data / "uploads"
    )


def test_a_benchmark_refuses_a_folder_that_exists(tmp_path):
    kept = tmp_path / "kept"
    kept.write_text("precious")
    run = subprocess.run(
        [ROOT / "scripts" / "bench", "http"], env={**os.environ, "TIKETI_DATA": str(tmp_path)}, capture_output=True, text=True
    )
    assert run.returncode == 2 and "exists" in run.stderr
    assert kept.read_text() == "precious"
