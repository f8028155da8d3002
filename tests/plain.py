"""What the documents of a camera called det say, whatever its front, run and folder."""

import re

UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
OF_THE_SOURCE = {"exposure_time", "frame_rate", "gain", "cooled", "pixel_format"}
"""Signals of settings; what their data keys say is the same with each front."""


class Plain:
    """Documents with the names of ophyd's front, without times and uids, and without what the docs say is different.

    These are (docs/reference/async-camera.md): the names of data keys; how a device prints itself, in the metadata of
    plans; the ``source`` and ``dtype_numpy`` of numbers and counters, which ophyd says otherwise, or not at all; and
    the order of the data keys in an event.
    """

    def __init__(self, front, folder, documents):
        self._is_ophyd = front.family == "stream" and repr(front).startswith("ophyd ")
        self._folder = str(folder)
        self._uids = {}
        self.pairs = [(name, getattr(self, f"_{name}", self._same)(self._without_ids(doc))) for name, doc in documents]

    def _without_ids(self, value, key=""):
        """Without uids, times and the folder; they are numbered in the order in which they come."""
        if isinstance(value, dict):
            return {k: self._without_ids(v, k) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [self._without_ids(v) for v in value]
        if isinstance(value, str):
            value = UID.sub(lambda found: self._uids.setdefault(found[0], f"uid {len(self._uids)}"), value)
            return value.replace(self._folder, "folder")
        return "time" if key == "time" else value

    def _same(self, document):
        return document

    def _start(self, document):
        arguments = document.get("plan_args", {})
        if "detectors" in arguments:
            assert all(one.startswith("Camera(") for one in arguments["detectors"])
            arguments["detectors"] = len(arguments["detectors"])
        return document

    def _stop(self, document):
        """bluesky gives the Status of a point as the reason; that of ophyd-async tells its error."""
        reason = document["reason"]
        if "device" in reason:
            assert reason.startswith(
                "PointStatus(device=det" if self._is_ophyd else "<WatchableAsyncStatus, device: det"
            )
            document["reason"] = "the Status"
        return document

    def _descriptor(self, document):
        document["data_keys"] = self._data_keys(document["data_keys"])
        for name, device in document["configuration"].items():
            if name == "det":
                device["data_keys"] = self._data_keys(device["data_keys"])
                device["data"] = self._named(device["data"])
                device["timestamps"] = sorted(self._named(device["timestamps"]))
            else:
                device["timestamps"] = sorted(device["timestamps"])
        document["object_keys"] = {
            self._signal(name): sorted(self._name(key) for key in keys)
            for name, keys in document["object_keys"].items()
        }
        document["hints"] = {
            name: {"fields": [self._name(key) for key in hints["fields"]]} for name, hints in document["hints"].items()
        }
        return document

    def _event(self, document):
        document["data"] = self._named(document["data"])
        document["filled"] = self._named(document["filled"])
        document["timestamps"] = sorted(self._named(document["timestamps"]))
        return document

    def _stream_resource(self, document):
        document["data_key"] = self._name(document["data_key"])
        return document

    def _named(self, values):
        return {self._name(key): value for key, value in values.items()}

    def _name(self, key):
        """Of a data key, as ophyd's front has it."""
        return "det_image" if key == "det" and not self._is_ophyd else self._signal(key)

    def _signal(self, name):
        return name if self._is_ophyd else name.replace("det-", "det_")

    def _data_keys(self, data_keys):
        return {self._name(key): self._data_key(key, data_key) for key, data_key in data_keys.items()}

    def _data_key(self, key, data_key):
        if not key.startswith("det") or "external" in data_key:
            return data_key
        of_the_source = key[len("det.") :] in OF_THE_SOURCE
        prefix = "SIM" if self._is_ophyd and not of_the_source else "framestore"
        assert data_key["source"] == f"{prefix}:{key}"
        data_key["source"] = "of the camera"
        if not of_the_source:
            assert not (self._is_ophyd and "dtype_numpy" in data_key)
            data_key.pop("dtype_numpy", None)
        return data_key
