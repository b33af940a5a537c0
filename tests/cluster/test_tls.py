"""A scheduler that takes connections by TLS alone, with certificates of Dask's own settings."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import dask
import pandas as pd
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import crembo_cli as crembo
from crembo_cli.errors import ClusterError
from tests import small_teachers
from tests.cluster.dask_processes import scheduler, worker

ROLES = "scheduler", "worker", "client"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Dask's settings of a certificate that signs itself, for all roles."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "crembo test")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    certificates = {f"{role}.cert": "cert.pem" for role in ROLES}
    keys = {f"{role}.key": "key.pem" for role in ROLES}
    return {
        f"distributed.comm.tls.{setting}": str(folder / file)
        for setting, file in {"ca-file": "cert.pem", **certificates, **keys}.items()
    }


@pytest.fixture(scope="module")
def cluster(settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a scheduler with a worker, both with these settings."""
    environment = {
        "DASK_" + setting.upper().replace(".", "__").replace("-", "_"): path
        for setting, path in settings.items()
    }
    folder = tmp_path_factory.mktemp("worker")
    with (
        scheduler("tls", environment) as address,
        worker(address, folder, environment=environment),
    ):
        yield address


def test_workers_are_used_by_tls(
    tmp_path: Path, settings: dict[str, str], cluster: str, teacher: Path
) -> None:
    """The same answers as without."""
    small_teachers.table(10_000).to_parquet(tmp_path / "t.parquet")
    here = crembo.score(teacher, tmp_path / "t.parquet").frame
    with dask.config.set(settings):
        there = crembo.score(teacher, tmp_path / "t.parquet", dask=cluster).frame
    pd.testing.assert_frame_equal(here, there)


def test_without_a_certificate_no_scheduler_answers(
    tmp_path: Path, cluster: str, teacher: Path
) -> None:
    """One line, which says what Dask lacks."""
    small_teachers.table(20).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(ClusterError, match="no scheduler of Dask answers"):
        crembo.score(teacher, tmp_path / "t.parquet", dask=cluster)
    with pytest.raises(ClusterError, match="no scheduler of Dask answers"):
        crembo.score(teacher, tmp_path / "t.parquet", dask=cluster.replace("tls", "tcp"))
