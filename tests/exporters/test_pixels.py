"""What becomes of pixels: nothing unless it is said, and never silently."""

import numpy as np
import pytest
import tifffile

from framestore.exporters import export_tiff
from framestore.exporters.conversion import converted
from framestore.exporters.correction import subtracted
from framestore.exporters.pixels import Held, batch

INTEGERS = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8"]


def some(dtype, shape=(5, 1, 7, 6)):
    limits = np.iinfo(dtype)
    values = np.random.default_rng(0).integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)
    values.flat[:2] = limits.min, limits.max
    return values


@pytest.mark.parametrize("dtype", INTEGERS)
def test_differences_are_exact_or_limits(dtype):
    frames, background = some(dtype), some(dtype, (7, 6))[::-1]
    exact = frames[:, 0].astype(object) - background.astype(object)
    limits = np.iinfo(dtype)
    saturated = subtracted(Held(array=frames), background, "saturate", "det")
    assert saturated.dtype == dtype
    assert (batch(saturated, 0, 5) == np.clip(exact, limits.min, limits.max)).all()
    assert (batch(saturated.part(2, 4), 1, 2) == np.clip(exact, limits.min, limits.max)[3:4]).all()
    if limits.bits == 64:
        with pytest.raises(ValueError, match="no dtype is wider than"):
            subtracted(Held(array=frames), background, "widen", "det")
        return
    widened = subtracted(Held(array=frames), background, "widen", "det")
    assert (batch(widened, 0, 5) == exact).all()
    assert widened.dtype.itemsize == 2 * limits.dtype.itemsize


@pytest.mark.parametrize("target", INTEGERS)
@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_are_clipped(dtype, target):
    frames, limits = some(dtype), np.iinfo(target)
    got = batch(converted(Held(array=frames), target, clip=True, scale=None, what="det"), 0, 5)
    assert got.dtype == target
    assert (got == np.clip(frames[:, 0].astype(object), limits.min, limits.max)).all()


@pytest.mark.parametrize("target", INTEGERS)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_floats_are_rounded_and_clipped(dtype, target):
    limits = np.iinfo(target)
    values = [-np.inf, -1e30, float(limits.min), -1.5, -0.5, 0, 0.5, 1.5, 126, 127, 128, 255, 256]
    frames = np.array([*values, float(limits.max), 1e30, np.inf], dtype).reshape(1, 1, 4, 4)
    got = batch(converted(Held(array=frames), target, clip=True, scale=None, what="det"), 0, 1)
    rounded = [int(np.rint(v)) if np.isfinite(v) else (10**30 if v > 0 else -(10**30)) for v in frames.flat]
    assert got.reshape(-1).tolist() == [min(max(value, limits.min), limits.max) for value in rounded]


@pytest.mark.parametrize(
    ("dtype", "target", "fits"),
    [("u2", "u1", False), ("u2", "i2", False), ("u1", "u2", True), ("u2", "f4", True), ("u4", "f4", False),
     ("f8", "f4", False), ("f4", "f8", True), ("f4", "u2", False), ("i2", "u4", False), ("?", "u1", True)],
)  # fmt: skip
def test_narrowing_is_refused_unless_it_is_said(make_run, out, dtype, target, fits):
    made = make_run(dtype=dtype)
    if fits:
        assert tifffile.imread(export_tiff(made.run, out, dtype=target).files[0]).dtype == target
        return
    with pytest.raises(ValueError, match=r"det_image of stream 'primary': .* does not hold all values .*clip=True"):
        export_tiff(made.run, out, dtype=target)
    assert not out.exists()
    assert tifffile.imread(export_tiff(made.run, out, dtype=target, clip=True).files[0]).dtype == target


def test_scale_says_which_values_become_the_limits(make_run, out):
    made = make_run(dtype="u2")
    result = export_tiff(made.run, out, stack=True, dtype="u1", scale=(50, 150))
    expected = np.rint(np.clip((made.frames().astype(float) - 50) / 100, 0, 1) * 255)
    assert np.array_equal(tifffile.imread(result.files[0]), expected)
    for scale in ((3, 3), (5, 3), (0, np.inf)):
        with pytest.raises(ValueError, match="scale must be two finite values"):
            export_tiff(made.run, out / "b", dtype="u1", scale=scale)
    with pytest.raises(ValueError, match="name it: dtype="):
        export_tiff(made.run, out / "b", clip=True)


def test_nan_is_no_integer(make_run, out):
    made = make_run(dtype="f4", values=lambda row: {"motor": 1.0})
    import h5py

    with h5py.File(next(made.folder.glob("*.h5")), "r+") as file:
        file["entry/data/data"][3, 2, 2] = np.nan
    with pytest.raises(ValueError, match="det_image of stream 'primary': frame 3 holds NaN"):
        export_tiff(made.run, out, stack=True, dtype="u2", clip=True)
    assert list(out.glob("*.tiff")) == []


def test_dtype_is_kept(make_run, out):
    for number, dtype in enumerate(("?", "u1", "i2", "u4", "i8", "f2", "f4", "f8")):
        made = make_run(dtype=dtype)
        (file,) = export_tiff(made.run, out / str(number), stack=True).files
        image = tifffile.imread(file)
        assert image.dtype == dtype
        assert np.array_equal(image, made.frames())


def test_dark_stream_is_subtracted_from_the_others(make_run, out):
    made = make_run(streams=("dark", "primary"))
    with pytest.raises(ValueError, match="say subtraction='saturate' .* or subtraction='widen'"):
        export_tiff(made.run, out, subtract="dark")
    assert not out.exists()
    dark = np.rint(made.frames("dark").mean(axis=0)).astype("u2")
    result = export_tiff(made.run, out, "{stream}.tiff", stack=True, subtract="dark", subtraction="saturate")
    images = dict(zip([path.stem for path in result.files], map(tifffile.imread, result.files), strict=True))
    exact = made.frames().astype(int) - dark
    assert np.array_equal(images["primary"], np.maximum(exact, 0))
    assert images["primary"].dtype == np.uint16
    assert np.array_equal(images["dark"], made.frames("dark"))  # nothing is subtracted from the dark images
    wide = export_tiff(made.run, out / "w", stack=True, streams="primary", subtract="dark", subtraction="widen")
    assert np.array_equal(tifffile.imread(wide.files[0]), exact)
    assert tifffile.imread(wide.files[0]).dtype == np.int32


def test_an_array_is_subtracted(make_run, out):
    made = make_run(keys=("a", "b"), dtype="f4")
    flat = np.linspace(0, 1, 48).reshape(6, 8)
    result = export_tiff(made.run, out, "{field}.tiff", stack=True, subtract={"a": flat})
    assert np.array_equal(tifffile.imread(result.files[0]), made.frames(key="a") - flat.astype("f4"))
    assert np.array_equal(tifffile.imread(result.files[1]), made.frames(key="b"))


@pytest.mark.parametrize(
    ("background", "says"),
    [
        (np.zeros((6, 9), "u2"), r"has the shape \(6, 9\), the frames \(6, 8\)"),
        (np.full((6, 8), 0.5), "round it, as by np.rint"),
        (np.full((6, 8), -1), "cannot have"),
        (np.full((6, 8), np.nan), "cannot have"),
    ],
)
def test_backgrounds_that_do_not_fit(made, out, background, says):
    with pytest.raises(ValueError, match=f"det_image of stream 'primary': .*{says}"):
        export_tiff(made.run, out, subtract=background, subtraction="saturate")
    assert not out.exists()


def test_unknown_words(made, out):
    with pytest.raises(ValueError, match="subtraction must be 'saturate' or 'widen', not 'wrap'"):
        export_tiff(made.run, out, subtract=np.zeros((6, 8)), subtraction="wrap")
    with pytest.raises(ValueError, match="subtraction='widen' says how to subtract; say what"):
        export_tiff(made.run, out, subtraction="widen")
    with pytest.raises(ValueError, match="dtype must be one that numpy knows, .* not 'nonsense'"):
        export_tiff(made.run, out, dtype="nonsense")
    with pytest.raises(KeyError, match="has no stream 'dark'"):
        export_tiff(made.run, out, subtract="dark", subtraction="widen")


def test_what_subtracts_nothing_is_refused(make_run, out):
    made = make_run(streams=("dark", "primary"), keys=("a", "b"))
    with pytest.raises(ValueError, match="subtract='dark' is what is exported"):
        export_tiff(made.run, out, streams="dark", subtract="dark", subtraction="widen")
    with pytest.raises(ValueError, match="subtract= names 'c', which is no field"):
        export_tiff(made.run, out, subtract={"c": "dark"}, subtraction="widen")
    assert not out.exists()
