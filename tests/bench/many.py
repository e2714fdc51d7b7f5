"""A peer that is measured, no part of the toolkit: many streamed answers, 64 at
a time, by the official Python SDK's async client. Takes the number of requests,
prints that of the answers."""
import asyncio
import os
import sys

from openai import AsyncOpenAI

client = AsyncOpenAI(base_url=os.environ["SUPAI_BASE_URL"], api_key=os.environ["SUPAI_API_KEY"])
left = int(sys.argv[1])
answers = 0


async def work():
    global left, answers
    while left > 0:
        left -= 1
        stream = await client.chat.completions.create(
            model="auto", stream=True, stream_options={"include_usage": True},
            messages=[{"role": "user", "content": f"Say {left}"}])
        text = ""
        async for chunk in stream:
            if chunk.choices:
                text += chunk.choices[0].delta.content or ""
        answers += text != ""


async def main():
    await asyncio.gather(*(work() for _ in range(64)))


asyncio.run(main())
print(answers)
