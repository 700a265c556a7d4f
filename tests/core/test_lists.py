"""Lists of pictures: text, CSV and Parquet, as people and programs write them."""

import datetime
import decimal
import os

import pytest

pytest.importorskip("pyarrow")

import pyarrow
import pyarrow.parquet

from orangecontrib.imaging.core.errors import FolderError, WrongUse
from orangecontrib.imaging.core.shards.lists import is_list, read_list


@pytest.fixture
def write(tmp_path):
    """Write a list of this ending; gives its path."""
    def write(content, ending="csv"):
        path = tmp_path / f"list.{ending}"
        if isinstance(content, dict):
            pyarrow.parquet.write_table(pyarrow.table(content), path)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)
    return write


def rows(listing):
    return listing.table.to_pydict()


def test_a_text_list_has_one_path_a_line_and_no_comments(write, tmp_path):
    listing = read_list(write("\ufeffa/0.png\r\n\n  \n# 1.png\nb c.png \n/far/2.png\na/0.png", "txt"))
    assert rows(listing) == {"path": ["a/0.png", "# 1.png", "b c.png ", "/far/2.png", "a/0.png"]}
    piece = listing.piece(0, 10)
    assert piece.paths == [os.path.join(tmp_path, "a", "0.png"), str(tmp_path / "# 1.png"), str(tmp_path / "b c.png "),
                           "/far/2.png", os.path.join(tmp_path, "a", "0.png")]
    assert (listing.title, listing.root, listing.columns) == (str(tmp_path / "list.txt"), str(tmp_path), {})


def test_a_list_of_absolute_paths_starts_from_nowhere(write):
    assert read_list(write("/a.png\nbytes:/%E9.png\n", "txt")).root == ""


def test_names_that_are_not_utf_8_are_written_as_in_results(write, tmp_path):
    assert read_list(write("bytes:%E9.png", "txt")).piece(0, 1).paths == [f"{tmp_path}/\udce9.png"]


@pytest.mark.parametrize("text", [
    "path,well,dose\na.png,A01,1.5\nb.png,B02,2\n",
    "\ufeffpath;well;dose\r\na.png;A01;1.5\r\nb.png;B02;2\r\n;;\r\n",
    "path\twell\tdose\n\na.png\tA01\t1.5\n\t\t\nb.png\tB02\t2",
    '"path","well","dose"\n"a.png","A01","1.5"\n"b.png","B02","2"',
    "path, well, dose\na.png, A01, 1.5\nb.png, B02, 2\n",
    "\n\npath,well,dose\na.png,A01,1.5\nb.png,B02,2\n",
    "path,well,dose\ra.png,A01,1.5\rb.png,B02,2\r",
])
def test_csv_is_read_as_spreadsheets_write_it(write, text):
    listing = read_list(write(text))
    assert rows(listing) == {"path": ["a.png", "b.png"], "well": ["A01", "B02"], "dose": [1.5, 2.0]}
    assert (listing.columns, listing.notes) == ({"well": "string", "dose": "double"}, ())


@pytest.mark.parametrize(("values", "expected"), [
    (["1", "-2", "0"], [1, -2, 0]),
    (["1", "", "NA", "nan", "?"], [1, None, None, None, None]),
    (["1.5", ".5", "2.", "1e-3", " 7"], [1.5, 0.5, 2.0, 0.001, 7.0]),
    (["01", "02"], ["01", "02"]),
    (["1", "02"], ["1", "02"]),
    (["1234567890123456", "1"], ["1234567890123456", "1"]),
    (["123456789012345.5", "1e400"], ["123456789012345.5", "1e400"]),
    (["1,5", "2"], ["1,5", "2"]),
    (["+1", "2"], ["+1", "2"]),
    (["1", "."], ["1", "."]),
    (["NA", "", "a"], ["NA", None, "a"]),
    (["", "NA"], [None, "NA"]),
    (["true", "false"], ["true", "false"]),
])
def test_what_is_a_number_everywhere_is_carried_as_one(write, values, expected):
    text = "path;value\n" + "".join(f"{row}.png;{value}\n" for row, value in enumerate(values))
    found = rows(read_list(write(text)))["value"]
    assert found == expected
    assert list(map(type, found)) == list(map(type, expected))


def test_names_in_quotes_may_hold_anything(write):
    listing = read_list(write('path,note\n"a, b.png","line one\nline ""two"""\n"α.png",x\n'))
    assert rows(listing) == {"path": ["a, b.png", "α.png"], "note": ['line one\nline "two"', "x"]}


@pytest.mark.parametrize(("columns", "chosen"), [
    ("name,File,image", "image"), ("FileName,x", "FileName"), ("x,image_path", "image_path"), ("NAME,x", "NAME"),
    ("Path,image", "Path"),
])
def test_another_column_of_paths_is_chosen_aloud(write, columns, chosen):
    path = write(f"{columns}\n{','.join(f'{name}.png' for name in columns.split(','))}\n")
    listing = read_list(path)
    assert rows(listing)["path"] == [f"{chosen}.png"]
    assert set(listing.columns) == {name for name in columns.split(",") if name != chosen}
    assert listing.notes == (f"{path}: the pictures are those of the column {chosen!r}.",)


def test_the_column_path_comes_before_all_others(write):
    listing = read_list(write("image,Path,path\na,b,c\n"))
    assert rows(listing) == {"path": ["c"], "image": ["a"], "Path": ["b"]}
    assert listing.notes == ()


def test_columns_that_results_have_get_another_name_aloud(write):
    listing = read_list(write("reason,path,vector\nblurred,a.png,3\n"))
    assert rows(listing) == {"path": ["a.png"], "reason (list)": ["blurred"], "vector (list)": [3]}
    assert listing.notes[0].startswith("The column 'reason' of the list is carried along as 'reason (list)'")


def test_row_numbers_of_pandas_are_left_out_aloud(write):
    listing = read_list(write(",path,x\n0,a.png,7\n"))
    assert (rows(listing), len(listing.notes)) == ({"path": ["a.png"], "x": [7]}, 1)
    assert "Column 1 without a name, left out" in listing.notes[0]


def test_columns_of_parquet_keep_their_types(write):
    day = datetime.datetime(2026, 11, 23, 6, 15)
    listing = read_list(write({
        "path": pyarrow.array(["a.png"]).dictionary_encode(), "plate": pyarrow.array(["01"], pyarrow.large_string()),
        "site": pyarrow.array([3], pyarrow.uint8()), "dose": pyarrow.array([0.5], pyarrow.float32()),
        "control": [True], "none": [None], "price": [decimal.Decimal("1.25")], "day": [day.date()],
        "taken": pyarrow.array([day], pyarrow.timestamp("s")),
        "taken utc": pyarrow.array([day], pyarrow.timestamp("s", "Europe/Ljubljana"))}, "parquet"))
    assert rows(listing) == {"path": ["a.png"], "plate": ["01"], "site": [3], "dose": [0.5], "control": [True],
                             "none": [None], "price": [1.25], "day": ["2026-11-23"],
                             "taken": ["2026-11-23 06:15:00"], "taken utc": ["2026-11-23 06:15:00Z"]}
    assert listing.columns == {"plate": "string", "site": "uint8", "dose": "float", "control": "bool",
                               "none": "string", "price": "double", "day": "string", "taken": "string",
                               "taken utc": "string"}


@pytest.mark.parametrize(("content", "ending", "sentence"), [
    ("", "txt", "there is no path in this list"),
    (" \n\n", "txt", "there is no path in this list"),
    ("", "csv", "its columns are none"),
    ("path,x\n", "csv", "there is no path in this list"),
    ("a.png,cat\nb.png,dog\n", "csv", 'its columns are a.png, cat. Rename the one with the paths to "path".'),
    ("path,x\na.png,1\n,2\n", "csv", "row 2 has nothing in the column 'path'"),
    ("path,x\na.png\n", "csv", "line 2 has 1 values, but there are 2 columns"),
    ('path,x\n\n"a\n.png",1,2\n', "csv", "line 4 has 3 values"),
    ("path\na, b.png\n", "csv", "line 2 has 2 values, but there are 1 columns"),
    ("path,x,x\na.png,1,2\n", "csv", "two columns are called 'x'"),
    ('path,x\n"a.png,1\nb.png,2\n', "csv", "line 3 is not written as CSV"),
    (b"path,x\na.png,1\n\xe9.png,2\n", "csv", "line 3 is not UTF-8. Save the list as UTF-8"),
    ("a.png\n".encode("utf-16"), "txt", "line 1 is not UTF-8"),
    (b"a.png\n\xe9.png\n", "txt", "line 2 is not UTF-8"),
    ("a.png\nb\0.png\n", "txt", "line 2 holds a NUL byte"),
    ("path\nb\0.png\n", "csv", "line 2 holds a NUL byte"),
    ("a.png\ns3://b/c.png\nhttp://d/e\n", "txt", "2 of its 3 paths are addresses, such as s3://b/c.png. Add --urls"),
    ("file:///a.png", "txt", "1 of its 1 paths is an address"),
    (b"no table", "parquet", "this is no whole Parquet file"),
    ({"path": [1, 2]}, "parquet", "the column 'path' holds no paths (int64)"),
    ({"path": ["a", None]}, "parquet", "row 2 has nothing in the column 'path'"),
    ({"path": ["a", "b\0"]}, "parquet", "the path in row 2 holds a NUL byte"),
    ({"path": ["a"], "vector": [[1.0]]}, "parquet", "The column 'vector' holds no texts and no numbers (list<"),
    ({"path": ["a"], "bytes": [b"a"]}, "parquet", "The column 'bytes' holds no texts and no numbers (binary)"),
    ("a.png", "xlsx", "this is no list of pictures. Lists end in .txt, .csv, .tsv, .parquet."),
])
def test_what_is_no_list_is_refused_in_a_sentence(write, content, ending, sentence):
    path = write(content, ending)
    with pytest.raises(WrongUse) as caught:
        read_list(path)
    assert sentence in str(caught.value)
    assert str(caught.value).startswith((path, "The column "))


def test_addresses_are_taken_where_they_were_asked_for(write, tmp_path):
    listing = read_list(write("a.png\ns3://b/c d.png\n", "txt"), reads_addresses=True)
    assert listing.piece(0, 2).paths == [str(tmp_path / "a.png"), "s3://b/c d.png"]
    assert read_list(write("s3://b/c.png\n", "txt"), reads_addresses=True).root == ""


def test_a_list_that_is_absent_or_a_folder_is_refused(tmp_path):
    with pytest.raises(FolderError, match="there is no such list"):
        read_list(str(tmp_path / "none.csv"))
    (tmp_path / "folder.txt").mkdir()
    with pytest.raises(FolderError, match="this list cannot be read"):
        read_list(str(tmp_path / "folder.txt"))


@pytest.mark.parametrize(("name", "expected"), [("a.TXT", True), ("b.csv", True), ("c.parquet", True), ("d", False)])
def test_lists_are_known_by_their_endings(name, expected):
    assert is_list(name) is expected


def test_a_long_list_is_read_in_blocks_to_the_same_rows(write):
    lines = "".join(f"plate/{row}.png,{row},{row % 7}\n" for row in range(150_000))
    listing = read_list(write(f"path,row,site\n{lines}"))
    assert listing.piece(74, 2000).carried["row"] == list(range(148_000, 150_000))
    assert rows(listing)["row"] == list(range(150_000))
