"""The list of look-alike letters is made from Unicode's own file, here from an excerpt of it."""

import generate_lookalikes as generator
import pytest

HEAD = """\
\ufeff# confusables.txt
# Date: 2022-08-26, 16:49:08 GMT
# © 2022 Unicode®, Inc.
# Version: 15.0.0
#
"""

SOURCE = f"""\
{HEAD}
0430 ;\t0061 ;\tMA\t# ( а → a ) CYRILLIC SMALL LETTER A → LATIN SMALL LETTER A\t#
0251 ;\t0061 ;\tMA\t# ( ɑ → a ) LATIN SMALL LETTER ALPHA → LATIN SMALL LETTER A\t#

007C ;\t006C ;\tMA\t# ( | → l ) VERTICAL LINE → LATIN SMALL LETTER L\t# names can't have it
0049 ;\t006C ;\tMA\t# ( I → l ) LATIN CAPITAL LETTER I → LATIN SMALL LETTER L\t#
FF29 ;\t006C ;\tMA\t# ( Ｉ → l ) is decomposed before it is looked for\t#

0406 ;\t006C ;\tMA\t# ( І → l ) CYRILLIC CAPITAL LETTER BYELORUSSIAN-UKRAINIAN I\t#
00E6 ;\t0061 0065 ;\tMA\t# ( æ → ae ) a sequence, but two letters of one class\t#
04D5 ;\t0061 0065 ;\tMA\t# ( ӕ → ae )\t#
006D ;\t0072 006E ;\tMA\t# ( m → rn ) a sequence, and one letter alone\t#
2CBA ;\t002D ;\tMA\t# ( Ⲻ → - ) gaps are dropped, and so no letter\t#
2010 ;\t002D ;\tMA\t# ( ‐ → - ) names have neither\t#
"""


def without_own(classes):
    own = set("".join(generator.BESIDE_LATIN))
    return [one for one in classes if own.isdisjoint(one)]


def test_letters_with_one_prototype_are_a_class_and_the_least_comes_first():
    classes = generator.classes(SOURCE)

    assert without_own(classes) == [["a", "ɑ", "а"], ["æ", "ӕ"]]
    assert ["I", "l", "І", "丨"] in classes


def test_nothing_else_is_taken():
    letters = {letter for one in generator.classes(SOURCE) for letter in one}

    assert letters.isdisjoint("|Ｉm-Ⲻ‐")


def test_the_file_tells_its_source_and_licence():
    text = generator.generate(SOURCE)

    assert "# Version: 15.0.0\n# Date: 2022-08-26, 16:49:08 GMT\n# © 2022 Unicode®, Inc.\n" in text
    assert "# SPDX-License-Identifier: Unicode-3.0\n" in text
    assert "\na ɑ а\n" in text


def test_another_file_is_refused():
    with pytest.raises(ValueError, match=r"not Unicode's confusables\.txt"):
        generator.generate("0430 ; 0061 ; MA")


def test_the_file_that_is_named_is_read_and_the_list_replaced(tmp_path, monkeypatch):
    (tmp_path / "confusables.txt").write_text(SOURCE, "utf-8")
    monkeypatch.setattr(generator, "TARGET", tmp_path / "lookalikes.txt")

    generator.main(str(tmp_path / "confusables.txt"))

    assert (tmp_path / "lookalikes.txt").read_text("utf-8") == generator.generate(SOURCE)
