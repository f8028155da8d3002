"""What is said of installations that are made up."""

import pytest

from framestore.cli.doctor import brokers, extras, handlers, versions

HANDLERS = {"AD_HDF5": "framestore_handlers.hdf5:HDF5Handler"}
EXTRAS = [
    "ophyd>=1.10; extra == 'ophyd'",
    "bluesky>=1.14.2; extra == 'ophyd'",
    "framestore[ophyd]; extra == 'demo'",
    "ipython>=8; extra == 'demo'",
    "framestore[demo]; extra == 'all'",
    "framestore-handlers[all]; extra == 'all'",
]


def told(findings):
    return [(finding.level, finding.what.replace("\N{NO-BREAK SPACE}", " ")) for finding in findings]


def advice(findings):
    (finding,) = findings
    return finding.advice


@pytest.fixture
def with_extras(site):
    site.add("framestore", "0.1.0", EXTRAS, ["ophyd", "demo", "all"])
    return site.add("framestore-handlers", "0.1.0", ["xarray; extra == 'all'"], ["all"])


def test_versions_that_go_together(framestore_site):
    assert told(versions.ours(framestore_site.installed)) == [("ok", "framestore 0.1.0, framestore-handlers 0.1.3")]
    assert told(versions.needed(framestore_site.installed)) == [("ok", "numpy 2.1.0, h5py 3.12.0, pillow 11.0.0")]
    assert not versions.lacking(framestore_site.installed)


@pytest.mark.parametrize("version", ["0.2.0", "1.1.0"])
def test_minor_versions_differ(site, version):
    site.add("framestore", "0.1.0").add("framestore-handlers", version)
    findings = versions.ours(site.installed)
    ((level, what),) = told(findings)
    assert level == "problem"
    assert what.startswith(f"framestore 0.1.0, framestore-handlers {version}: ")
    assert advice(findings) == "pip install --upgrade framestore framestore-handlers"


def test_development_version_of_the_same_minor_is_fine(site):
    site.add("framestore", "0.1.0.dev7").add("framestore-handlers", "0.1.2")
    assert told(versions.ours(site.installed))[0][0] == "ok"


def test_one_of_the_two_is_missing(site):
    site.add("framestore", "0.1.0")
    findings = versions.ours(site.installed)
    assert told(findings)[0][0] == "problem"
    assert advice(findings) == "pip install framestore-handlers"


def test_other_packages_are_told_when_they_are_there(site):
    assert not versions.around(site.installed)
    site.add("tiled", "0.2.0").add("bluesky", "1.15.0")
    assert told(versions.around(site.installed)) == [("ok", "bluesky 1.15.0, tiled 0.2.0")]


def test_requirement_is_missing(site):
    site.add("framestore", "0.1.0", ["h5py>=3.11"])
    findings = versions.lacking(site.installed)
    assert told(findings) == [("problem", "framestore needs h5py, which is not installed")]
    assert advice(findings) == "pip install 'h5py>=3.11'"


def test_requirement_is_too_old(site):
    site.add("framestore-handlers", "0.1.0", ["numpy>=1.26"]).add("numpy", "1.20.0")
    findings = versions.lacking(site.installed)
    assert told(findings) == [("problem", "framestore-handlers needs numpy >=1.26 (found 1.20.0)")]
    assert advice(findings) == "pip install 'numpy>=1.26'"


def test_requirement_of_an_extra_of_a_requirement(site):
    site.add("framestore", "0.1.0", ["dask[array]>=2024"]).add("dask", "2025.1", ["numpy>=1.24; extra == 'array'"])
    assert told(versions.lacking(site.installed)) == [("problem", "framestore needs numpy, which is not installed")]


def test_requirements_of_both_are_told_once(site):
    for name in ("framestore", "framestore-handlers"):
        site.add(name, "0.1.0", ["h5py>=3.11"])
    assert len(versions.lacking(site.installed)) == 1


def test_requirements_for_other_systems_do_not_count(site):
    site.add("framestore", "0.1.0", ["tomli; python_version < '3.0'", "pywin32; sys_platform == 'nowhere'"])
    assert not versions.lacking(site.installed)


def test_extras_of_extras(with_extras):
    with_extras.add("ophyd", "1.11.0").add("bluesky", "1.15.0")
    assert told(extras.complete(with_extras.installed)) == [
        ("ok", "complete: framestore[ophyd]"),
        ("note", "framestore[demo] lacks ipython"),
        ("note", "framestore[all] lacks ipython, xarray"),
        ("note", "framestore-handlers[all] lacks xarray"),
    ]


def test_lacking_extra_says_how_to_get_it(with_extras):
    first = extras.complete(with_extras.installed)[0]
    assert first.what == "framestore[ophyd] lacks ophyd, bluesky"
    assert first.advice == "if you want it: pip install 'framestore[ophyd]'"


def test_extra_in_a_version_that_is_too_old_is_one_problem(with_extras):
    with_extras.add("ophyd", "1.2.0").add("bluesky", "1.15.0")
    findings = extras.outdated(with_extras.installed)
    assert told(findings) == [("problem", "framestore[ophyd] needs ophyd >=1.10 (found 1.2.0)")]
    assert advice(findings) == "pip install 'ophyd>=1.10'"


def test_ophyd_without_bluesky(site):
    assert not extras.ophyd_without_bluesky(site.installed)
    site.add("ophyd", "1.11.0")
    findings = extras.ophyd_without_bluesky(site.installed)
    assert told(findings)[0][0] == "note"
    assert advice(findings) == "pip install 'framestore[ophyd]'"
    site.add("bluesky", "1.15.0")
    assert not extras.ophyd_without_bluesky(site.installed)


def test_handlers_without_clash(site):
    site.add("framestore-handlers", "0.1.0", entry_points=HANDLERS)
    site.add("other", "1", entry_points={"OTHER": "other:Handler"})
    assert [level for level, _ in told(handlers.clashes(site.installed))] == ["ok"]


def test_clash_of_handlers_that_read_alike_is_a_note(site):
    site.add("framestore-handlers", "0.1.0", entry_points=HANDLERS)
    site.add("area-detector-handlers", "0.0.10", entry_points={"AD_HDF5": "area_detector_handlers.handlers:Other"})
    findings = handlers.clashes(site.installed)
    ((level, what),) = told(findings)
    assert level == "note"
    assert "framestore-handlers 0.1.0 (framestore_handlers.hdf5:HDF5Handler)" in what
    assert "area-detector-handlers 0.0.10 (area_detector_handlers.handlers:Other)" in what
    assert "databroker picks one by chance" in what
    assert 'db.register_handler("AD_HDF5", framestore_handlers.HDF5Handler, overwrite=True)' in advice(findings)


@pytest.mark.parametrize("spec", ["AD_HDF5", "SPECIAL"])
def test_clash_with_a_handler_that_nobody_knows_is_a_problem(site, spec):
    site.add("framestore-handlers", "0.1.0", entry_points={spec: "framestore_handlers.x:Ours"})
    site.add("beamline", "3.2", entry_points={spec: "beamline.handlers:Theirs"})
    findings = handlers.clashes(site.installed)
    ((level, what),) = told(findings)
    assert level == "problem"
    assert "beamline 3.2 (beamline.handlers:Theirs)" in what
    assert f'db.register_handler("{spec}", framestore_handlers.Ours, overwrite=True)' in advice(findings)


def test_clash_of_two_others(site):
    site.add("one", "1", entry_points={"X": "one.a:Handler"})
    site.add("two", "2", entry_points={"X": "two.b:Handler"})
    (finding,) = handlers.clashes(site.installed)
    assert finding.level == "problem"
    assert "two.b.Handler" in finding.advice or "one.a.Handler" in finding.advice


def test_entry_points_older_than_the_code(site):
    site.add("framestore-handlers", "0.1.0", entry_points=HANDLERS)
    site.add("other", "1", entry_points={"NEW": "other:Handler"})
    findings = handlers.stale(site.installed, ["AD_HDF5", "NEW"])
    ((level, what),) = told(findings)
    assert level == "problem"
    assert "framestore-handlers reads NEW, which its installed entry points do not name" in what
    assert "reinstall framestore-handlers" in advice(findings)
    assert not handlers.stale(site.installed, ["AD_HDF5"])


def test_no_databroker_no_word_of_it(site):
    assert not brokers.databroker(site.installed)


def test_databroker_1(site):
    site.add("databroker", "1.2.5").add("intake", "0.6.4")
    findings = brokers.databroker(site.installed)
    ((level, what),) = told(findings)
    assert level == "note"
    assert "databroker 1.2.5 cannot read the stream documents" in what
    assert 'documents="datum"' in advice(findings)


@pytest.mark.parametrize("version", ["0.7.0", "2.0.9"])
def test_databroker_1_with_an_intake_that_is_too_new(site, version):
    site.add("databroker", "1.2.5").add("intake", version)
    _, finding = brokers.databroker(site.installed)
    assert finding.level == "problem"
    assert f"intake {version}" in finding.what
    assert finding.advice == 'pip install "intake==0.6.4"'


@pytest.mark.parametrize("version", ["2.0.0b40", "2.0.2"])
def test_databroker_2_reads_both(site, version):
    site.add("databroker", version).add("intake", "2.0")
    assert [level for level, _ in told(brokers.databroker(site.installed))] == ["ok"]


def test_tiled_writer_of_bluesky_itself(site):
    site.add("tiled", "0.2.0")
    assert not brokers.tiled_writer(site.installed)
    site.add("bluesky", "1.15.0")
    findings = brokers.tiled_writer(site.installed)
    assert told(findings)[0][0] == "note"
    assert "frames_per_point > 1" in findings[0].what
    assert advice(findings) == "pip install bluesky-tiled-plugins"
    site.add("bluesky-tiled-plugins", "2.0.12")
    assert [level for level, _ in told(brokers.tiled_writer(site.installed))] == ["ok"]
