"""Asking a judge over OpenAI's protocol.

OPENAI_API_KEY and OPENAI_BASE_URL say where it is, MODEL_VERSION which model.
"""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Sequence
from typing import Any


def ask_judge(prompt: str, images: Sequence[Any]) -> str:
    """The judge's reply."""
    from openai import OpenAI

    content: list[Any] = [{"type": "text", "text": prompt}]
    content += [{"type": "image_url", "image_url": {"url": data_uri(image)}} for image in images]
    answer = OpenAI().chat.completions.create(
        model=os.environ.get("MODEL_VERSION", "gpt-4o"),
        messages=[{"role": "user", "content": content}],
    )
    return answer.choices[0].message.content or ""


def data_uri(image: Any) -> str:
    """A picture as the protocol takes it."""
    held = io.BytesIO()
    image.save(held, "JPEG")
    return f"data:image/jpeg;base64,{base64.b64encode(held.getvalue()).decode()}"
