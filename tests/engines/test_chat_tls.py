"""Encrypted connections: who vouches for a server that signed its own certificate, against a real one on the loopback."""

import os
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from synlearner.engines.chat_api import ChatApi
from synlearner.errors import EngineError, SpecError
from synlearner.records import Draft, Prompt, Turn
from synlearner.stream.specs import GeneratorSpec
from synlearner.testing import serve, stats

KEY = "sk-secret-0123456789abcdef"


def certificate_in(folder, name):
    """A certificate that signed itself, for a name or address, and its key; made by OpenSSL's command."""
    cert, key = folder / "certificate.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=test"]
    more = ["-addext", f"subjectAltName={name}", "-addext", "keyUsage=critical,digitalSignature,keyCertSign", "-keyout", key, "-out", cert]
    subprocess.run([*command, *more], check=True, capture_output=True)
    return cert, key


@pytest.fixture(scope="module")
def signed(tmp_path_factory):
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl command to make a certificate with")
    return certificate_in(tmp_path_factory.mktemp("certificate"), "IP:127.0.0.1")


def side(cert, key):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    return context


def ask(url, **options):
    spec = GeneratorSpec(engine="chat_api", model="m", base_url=url, api_key_env="TEST_KEY", options={"backoff": 0, **options})
    engine = ChatApi(spec)
    try:
        return [a for _, answers in engine.write([[Turn(Prompt(f"p{n}", "task", "step", n, "good", {}, (), "", "user", n))] for n in range(5)]) for a in answers]
    finally:
        engine.close()


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("TEST_KEY", KEY)


def refused(cert, key, **options):
    """What is said of a server that is not asked."""
    with serve(lambda _: "hello", tls=side(cert, key)) as url:
        with pytest.raises(EngineError) as caught:
            ask(url, **options)
        told = stats(url, tls=_unnamed(cert))
    assert (told["requests"], told["with_key"]) == (0, 0)
    assert "no safe connection" in caught.value.message
    assert KEY not in f"{caught.value}{caught.value!r}"
    return caught.value


def _unnamed(cert):
    """Trusts one certificate, whatever it is for."""
    context = ssl.create_default_context(cafile=cert)
    context.check_hostname = False
    return context


def test_a_server_that_vouches_for_itself_is_refused_before_anything_is_sent(signed):
    error = refused(*signed)
    assert "self-signed certificate" in error.message
    assert "generator.options.ca_file" in error.fix


def test_a_server_whose_certificate_is_named_is_asked(signed):
    with serve(lambda _: "hello", key=KEY, tls=side(*signed)) as url:
        answers = ask(url, ca_file=str(signed[0]))
        told = stats(url, tls=ssl.create_default_context(cafile=signed[0]))
    assert all(isinstance(a, Draft) and a.text == "hello" for a in answers)
    assert told["requests"] == told["answered"] == 5


def test_a_certificate_for_another_name_is_refused_although_it_is_trusted(tmp_path, signed):
    cert, key = certificate_in(tmp_path, "DNS:other.example")
    assert "IP address mismatch" in refused(cert, key, ca_file=str(cert)).message


def test_openssl_s_own_variable_is_heeded(signed):
    """It is read when the HTTP library is loaded, so a process of its own tells."""
    script = "import sys; sys.path.insert(0, sys.argv[2]); from test_chat_tls import ask; print([a.text for a in ask(sys.argv[1])])"
    with serve(lambda _: "hello", tls=side(*signed)) as url:
        command = [sys.executable, "-c", script, url, str(Path(__file__).parent)]
        done = subprocess.run(command, env={**os.environ, "SSL_CERT_FILE": str(signed[0])}, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == str(["hello"] * 5)


@pytest.mark.parametrize(("content", "said"), [(None, "No such file"), ("no certificate", "holds no certificate")])
def test_a_file_without_certificates_is_refused_before_the_run(tmp_path, content, said):
    file = tmp_path / "company.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(SpecError, match=said) as caught:
        ChatApi.check(GeneratorSpec(engine="chat_api", model="m", base_url="https://localhost:1/v1", options={"ca_file": str(file)}))
    assert caught.value.field == "generator.options.ca_file"
    assert "PEM" in caught.value.fix
