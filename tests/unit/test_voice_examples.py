"""The reader of the two TryVox files, and that no example of theirs is left out by the stories."""

import ast
from pathlib import Path

from tests.voice_examples import CONTRACTS, FILES, examples

STORIES = Path(__file__).parents[1] / "voice_stories.py"


def test_every_example_is_read() -> None:
    """Each endpoint of the two files has an example; each is read with its method, path, body and answer."""
    read = [example for file in FILES for example in examples(file)]
    text = "".join((CONTRACTS / file).read_text() for file in FILES)
    assert len(read) == text.count("curl -X ") == 14
    assert all(example.headers["Authorization"].startswith("Bearer ") for example in read)
    assert [example.status for example in read if example.answer is None] == [204]
    assert all(example.body for example in read if "Content-Type" in example.headers)


def test_every_example_is_replayed() -> None:
    """Issue 4: "The example requests … give the example responses, field for field": the stories name each of them."""
    source = ast.unparse(ast.parse(STORIES.read_text(encoding="utf-8")))
    last_words = {example.path.rstrip("/").rpartition("/")[2] for file in FILES for example in examples(file)}
    named = {"support-room-1": "ROOM", "conferences": "'GET conferences'"}
    for word in last_words:
        assert named.get(word, word) in source, f"no story replays …/{word}"
