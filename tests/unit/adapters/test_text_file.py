import pytest

from fireside.adapters.text_file import read_text

TEXT = "port = 8080\n# für alle\n"
AS_SAVED = {
    "UTF-8": TEXT.encode(),
    "UTF-8 with a mark": TEXT.encode("utf-8-sig"),
    "UTF-16 LE": b"\xff\xfe" + TEXT.encode("utf-16-le"),
    "UTF-16 BE": b"\xfe\xff" + TEXT.encode("utf-16-be"),
    "CRLF": TEXT.replace("\n", "\r\n").encode(),
    "CRLF in UTF-16": b"\xff\xfe" + TEXT.replace("\n", "\r\n").encode("utf-16-le"),
    "CR": TEXT.replace("\n", "\r").encode(),
}


@pytest.mark.parametrize("saved", AS_SAVED.values(), ids=AS_SAVED)
def test_a_text_is_the_same_however_an_editor_saves_it(tmp_path, saved):
    path = tmp_path / "file"
    path.write_bytes(saved)

    assert read_text(path) == TEXT


@pytest.mark.parametrize("saved", [TEXT.encode("latin-1"), b"\xff\xfea", b"\xef\xbb\xbf\xff"])
def test_bytes_that_are_no_text_are_refused(tmp_path, saved):
    path = tmp_path / "file"
    path.write_bytes(saved)

    with pytest.raises(UnicodeDecodeError):
        read_text(path)


def test_a_file_that_is_not_there_is_not_found(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_text(tmp_path / "nowhere")
