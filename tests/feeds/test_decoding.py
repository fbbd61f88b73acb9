"""Bytes of pages to text, however they are declared."""

import pytest

from bot.feeds.extraction.decoding import decode

CHINESE = "港务局今年两次清点起重机，得出的数字不同。审计人员说，记录仍写在纸上。"
TAIWANESE = "港務局今年兩次清點起重機，得出的數字不同。審計人員說，記錄仍寫在紙上。"
JAPANESE = (
    "港湾局は今年クレーンを二回数えたが、数字は異なっていた。監査人は記録が紙にあると述べた。"
)
KOREAN = "항만청은 올해 크레인을 두 번 세었고 서로 다른 숫자가 나왔다. 감사관은 기록이 종이에 있다."
RUSSIAN = "Администрация порта дважды пересчитала краны и получила разные числа."
POLISH = "Zarząd portu dwukrotnie policzył żurawie i otrzymał różne liczby."
GERMAN = "Der Hafenausschuß zählte „schön“ über die Brücke – und für Bürger."
WRITTEN = [
    (CHINESE, "gb18030"), (TAIWANESE, "big5"), (JAPANESE, "shift_jis"), (JAPANESE, "euc-jp"),
    (KOREAN, "euc-kr"), (RUSSIAN, "windows-1251"), (RUSSIAN, "koi8-r"), (POLISH, "windows-1250"),
    (GERMAN, "windows-1252"),
]  # fmt: skip


def page(text: str, declared: str = "") -> str:
    meta = f"<meta charset='{declared}'>" if declared else ""
    return f"<html><head>{meta}<title>x</title></head><body><p>{text}</p></body></html>"


@pytest.mark.parametrize(("text", "codec"), WRITTEN)
@pytest.mark.parametrize("charset", [None, "utf-8", "ISO-8859-1"])
@pytest.mark.parametrize("declared", [True, False])
def test_a_page_is_read_with_its_own_word_with_none_and_against_the_servers(
    text: str, codec: str, charset: str | None, declared: bool
) -> None:
    html = page(text, codec if declared else "")
    assert decode(html.encode(codec), charset) == html


@pytest.mark.parametrize(("text", "codec"), WRITTEN)
def test_the_server_is_believed_against_a_page_that_declares_itself_wrongly(
    text: str, codec: str
) -> None:
    html = page(text, "utf-8")
    assert decode(html.encode(codec), codec) == html


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-8"])
def test_unicode_is_seen_by_itself(codec: str) -> None:
    html = page(CHINESE, "gb2312")
    assert decode(html.encode(codec), "windows-1251") == html


def test_japanese_in_seven_bits_is_read_as_declared() -> None:
    html = page(JAPANESE, "iso-2022-jp")
    assert decode(html.encode("iso-2022-jp")) == html


def test_a_page_that_declares_a_smaller_set_is_read_with_the_larger() -> None:
    html = page(f"{CHINESE}镕€", "gb2312")
    assert decode(html.encode("gb18030")) == html
    html = page("It’s the board’s – “so to say”", "iso-8859-1")
    assert decode(html.encode("windows-1252")) == html


def test_two_declarations_are_one_right_one() -> None:
    html = page(RUSSIAN, "gb2312").replace("<title>", "<meta charset='windows-1251'><title>")
    assert decode(html.encode("windows-1251")) == html


def test_a_few_wrong_bytes_do_not_cost_the_rest() -> None:
    body = page(CHINESE * 5).encode()
    assert CHINESE * 4 in decode(body[:-40] + b"\xe9t\xe9" + body[-20:], "gb2312")
    assert CHINESE in decode(page(CHINESE).encode("gb18030") + b"\xff\xff", "gb2312")
