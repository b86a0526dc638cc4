"""Chinese unless English is preferred."""

import pytest

from shared.platform.language import Language, Text, negotiate


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9", "en"),
        ("fr, en;q=0.5", "en"),
        ("fr", "zh"),
        ("en;q=0.2, zh;q=0.8", "zh"),
        ("en;q=0", "zh"),
        ("en;q=nonsense", "zh"),
        (";;;,,", "zh"),
        ("*", "zh"),
    ],
)
def test_the_preferred_of_the_two_languages_is_taken(header: str, expected: Language) -> None:
    assert negotiate(header) == expected


def test_a_text_speaks_both() -> None:
    assert (Text("未找到", "Not found").in_("zh"), Text("未找到", "Not found").in_("en")) == (
        "未找到",
        "Not found",
    )
