"""The live view names what is under way, never what has ended."""

from __future__ import annotations

from nestctl.terraform.applies import Applies, short
from nestctl.terraform.messages import Applying


def event(phase: str, address: str, seconds: float = 0, action: str = "create") -> Applying:
    return Applying(phase, address, action, seconds)


def test_what_ended_is_not_named_any_more() -> None:
    applies = Applies(3)
    assert applies.take(event("start", "module.platform.aws_a.this"))
    assert applies.words() == "0 of 3: creating platform.aws_a.this"
    applies.take(event("start", "module.platform.aws_b.this"))
    applies.take(event("complete", "module.platform.aws_a.this", 2))
    assert applies.words() == "1 of 3: creating platform.aws_b.this"
    applies.take(event("complete", "module.platform.aws_b.this", 2))
    assert applies.words() == "2 of 3 changes made"


def test_what_takes_longest_is_named_first() -> None:
    applies = Applies(9)
    applies.take(event("progress", "aws_db_instance.this", 50))
    applies.take(event("progress", "aws_s3_bucket.this", 10, "delete"))
    assert applies.words() == "0 of 9: creating aws_db_instance.this and 1 more"
    applies.take(event("errored", "aws_db_instance.this", 55))
    assert applies.words() == "0 of 9: destroying aws_s3_bucket.this"
    assert applies.share == 0


def test_reads_do_not_count() -> None:
    applies = Applies(1)
    assert not applies.take(event("start", "data.aws_region.this", action="read"))
    assert applies.words() == "0 of 1 changes made"


def test_an_address_without_the_word_module() -> None:
    assert short("module.platform.module.kms.aws_kms_key.this") == "platform.kms.aws_kms_key.this"
