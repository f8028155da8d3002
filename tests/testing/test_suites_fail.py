"""Each suite finds what it is there for, in a pytest that has none of our configuration."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

BROKEN = Path(__file__).parent / "broken"

IDS, PAUSE = "frames_are_numbered_one_by_one", "frames_after_a_pause"
FORM, KNOWN = "each_frame_is_as_announced", "shape_and_dtype_are_known_once_it_is_started"
FILE, CONTENT = "frames_pass_through_an_acquisition_into_a_file", "frames_hold_what_is_expected"
TIMES, AHEAD = "timestamps_are_those_of_the_exposures", "a_source_that_can_wait_exposes_nothing_ahead"
STAYS, STABLE = "an_array_stays_until_the_next_frame_is_asked_for", "arrays_stay_for_good_where_buffers_are_not_reused"
STARVED, EXPOSURE = "a_source_without_a_frame_says_so_in_time", "the_exposure_time_can_be_asked_for_at_any_time"
AGAIN, STOPPED = "it_can_be_started_again", "stop_is_harmless_when_it_is_not_started"
LEFT = "nothing_is_left_when_it_is_stopped"
LOOKED, SET = "settings_are_looked_up_by_name", "settings_can_be_set_to_all_that_they_allow"
STAGED, NEXT = "settings_can_be_set_between_frames", "settings_that_wait_for_the_end_of_a_staging_hold_in_the_next"
TRIGGERED, KEPT = "each_trigger_gives_a_frame", "triggers_that_came_before_it_was_asked_are_kept"
SOURCES = {
    "RepeatsAnId": [IDS, FILE],
    "LosesAFrame": [IDS, FILE],
    "NumbersByFractions": [IDS],
    "RepeatsAFrameAfterAPause": [PAUSE],
    "ChangesArraysThatItClaimsStable": [STABLE],
    "ChangesAnArrayBeforeItIsAskedAgain": [STAYS],
    "GivesAnotherDtype": [FORM, FILE],
    "GivesAList": [FORM],
    "KnowsNoShape": [KNOWN],
    "GivesAnotherPattern": [CONTENT, FILE],
    "CountsMilliseconds": [TIMES],
    "HasAnotherClock": [TIMES, AHEAD],
    "ExposesAhead": [AHEAD, FILE],
    "BlocksWithoutAFrame": [STARVED],
    "HoldsALockWhileItExposes": [EXPOSURE],
    "CannotBeStartedAgain": [AGAIN],
    "StopNeedsAStart": [STOPPED],
    "LeavesAThread": [LEFT],
    "LeavesAFileOpen": [LEFT],
    "SettingRefusesItsLimit": [SET],
    "SettingForgetsItsValue": [SET],
    "SettingIsOutsideOfItsLimits": [LOOKED],
    "SettingIsAList": [LOOKED],
    "SettingHangs": [SET],
    "SettingChangesTheShapeOfAStagedSource": [STAGED],
    "SettingChangesTheShapeUnannounced": [NEXT],
    "ExposureTimeIsInMilliseconds": ["the_exposure_time_is_that_of_the_setting"],
    "ExposureTimeSaysOtherUnits": [LOOKED],
    "HeedsEverySecondTrigger": [TRIGGERED],
    "HasTheTimeOfTheReadout": [TRIGGERED],
    "NumbersOneFrameOnly": [TRIGGERED],
    "ForgetsTriggersBeforeItIsAsked": [KEPT],
    "NeedsNoTrigger": ["without_a_trigger_there_is_no_frame"],
    "GivesTriggeredFramesLate": ["frames_come_without_a_trigger_when_it_is_internal_again"],
    "SpeaksOfItsLines": [LOOKED],
}

PLACE, COMPLETE = "each_file_is_saved_where_it_was_asked_for", "a_file_is_complete_when_it_was_saved"
THROUGH = "files_pass_through_an_acquisition"
SAVERS = {
    "AddsASuffix": [PLACE, THROUGH],
    "LeavesAThumbnail": [PLACE],
    "ReturnsAnotherShape": [PLACE, THROUGH],
    "SavesAnotherDtype": [PLACE, THROUGH],
    "ReturnsBeforeTheFileIsComplete": [COMPLETE],
    "StopNeedsAStart": [STOPPED],
}

TWICE, THREADS = "no_name_comes_twice", "no_name_comes_twice_to_two_threads"
PROCESSES, NAMES = "no_name_comes_twice_to_two_processes", "it_names_a_file"
PROVIDERS = {
    "RepeatsNames": [TWICE, THREADS],
    "CountsWithoutALock": [THREADS],
    "CountsInEachProcess": [PROCESSES],
    "GivesARelativeFolder": [NAMES, "a_camera_writes_where_it_says"],
    "NamesByTheClock": [NAMES, "it_can_be_called_without_a_data_key"],
    "GivesNoNumberOfFolders": [NAMES],
    "NeedsADataKey": ["it_can_be_called_without_a_data_key"],
    "CallsItsFolderOtherwise": ["its_folder_is_the_one_that_staging_checks"],
}

DETECTORS = {
    "LosesAFrame": ["count", "grid_scan_with_two_detectors", "two_streams_in_one_staging"],
    "EmitsNoDatumTheSecondTime": ["count", "frames_are_there_as_soon_as_the_event"],
    "CountsOnAfterAPause": ["pause_and_resume[read-2-1]"],
    "HidesErrors": ["an_error_of_the_source[0]"],
    "TellsOfAnotherError": ["an_error_of_the_source[0]"],
    "NeverEnds": ["count[1]"],
    "RefusesNothing": ["trigger_before_stage", "two_triggers_at_once", "staging_twice"],
    "LeavesAThread": ["nothing_is_left_after_a_staging"],
}

FLOWN, LANDING = "a_fixed_number_of_points[1]", "documents_come_while_frames_land"
UNTIL, EARLY, BUSY = "until_it_is_completed", "verbs_before_their_time", "a_second_kickoff_under_way"
RESUMED, ENDED = "a_flight_that_pauses_and_goes_on", "a_flight_that_ends_after_a_pause"
FAILS, LOST = "a_source_that_fails_in_flight", "a_frame_that_is_lost_in_flight"
HANGS, FULL = "a_source_that_hangs_in_flight", "a_disk_that_is_full_in_flight"
FLIGHTS = {
    "LosesAFlownFrame": [FLOWN, "fly_of_two_detectors", LOST],
    "EmitsAResourceTooMany": [FLOWN],
    "EmitsDocumentsAtTheEnd": [LANDING],
    "EmitsDocumentsTooEarly": [LANDING],
    "CopiesItsFileAtTheEnd": [LANDING],
    "GoesOnWhenItIsCompleted": [UNTIL],
    "IgnoresTheIndex": ["two_detectors_in_one_stream"],
    "TakesNumbersOnly": ["what_prepare_takes[1]"],
    "DescribesAMean": ["data_keys_of_the_descriptor[1]"],
    "DescribesSingleFrames": ["data_keys_of_the_descriptor[3]"],
    "CountsFromZeroInEachFlight": ["a_second_flight_in_one_stream"],
    "KeepsItsResource": ["step_by_step_and_flown_in_one_staging"],
    "NeedsASecondCollect": ["bluesky_s_own_fly"],
    "LeavesAThreadOfEachFlight": ["nothing_is_left_after_flights"],
    "RefusesNothingInFlight": [f"{EARLY}[staged-kickoff]", f"{EARLY}[never staged-complete]", BUSY],
    "CountsOnAfterAPausedFlight": [f"{RESUMED}[landed-1]", "fly_pauses_and_goes_on"],
    "RepeatsAPointAfterAPause": [f"{RESUMED}[collected-1]"],
    "GoesOnInAPause": ["no_point_begins_in_a_pause"],
    "CutsItsFileWhenItIsStopped": [f"{ENDED}[stop-collected]", f"{ENDED}[abort-collected]"],
    "HidesErrorsInFlight": [f"{FAILS}[0-1]"],
    "TellsOfAnotherErrorInFlight": [f"{FAILS}[7-3]"],
    "TakesAnErrorForAnEnd": [FAILS + "[7-1]", "a_frame_of_another_form_in_flight", FULL],
    "WaitsForeverInFlight": [FAILS + "[7-1]", HANGS],
    "ForgetsWhatHasLanded": [FAILS + "[7-1]", LOST],
}

HOLDS, BACK = "it_holds_what_it_says", "frames_come_back_as_they_were"
HANDLER, NUMBERS = "the_handler_gives_each_point", "the_numbers_of_each_frame"
OUT, TAKEN = "frames_are_taken_out", "an_acquisition_takes_frames_back"
FLUSHED, WRITES = "another_process_reads_what_was_flushed", "an_acquisition_writes_frames"
MEMORY, MODE = "memory_is_used_again", "files_may_be_read_by_whom_the_settings_say"
FORMATS = {
    "TakesWhatItCannotHold": [f"{HOLDS}[float32]", f"{HOLDS}[>u2]", f"{HOLDS}[uint8]"],
    "RefusesWithoutReason": [f"{HOLDS}[float32]", f"{HOLDS}[uint8]"],
    "Casts": [f"{BACK}[uint8]", f"{HANDLER}[grey-3]", f"{WRITES}[grey-1]"],
    "SwapsColours": [f"{BACK}[uint8]", f"{HANDLER}[colour-1]", f"{WRITES}[colour-3]"],
    "KeepsShortIds": [NUMBERS, f"{WRITES}[grey-1]"],
    "MakesUpExposureTimes": ["an_exposure_time_that_is_not_known"],
    "ForgetsChecksums": ["each_frame_has_its_checksum", "they_go_along_with_frames", "an_acquisition_makes_them"],
    "LosesAFrame": ["many_frames"],
    "HandlerCountsFromOne": [f"{HANDLER}[grey-1]"],
    "HandlerCasts": [f"{HANDLER}[grey-3]", "one_frame", f"{BACK}[uint8]"],
    "PromisesTooMuch": ["files_are_no_smaller_than_said"],
    "ReadsBackAnother": ["each_file_can_be_read_by_itself"],
    "RemovesTheLast": [f"{OUT}[0-1-flushed]", "any_history[1]", "points_are_taken_out[3]"],
    "RemovesNothing": [
        f"{OUT}[6-1-not flushed]",
        "all_frames_are_taken_out",
        "the_last_frames_are_taken_out_for_good",
        "nothing_is_left_of_a_file_without_frames",
        TAKEN,
        "another_process_reads_what_was_not_taken_out",
    ],
    "CopiesAll": ["frames_go_to_another_file[4]"],
    "CountsWhatItEncodes": ["what_threads_make_at_once_is_what_one_makes"],
    "HasNoThreads": ["an_encoder_is_worth_a_thread"],
    "ChangesFrames": ["frames_are_not_changed", "an_acquisition_writes_arrays[read-only-arrays stay]"],
    "KeepsWhatItWasGiven": [MEMORY],
    "SharesItsScratch": ["several_contents_wait_to_be_written"],
    "Overwrites": ["what_exists_is_not_touched[file]"],
    "LeavesAnEmptyFile": ["nothing_is_left_of_a_file_without_frames"],
    "DiscardsNothing": ["nothing_is_left_of_a_file_that_is_discarded[3]"],
    "LeavesAFile": ["only_files_of_frames_are_left"],
    "LeavesAThread": ["nothing_is_left_open"],
    "LeavesFilesOpen": ["nothing_is_left_open"],
    "IgnoresModeAndGroup": [MODE, "files_belong_to_the_group_of_the_settings"],
    "MakesPrivateFiles": ["files_may_be_read_by_whom_the_umask_lets"],
    "SyncsNothing": ["files_are_on_the_disk_where_the_settings_say_so"],
    "SyncsNoNames": ["files_are_on_the_disk_where_the_settings_say_so"],
    "SyncsAlways": ["nothing_waits_for_the_disk_otherwise"],
    "EncodesSavedFilesAgain": ["files_that_the_camera_saved_are_taken"],
    "WritesWhenItIsClosed": [FLUSHED, "another_process_loads_what_was_flushed"],
    "WritesInPieces": ["another_process_reads_along"],
    "CanBeChanged": ["they_cannot_be_changed"],
    "EqualsNothing": ["equal_settings_are_equal"],
    "CannotBePickled": ["they_can_be_pickled"],
    "SaysNothingOfItself": ["their_repr_says_what_they_are"],
    "TakesNonsense": ["nonsense_is_refused"],
    "TakesValuesByPosition": ["only_keywords_are_taken"],
    "HasASuffixWithoutADot": ["the_layout_can_stand_in_documents"],
    "HidesThatItIsLossy": ["it_says_what_is_lost"],
    "IsNoFormat": ["they_are_taken_for_a_format"],
}

POINTS, LATE = "points_are_those_of_their_numbers", "a_point_is_lazy"
NOT_THERE, NEGATIVE = "a_point_that_is_not_there", "a_negative_point"
ANEW, OWN = "a_file_that_was_replaced_is_read_anew", "what_was_computed_is_one_s_own"
GONE, CUT, LACKING = "no_file_is_there", "a_file_that_is_cut_off", "a_file_that_is_missing"
LISTED, ENOUGH, CLOSED = "files_are_listed", "files_that_are_listed_are_enough", "it_can_be_closed"
HANDLERS = {
    "ReadsAtOnce": [LATE],
    "GivesNumpy": [LATE],
    "SaysThatItIsNotLazy": ["databroker_is_told_whether_points_are_lazy"],
    "TakesWhateverDocumentsSay": ["an_argument_that_nothing_is_known_of"],
    "CountsFromOne": [POINTS, "filler_fills_events[as_is]"],
    "CountsFramesOfBursts": [POINTS, "load_gives_the_frames"],
    "Casts": [POINTS],
    "Squeezes": [POINTS],
    "SaysAnotherShape": [POINTS],
    "Mirrors": [POINTS],
    "CountsFromTheEnd": [NEGATIVE],
    "GivesZerosForWhatIsNotThere": [NOT_THERE, "a_point_that_is_not_all_there"],
    "NamesNoFile": [NOT_THERE, GONE, CUT],
    "RaisesIndexErrors": [NOT_THERE],
    "RemembersFrames": [ANEW],
    "HandsOutItsMemory": [OWN],
    "RemembersTheLastPoint": ["threads_share_a_handler"],
    "KeepsItsFileOpen": ["no_file_stays_open"],
    "ClosesWhatItGave": [CLOSED],
    "CannotBeClosedTwice": [CLOSED],
    "FillsFilesUp": [CUT],
    "RaisesValueErrors": [CUT],
    "GivesZerosForMissingFiles": [LACKING, GONE],
    "ListsPaths": [LISTED],
    "ListsFolders": [LISTED],
    "ListsAFileForEachDatum": ["each_file_is_listed_once"],
    "ListsTheFirstFrame": [ENOUGH],
    "ListsInAlphabeticalOrder": ["files_are_listed_in_the_order_of_the_datums"],
    "GivesSizesInKilobytes": ["sizes_are_those_of_the_files_that_are_listed"],
    "IsAFunction": ["filler_fills_events[force_numpy]"],
    "RemembersWhereFilesWere": ["moved_files_are_found"],
    "CannotBePickled": ["blocks_are_small"],
    "HasLargeBlocks": ["blocks_are_small"],
    "OtherProcessesCannotRead": ["another_process_computes_blocks"],
}

FILES = {
    "sources.py": SOURCES,
    "savers.py": SAVERS,
    "providers.py": PROVIDERS,
    "detectors.py": DETECTORS,
    "flights.py": FLIGHTS,
    "formats.py": FORMATS,
    "handlers.py": HANDLERS,
}


def begin(folder, *files):
    """A pytest of its own that runs the tests that should find something, and no others."""
    (folder / "pytest.ini").write_text("[pytest]\n")
    options = ["-q", "--tb=no", "-rfE", "-p", "no:cacheprovider", "-p", "no:timeout", "--basetemp", folder / "tmp"]
    options += ["-c", folder / "pytest.ini", "--rootdir", BROKEN]
    tests = [
        f"{BROKEN / file}::Test{name}::test_{test}"
        for file in files
        for name, tests in FILES[file].items()
        for test in tests
    ]
    command = [sys.executable, "-m", "pytest", *options, *tests]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder)


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """By three of them at once: mostly they wait."""
    shares = (
        ["sources.py", "savers.py", "formats.py"],
        ["providers.py", "detectors.py", "flights.py"],
        ["handlers.py"],
    )
    processes = [begin(tmp_path_factory.mktemp("pytest"), *share) for share in shares]
    try:
        return "".join(process.communicate(timeout=110)[0] for process in processes)
    finally:
        for process in processes:
            process.kill()
            process.wait()


@pytest.mark.parametrize("file", FILES)
def test_each_fault_is_found(printed, file):
    found = {}
    failures = re.findall(rf"^(?:FAILED|ERROR) .*{file}::Test(\w+)::test_(\w+)", printed, re.MULTILINE)
    for name, test in failures:
        found.setdefault(name, set()).add(test)
    expected = {name: {test.split("[")[0] for test in tests} for name, tests in FILES[file].items()}
    assert found == expected, printed
