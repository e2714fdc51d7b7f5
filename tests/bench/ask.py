"""A peer that is measured, no part of the toolkit: one streamed answer by the
official Python SDK."""
import os
import sys

from openai import OpenAI

client = OpenAI(base_url=os.environ["SUPAI_BASE_URL"], api_key=os.environ["SUPAI_API_KEY"])
for chunk in client.chat.completions.create(
        model="auto", stream=True, messages=[{"role": "user", "content": "hi"}]):
    if chunk.choices and chunk.choices[0].delta.content:
        sys.stdout.write(chunk.choices[0].delta.content)
        sys.stdout.flush()
sys.stdout.write("\n")
