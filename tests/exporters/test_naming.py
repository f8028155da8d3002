"""Names of exported files: out of a template, all of them before the first byte."""

import time

import numpy as np
import pytest
import tifffile

from framestore.exporters import export_hdf5, export_tiff


def names(result, folder):
    return [path.relative_to(folder).as_posix() for path in result.files]


def test_default_names_are_in_the_order_of_the_frames(made, out):
    result = export_tiff(made.run, out)
    expected = [f"7_primary_det_image_{seq_num:05d}_{frame}.tiff" for seq_num in (1, 2, 3) for frame in (0, 1)]
    assert names(result, out) == expected == sorted(path.name for path in out.iterdir())


def test_every_field_of_a_template(make_run, out):
    made = make_run(user="Zoë", proposal={"id": "in-7"}, cycle=["2026", "3"])
    template = (
        "{start[user]}/{start[proposal][id]}-{start[cycle][1]}/{stop[exit_status]}"
        "/{stream}-{field}-{event[data][motor]:.3f}-{seq_num:05d}-{frame}-{i:02d}.tif"
    )
    result = export_tiff(made.run, out, template)
    assert names(result, out)[3] == "Zoë/in-7-3/success/primary-det_image-0.500-00002-1-01.tif"
    assert len(set(result.files)) == 6
    assert all(path.is_file() for path in result.files)


def test_times_are_local(made, out):
    result = export_tiff(made.run, out, "{start[time]:%Y/%m/%d}/{start[time]:%H%M%S}_{seq_num}{frame}.tiff")
    expected = time.strftime("%Y/%m/%d/%H%M%S", time.localtime(made.start["time"]))
    assert names(result, out)[0] == f"{expected}_10.tiff"


@pytest.mark.parametrize(
    ("template", "error", "says"),
    [
        ("{seq_num}.tiff", ValueError, "frame 0 of event 1 .* frame 1 of event 1 .*add {frame}"),
        ("{i}.tiff", ValueError, "event 1 .* event 2 .*add {seq_num}"),
        ("same.tiff", ValueError, "same.tiff of frame 0 .*frame 1"),
        ("{seq_num}{frame!r}.tiff", ValueError, "conversion '!r'"),
        ("{start.__class__}{seq_num}{frame}", ValueError, "{start.__class__} is not the name of a value"),
        ("{start[scan_id].real}{seq_num}{frame}", ValueError, "is not the name of a value"),
        ("{seq_num:0201d}{frame}", ValueError, "'0201d' is wider than 200"),
        ("{seq_num:{frame}}", ValueError, "has a field in it"),
        ("{seq_num}{frame", ValueError, "refused"),
        ("{}{seq_num}{frame}", ValueError, "is not the name of a value"),
        ("/{seq_num}{frame}.tiff", ValueError, "'/10.tiff', which is no file in"),
        ("../{seq_num}{frame}.tiff", ValueError, "'../10.tiff', which is no file in"),
        ("a/../{seq_num}{frame}.tiff", ValueError, "which is no file in"),
        ("{seq_num}/{frame}/", ValueError, "which is no file in"),
        ("", ValueError, "which is no file in"),
        ("{seq_num}{frame}\n.tiff", ValueError, r"holds '\\n'"),
        ("{start[evil]}{seq_num}{frame}", ValueError, "holds '/'"),
        ("{start[up]}/{seq_num}{frame}", ValueError, "'..' is refused"),
        ("{start[nothing]}{seq_num}{frame}", KeyError, "no 'nothing' in: .*scan_id"),
        ("{event[data][nothing]}{seq_num}{frame}", KeyError, "no 'nothing' in: motor"),
        ("{sequence}{frame}", KeyError, "asks for 'sequence'; there is: start, stop, stream"),
        ("{start[sample]}{seq_num}{frame}", ValueError, "type dict"),
        ("{start[long]}{seq_num}{frame}", ValueError, "bytes, more than 240"),
    ],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_refused_templates_leave_nothing(make_run, out, template, error, says, dry_run):
    made = make_run(evil="../../etc/passwd", up="..", long="x" * 250)
    with pytest.raises(error, match=says):
        export_tiff(made.run, out, template, dry_run=dry_run)
    assert not out.exists()


def test_a_stack_has_one_name(made, out):
    for template in ("{seq_num}.tiff", "{frame}.tiff", "{i}.tiff", "{event[data][motor]}.tiff"):
        with pytest.raises(ValueError, match="not one value for all frames of a file; leave it out"):
            export_tiff(made.run, out, template, stack=True)
    assert names(export_tiff(made.run, out, stack=True), out) == ["7_primary_det_image.tiff"]


def test_frames_without_an_event_have_no_values(made, out):
    documents = [pair for pair in made.documents if pair[0] != "event" or pair[1]["seq_num"] < 3]
    documents = [pair for pair in documents if pair[0] != "stop"]
    assert len(export_tiff(documents, out, "{seq_num}_{frame}.tiff").files) == 6
    with pytest.raises(KeyError, match="needs 'event\\[data\\]\\[motor\\]', and there is no 'data' in: None"):
        export_tiff(documents, out, "{event[data][motor]}_{seq_num}_{frame}.tiff")


def test_dry_run_lists_and_writes_nothing(made, out):
    listed = export_tiff(made.run, out, dry_run=True)
    assert not out.exists()
    assert listed.dry_run
    assert listed.written == 0
    assert listed.files == export_tiff(made.run, out).files


def test_existing_files_are_refused_before_the_first_byte(made, out):
    out.mkdir()
    last = out / "7_primary_det_image_00003_1.tiff"
    last.write_text("mine")
    for dry_run in (False, True):
        with pytest.raises(FileExistsError, match="00003_1.tiff exist already; choose .*overwrite=True") as caught:
            export_tiff(made.run, out, dry_run=dry_run)
        assert caught.value.filename == str(last)
        assert [path.name for path in out.iterdir()] == [last.name]
    result = export_tiff(made.run, out, overwrite=True)
    assert result.written == 6
    assert np.array_equal(tifffile.imread(last), made.frames()[-1])


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_link_that_leads_nowhere_is_a_file(made, out, dry_run):
    out.mkdir()
    (out / "7_primary_det_image_00002_0.tiff").symlink_to(out / "nowhere")
    with pytest.raises(FileExistsError, match="00002_0"):
        export_tiff(made.run, out, dry_run=dry_run)


def test_overwriting_a_link_replaces_the_link(made, out, tmp_path):
    out.mkdir()
    other = tmp_path / "other.txt"
    other.write_text("keep")
    (out / "7_primary_det_image_00002_0.tiff").symlink_to(other)
    export_tiff(made.run, out, overwrite=True)
    assert other.read_text() == "keep"
    assert not (out / "7_primary_det_image_00002_0.tiff").is_symlink()


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize("settings", [{}, {"link": True}])
def test_files_with_frames_of_the_run_are_never_replaced(made, settings, dry_run):
    """A link to itself would be all that was left of them."""
    (path,) = made.folder.iterdir()
    before = path.read_bytes()
    with pytest.raises(FileExistsError, match=f"{path.name} holds frames of the run"):
        export_hdf5(made.run, made.folder, path.name, overwrite=True, dry_run=dry_run, **settings)
    assert path.read_bytes() == before
    assert list(made.folder.iterdir()) == [path]


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_is_never_replaced(made, out, overwrite):
    (out / "7_primary_det_image_00002_0.tiff").mkdir(parents=True)
    with pytest.raises(IsADirectoryError, match="00002_0.tiff is a folder"):
        export_tiff(made.run, out, overwrite=overwrite)
    assert len(list(out.iterdir())) == 1


def test_a_file_is_no_folder(made, out):
    out.mkdir()
    (out / "Ag").write_text("")
    for dry_run in (False, True):
        with pytest.raises(NotADirectoryError, match="Ag is not a folder"):
            export_tiff(made.run, out, "{start[sample][name]}/{seq_num}_{frame}.tiff", dry_run=dry_run)
    with pytest.raises(NotADirectoryError, match="Ag is not a folder"):
        export_tiff(made.run, out / "Ag")
